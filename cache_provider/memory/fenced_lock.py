"""`FencedLock`: a lock of the double whose claims are numbered."""

from functools import partial

from cache_provider.arguments import INT64_MAX
from cache_provider.errors import CounterOverflowError, NotAnIntegerError, WrongTypeError
from cache_provider.fences import fence_key, uncountable
from cache_provider.memory.claiming import store_counted
from cache_provider.memory.entry import Entry
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.lock import InMemoryLock
from cache_provider.memory.payload import Claim, integer_of
from cache_provider.memory.waiters import QueuePlace


class FencedLock(InMemoryLock):
    """A handle on a lock that counts its claims, under a key beside its own."""

    fenced = True

    @property
    def fence(self) -> int | None:
        claim = self._own()
        # A claim nobody heard of is not held yet, a release nobody heard of is none yet.
        if claim is None or (claim is self._returned) != (claim is self._doubted):
            return None
        return claim.fence

    def _put(
        self,
        keyspace: Keyspace,
        claim: Claim,
        deadline: int,
        seen: Entry | None = None,
        heir: QueuePlace | None = None,
    ) -> bool:
        full_key = self._full_key
        prefix = full_key[: len(full_key) - len(self.name)]
        key = fence_key(prefix, self.name)
        run = keyspace.mutex.run
        while keyspace.peek(full_key) is seen and (heir is None or run(keyspace.heir, full_key) is heir):
            counted = keyspace.peek(prefix + key)
            claim.fence = self._next(key, counted)
            store = partial(store_counted, keyspace, full_key, claim, deadline, seen, heir)
            if run(store, fence_key=prefix + key, counted=counted):
                return True
        return False

    def _next(self, key: str, counted: Entry | None) -> int:
        try:
            number = 1 if counted is None else integer_of(key, counted[0]) + 1
        except (NotAnIntegerError, WrongTypeError) as refused:
            raise uncountable(refused, self.name, key) from None
        if number > INT64_MAX:
            raise uncountable(CounterOverflowError(), self.name, key)
        return number
