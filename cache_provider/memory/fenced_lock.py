"""`FencedLock`: a lock of the double whose claims are numbered."""

from functools import partial
from typing import Self

from cache_provider.arguments import INT64_MAX
from cache_provider.errors import CounterOverflowError, NotAnIntegerError, WrongTypeError
from cache_provider.fences import fence_key, uncountable
from cache_provider.memory.entry import Entry
from cache_provider.memory.lock import InMemoryLock, LockHome
from cache_provider.memory.payload import Claim, integer_of
from cache_provider.memory.server import MemoryServer


class FencedLock(InMemoryLock):
    """A handle on a lock that counts its claims, under a key beside its own."""

    fenced = True
    _fence_key: str
    _full_fence_key: str

    def bound(self, home: LockHome, name: str, full_key: str, lease_ms: int, blocking_ms: int | None) -> Self:
        prefix = full_key[: len(full_key) - len(name)]
        self._fence_key = fence_key(prefix, name)
        self._full_fence_key = prefix + self._fence_key
        return super().bound(home, name, full_key, lease_ms, blocking_ms)

    @property
    def fence(self) -> int | None:
        claim = self._own()
        # A claim nobody heard of is not held yet, a release nobody heard of is none yet.
        if claim is None or (claim is self._returned) != (claim is self._doubted):
            return None
        return claim.fence

    def _try(self, server: MemoryServer, store: object = None) -> bool:
        del store
        return super()._try(server, partial(self._store_counted, server))

    def _store_counted(
        self, server: MemoryServer, full_key: str, claim: Claim, deadline: int, seen: None
    ) -> bool:
        """Store a claim with the next number, if the lock is free."""
        while server.peek(full_key) is seen:
            counted = server.peek(self._full_fence_key)
            claim.fence = self._next(counted)
            if server.store_counted(full_key, claim, deadline, self._full_fence_key, counted):
                return True
        return False

    def _next(self, counted: Entry | None) -> int:
        try:
            number = 0 if counted is None else integer_of(self._fence_key, counted[0])
            if number == INT64_MAX:
                raise CounterOverflowError(f"key {self._fence_key!r} holds {number}")
        except (NotAnIntegerError, CounterOverflowError, WrongTypeError) as refused:
            raise uncountable(refused, self.name, self._fence_key) from None
        return number + 1
