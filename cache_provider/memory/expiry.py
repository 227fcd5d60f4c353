"""Time to live in the double."""

from datetime import datetime

from cache_provider.arguments import Ttl, deadline_after, duration_ms, moment_ms
from cache_provider.interface.expiry import MISSING, ExpiryOperations, seconds_left
from cache_provider.memory.connection import MemoryConnection


class MemoryExpiry(MemoryConnection, ExpiryOperations):
    """Operations on deadlines."""

    def expire(self, key: str, ttl: Ttl) -> bool:
        full_key = self._full_key(key)
        milliseconds = duration_ms("ttl", ttl)
        now = self._keyspace.clock.now_ms()
        return self._redate(full_key, now, deadline_after("ttl", now, milliseconds))

    def expire_at(self, key: str, when: datetime | None) -> bool:
        if when is None:
            return self.persist(key)
        full_key = self._full_key(key)
        deadline = moment_ms("when", when)
        return self._redate(full_key, self._keyspace.clock.now_ms(), deadline)

    def persist(self, key: str) -> bool:
        full_key = self._full_key(key)
        while (entry := self._keyspace.peek(full_key)) is not None and entry[1] is not None:
            if self._keyspace.redate(full_key, entry, None):
                return True
        return False

    def ttl(self, key: str) -> int | None:
        return seconds_left(self.pttl(key))

    def pttl(self, key: str) -> int | None:
        entry = self._keyspace.peek(self._full_key(key))
        if entry is None:
            return MISSING
        return None if entry[1] is None else max(0, entry[1] - self._keyspace.clock.now_ms())

    def _redate(self, full_key: str, now: int, deadline: int) -> bool:
        while (entry := self._keyspace.peek(full_key)) is not None:
            if deadline <= now:
                done = self._keyspace.remove(full_key, entry)
            else:
                done = self._keyspace.redate(full_key, entry, deadline)
            if done:
                return True
        return False
