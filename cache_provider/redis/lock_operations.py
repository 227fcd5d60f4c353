"""The operations of locks: what is sent to claim one, to wait for it and to give it back."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from cache_provider.arguments import octets_of
from cache_provider.errors import CacheAccessError, CounterOverflowError, NotAnIntegerError, WrongTypeError
from cache_provider.fences import fence_key, key_beside, uncountable
from cache_provider.interface.lock import NO_LOCK
from cache_provider.redis import scripts
from cache_provider.redis.requests import Argument, Program
from cache_provider.redis.wording import Wording

Standing: TypeAlias = Literal["new", "waiting", "woken"]
"""Where a claimant stands in the line for a lock: it has just come, it waits, or a release has woken it."""


class ClaimAnswer(NamedTuple):
    """What came of a claim.

    Attributes:
        lease_left: None for a success, else the milliseconds left of the lease
            that is in the way, negative without one.
        fence: The claim's number, on a fenced lock.
    """

    lease_left: int | None
    fence: int | None = None


_TOKEN = re.compile(rb"[\w.-]+:\d+:\d+:[0-9a-f]{16}").fullmatch
"""The shape of a lock's token; see `new_token`."""


@lru_cache(maxsize=1024)
def _line(prefix: str, name: str) -> tuple[bytes, ...]:
    purposes = ("waiters", "turn", "wake")
    return tuple(octets_of(prefix + key_beside(prefix, name, purpose)) for purpose in purposes)


class LockOperations(Wording):
    """The operations of one adapter's locks.

    Attributes:
        wakes: Whether a release can wake who waits for the lock, as far as it is
            known: a right may be missing for it.
    """

    wakes = True

    def claim(
        self,
        name: str,
        token: str,
        lease_ms: int,
        unheard: str | None,
        *,
        fenced: bool = False,
        place: Standing | None = None,
    ) -> Program[ClaimAnswer]:
        """`SET NX PX`, or take over the claim that is the caller's own.

        Args:
            name: The lock's.
            token: Names the claim.
            lease_ms: Its lease in milliseconds.
            unheard: A token of the caller's that may be stored.
            fenced: Whether the claim is numbered in the same step.
            place: Where the caller stands in the line of those who wait; None
                where it will not wait.
        """
        told = (name, token, lease_ms, unheard or "")
        if place is not None and self.wakes:
            try:
                return (yield from self._claimed(*told, place, beside=self._line(name), fenced=fenced))
            except CacheAccessError:
                self.wakes = False
        return (yield from self._claimed(*told, beside=(), fenced=fenced))

    def _claimed(
        self, name: str, *told: Argument, beside: tuple[bytes, ...], fenced: bool
    ) -> Program[ClaimAnswer]:
        if not fenced:
            script = scripts.WAITING_CLAIM if beside else scripts.CLAIM
            left: int | None = yield self._run(script, name, *told, beside=beside)
            return ClaimAnswer(left)
        key = fence_key(self.prefix, name)
        script = scripts.FENCED_WAITING_CLAIM if beside else scripts.FENCED_CLAIM
        try:
            answer: int | bytes = yield self._run(script, name, *told, beside=(*beside, self._full_key(key)))
        except (NotAnIntegerError, CounterOverflowError, WrongTypeError) as refused:
            raise uncountable(refused, name, key) from None
        return ClaimAnswer(answer) if isinstance(answer, int) else ClaimAnswer(None, int(answer))

    def _line(self, name: str) -> tuple[bytes, ...]:
        """Return the full keys of those who wait for a lock."""
        return _line(self.prefix, name)

    def lock_key(self, name: str) -> bytes:
        """Return a lock's full key."""
        return self._full_key(name)

    def blocking_pop(self, name: str, seconds: float) -> tuple[Argument, ...]:
        """Return the words by which a waiter blocks until a release wakes it; 0 without end."""
        return ("BLPOP", self._line(name)[-1], f"{seconds:.3f}")

    def leave(self, name: str) -> Program[None]:
        """Leave the line of those who wait for a lock, and hand the turn on."""
        yield self._run(scripts.LEAVE, name, beside=self._line(name), hurried=True)

    def release(self, name: str, tokens: Sequence[str], *, hurried: bool = False) -> Program[bool]:
        """Remove the lock's key if it still holds one of the tokens, and wake who waits; hurried, at once."""
        if self.wakes:
            release = self._run(scripts.RELEASE, name, *tokens, beside=self._line(name), hurried=hurried)
            try:
                return bool((yield release))
            except CacheAccessError:
                self.wakes = False
        removed = yield self._run(scripts.REMOVE, name, *tokens, hurried=hurried)
        return bool(removed)

    def extend(self, name: str, tokens: Sequence[str], milliseconds: int, *, afresh: bool) -> Program[bool]:
        """Move the end of the lease if the lock's key still holds one of the tokens."""
        try:
            extended = yield self._run(scripts.EXTEND, name, milliseconds, int(afresh), *tokens)
        except NotAnIntegerError:
            # What PEXPIRE calls "not an integer or out of range" is a deadline past int64.
            raise ValueError(f"additional_time leads past the int64 range: {milliseconds} ms") from None
        return bool(extended)

    def holder(self, name: str) -> Program[str | None]:
        """`GET` the token of the lock's holder; other values, which may be secret, are not shown."""
        try:
            wire: bytes | None = yield self._read(name, "GET")
        except WrongTypeError:
            return NO_LOCK
        if wire is None:
            return None
        return wire.decode() if _TOKEN(wire) else NO_LOCK

    def lease_left(self, name: str) -> Program[int]:
        """`PTTL` of the lock's key; negative without a lease."""
        left = yield self._read(name, "PTTL")
        return int(left)
