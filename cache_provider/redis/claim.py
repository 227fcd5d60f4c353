"""What a handle on a server's lock decides, in steps that serve threads and coroutines alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cache_provider.arguments import Ttl, check_flag, deadline_after, ttl_ms, wait_ms
from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.errors import CacheError
from cache_provider.interface.lock import lost, never_acquired
from cache_provider.redis.life import Life
from cache_provider.redis.lock_operations import ClaimAnswer, Standing
from cache_provider.redis.operations import Operations
from cache_provider.redis.requests import Program
from cache_provider.redis.tokens import Claimants, Tokens, new_token
from cache_provider.redis.turns import WaitInLine
from cache_provider.steps import Steps
from cache_provider.waiting import Gate, Patience

NOBODY = "nobody"
"""A token that no claim has."""


@dataclass(frozen=True)
class LockTerms:
    """What `get_lock` was told.

    Attributes:
        name: The lock's name, without prefix.
        lease_ms: The lease in milliseconds.
        blocking_ms: How long `acquire` waits in milliseconds, None without end.
        fenced: Whether each claim gets a number.
        raise_on_release_error: Whether `with` raises a lost lease.
        thread_local: Whether a claim belongs to the thread that made it.
    """

    name: str
    lease_ms: int
    blocking_ms: int | None
    fenced: bool
    raise_on_release_error: bool
    thread_local: bool


class ServerClaim:
    """The claims that are made through one handle.

    Args:
        operations: The adapter's operations.
        run: Runs a program; its result may be awaitable.
        run_through: As `run`, and no cancellation of the caller ends it.
        run_briefly: As `run_through`, and the caller does not wait for long.
        call: Makes a blocked call about a key.
        life: The adapter's.
        terms: What the handle was made with.
        asks_first: Whether the client may send a command again by itself, so
            that a release has to ask whose lock it is before it gives it back.
    """

    def __init__(
        self,
        operations: Operations,
        run: Callable[[Program[Any]], Any],
        run_through: Callable[[Program[Any]], Any],
        run_briefly: Callable[[Program[Any]], Any],
        call: Callable[[bytes], Any],
        life: Life,
        terms: LockTerms,
        *,
        asks_first: bool,
    ) -> None:
        self._operations = operations
        self._run = run
        self._run_through = run_through
        self._run_briefly = run_briefly
        self._call = call
        self._life = life
        self._terms = terms
        self._name = terms.name
        self._asks_first = asks_first
        self._claimants = Claimants(by_thread=terms.thread_local)

    def __str__(self) -> str:
        state = "claimed" if self._claimants.all() else "idle"
        return f"{self._name!r} {state} lease={self._terms.lease_ms} ms"

    def acquire(self, blocking: bool, timeout: Ttl | None, make_gate: Callable[[], Gate]) -> Steps[bool]:
        """Claim the lock if it is free or its lease is over; wait for that if so asked."""
        check_flag("blocking", blocking)
        timeout_ms = self._terms.blocking_ms
        if timeout is not None:
            timeout_ms = wait_ms("timeout", SYSTEM_CLOCK.now_ms(), timeout)
        waits = blocking and (timeout_ms is None or timeout_ms > 0)
        lease_left = yield from self._try("new" if waits else None)
        if lease_left is None or not waits:
            return lease_left is None
        return (yield from self._wait(Patience(SYSTEM_CLOCK, timeout_ms), make_gate(), lease_left))

    def release(self) -> Steps[None]:
        """Give the lock back."""
        self._life.require()
        tokens = self._claimants.tokens()
        live = tokens.live()
        if not live:
            if tokens.is_returned:
                return
            raise never_acquired(self._name, by_thread=self._terms.thread_local)
        if not (yield from self._give_back(tokens, live)):
            holder = yield self._run(self._operations.holder(self._name))
            # Somebody who shares the handle, or a release whose reply was lost, may have given it back.
            if tokens.live() and (holder is not None or not tokens.is_returning):
                tokens.is_lost = True
                raise lost(self._name, holder)
        tokens.give_back()

    def owned(self) -> Steps[bool]:
        """Tell whether the caller holds the lock, its lease still running."""
        tokens = self._claimants.tokens()
        holder = yield self._run(self._operations.holder(self._name))
        is_owned = holder in tokens.live()
        if is_owned and tokens.is_lost:
            # What could not be extended, and is still there, was made persistent.
            tokens.lease = None
        tokens.is_lost = not is_owned
        return is_owned

    def extension(self, additional_time: Ttl, *, replace_ttl: bool) -> Program[bool]:
        """Return the program that makes the lease longer."""
        additional_ms = ttl_ms("additional_time", additional_time)
        deadline_after("additional_time", SYSTEM_CLOCK.now_ms(), additional_ms)
        check_flag("replace_ttl", replace_ttl)
        tokens = self._claimants.tokens()
        live = tokens.live() or [NOBODY]
        extension = self._operations.extend(self._name, live, additional_ms, afresh=replace_ttl)
        return _noted(extension, tokens, additional_ms, afresh=replace_ttl)

    def lost(self) -> bool:
        """Tell whether the last claim, of any claimant, is known to have ended without being given back."""
        return self._claimants.last.known_lost()

    def fence(self) -> int | None:
        """Return the number of the caller's claim, from the claim to its release."""
        return self._claimants.tokens().fence()

    def made(self, token: str) -> bool:
        """Tell whether a token is of this handle, of whichever claimant."""
        return token in self._claimants.all()

    def doubt(self) -> None:
        """Take the reply to the caller's last claim or release as lost."""
        self._claimants.tokens().doubt()

    def _try(self, place: Standing | None) -> Steps[int | None]:
        """Claim the lock, from a place in the line; return None, or how many milliseconds are in the way."""
        token = new_token()
        # From before it is sent: it ends on the server no earlier than here.
        lease = Patience(SYSTEM_CLOCK, self._terms.lease_ms)
        tokens = self._claimants.tokens()
        unheard = tokens.recoverable()
        terms = self._terms
        claim = self._operations.claim(
            self._name, token, terms.lease_ms, unheard, fenced=terms.fenced, place=place
        )
        try:
            answer: ClaimAnswer = yield self._run(claim)
        except CacheError:
            tokens.unheard = token
            raise
        except BaseException as interruption:
            # Nobody knows whether the claim was made: it is given back.
            tokens.unheard = token
            if (yield from self._hurry_back([token], interruption)):
                tokens.forget(token)
            raise
        if answer.lease_left is None:
            self._claimants.begin(token, answer.fence, lease)
        else:
            tokens.forget(unheard)
        return answer.lease_left

    def _give_back(self, tokens: Tokens, live: list[str]) -> Steps[bool]:
        """Remove the lock if it is the caller's; tell whether it was."""
        release = self._operations.release(self._name, live)
        try:
            # A client that sends a release again by itself finds the lock gone the second time.
            held = self._asks_first and (yield self._run(self._operations.holder(self._name))) in live
            return bool((yield self._run_through(release))) or held
        except CacheError:
            tokens.is_returning = True
            raise
        except BaseException as interruption:
            tokens.is_returning = True
            if (yield from self._hurry_back(live, interruption)):
                tokens.give_back()
            raise

    def _hurry_back(self, live: list[str], interruption: BaseException) -> Steps[bool]:
        """Try once to give back what an interruption left; tell whether the server answered."""
        try:
            yield self._run_briefly(self._operations.release(self._name, live, hurried=True))
        except CacheError as met:
            interruption.add_note(f"lock {self._name!r} could not be given back: {met}")
            return False
        return True

    def _wait(self, patience: Patience, gate: Gate, lease_left: int) -> Steps[bool]:
        self._operations.counts.lock_waits.add()
        turn = WaitInLine(
            self._operations, self._name, self._run_briefly, self._call, self._life, self._try, patience
        )
        return (yield from turn.wait(gate, lease_left))


def _noted(extension: Program[bool], tokens: Tokens, milliseconds: int, *, afresh: bool) -> Program[bool]:
    """Make a lease longer, and note it."""
    extended = yield from extension
    if extended:
        tokens.prolong(milliseconds, afresh=afresh)
    else:
        tokens.is_lost = True
    return extended
