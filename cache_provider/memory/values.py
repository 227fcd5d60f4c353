"""Single values in the double: read, write, remove."""

import time
from datetime import timedelta
from typing import Any

from cache_provider.arguments import (
    USUAL_TTLS,
    Ttl,
    check_keep_ttl,
)
from cache_provider.interface.values import ValueOperations
from cache_provider.memory.connection import MemoryConnection
from cache_provider.memory.entry import Entry
from cache_provider.memory.payload import Payload, check_value


class MemoryValues(MemoryConnection, ValueOperations):
    """Operations on one value. Whatever reads before it writes stores only over what it read."""

    def get(self, key: str, default: Any = None) -> Any:
        stored = self._open_entries.get(self._prefix + key) if type(key) is str else None
        if type(stored) is tuple:
            payload, deadline, _ = stored
            # Asking the clock itself would cost a call, a tenth of all this, and dividing nanoseconds
            # another. Within the last millisecond, for which a float is not exact enough, it is asked.
            now = time.time
            if (
                deadline is None
                or (now() * 1000.0 + 1.0 if type(now) is self._plain_time else self._now_ms()) < deadline
            ):
                if type(payload) in self._kept:
                    value = payload
                elif type(payload) is dict and self._copy_flat:
                    value = payload.copy()
                else:
                    value = self._packer.unpack(key, payload)
                next(self._hits)
                return value
        elif stored is not None:
            if type(stored) in self._kept:
                next(self._hits)
                return stored
        elif self._is_direct and type(key) is str and key.isascii():
            next(self._misses)
            return default
        return self._get_guarded(key, default)

    def _get_guarded(self, key: str, default: Any) -> Any:
        """Read where the short way has no answer: an expired key, a bounded server, an unusual key."""
        return self._found(key, self._keyspace.read(self._full_key(key)), default)

    def _found(self, key: str, entry: Entry | None, default: Any = None) -> Any:
        """Return the value of an entry that was read, and count the hit or the miss."""
        if entry is None:
            self._counts.misses.add()
            return default
        value = self._packer.unpack(key, entry[0])
        self._counts.hits.add()
        return value

    def set(  # noqa: C901, PLR0912 - each branch saves a call
        self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False
    ) -> bool:
        # Without calls for what tests store most, an ASCII str under an ASCII key.
        full_key = self._prefix + key if type(key) is str and key.isascii() else self._full_key(key)
        if type(value) is str and self._keeps_text and value.isascii():
            payload: Payload = value
        elif type(value) is dict and self._copy_flat:
            fields = self._copy_flat(value)
            payload = self._packer.encode(key, value) if fields is None else fields
        else:
            payload = self._packer.pack(key, value)
        if ttl is None and self._default_ttl_ms is None:
            deadline = None
        elif (
            (type(ttl) is timedelta or type(ttl) is int)
            and ttl in USUAL_TTLS
            and type(time.time) is self._plain_time
        ):
            deadline = time.time_ns() // 1_000_000 + USUAL_TTLS[ttl]
        else:
            deadline = self._deadline(ttl)
        if keep_ttl is not False:
            return self._set_keeping(full_key, payload, ttl, keep_ttl)
        is_bare = deadline is None and type(payload) in self._bare
        keyspace = self._keyspace
        entries = self._open_entries
        release = keyspace.release
        # Counted before: after a call in the section the interpreter may switch threads.
        next(self._sets)
        # In place, where a key is written again as what it is: having the keyspace do it costs a call. Why by
        # a loop: see `Keyspace`.
        for _ in keyspace.entering if full_key in entries else ():
            try:
                old = entries[full_key]
                if keyspace.queues:
                    break
                if type(old) is tuple:
                    if not is_bare and (deadline is None or deadline >= old[2].soonest):
                        entries[full_key] = (payload, deadline, old[2])
                        return True
                elif is_bare:
                    entries[full_key] = payload  # type: ignore[assignment] # a call would tell, and cost
                    return True
                break
            except KeyError:  # gone since the look outside
                break
            finally:
                release()
        return keyspace.store(full_key, payload, deadline)

    def _set_keeping(self, full_key: str, payload: Payload, ttl: Ttl | None, keep_ttl: bool) -> bool:
        """Store where the deadline that is there matters."""
        check_keep_ttl(keep_ttl, ttl)
        stored = False
        while not stored:
            entry = self._keyspace.peek(full_key)
            deadline = None if entry is None else entry[1]
            stored = self._keyspace.store(full_key, payload, deadline, seen=entry)
        self._counts.sets.add()
        return True

    def setnx(self, key: str, value: Any, ttl: Ttl | None = None) -> bool:
        full_key = self._full_key(key)
        payload = self._packer.pack(key, value)
        deadline = self._deadline(ttl)
        while self._keyspace.peek(full_key) is None:
            if self._keyspace.store(full_key, payload, deadline, seen=None):
                self._counts.sets.add()
                return True
        return False

    def getset(self, key: str, value: Any, ttl: Ttl | None = None, *, keep_ttl: bool = False) -> Any:
        full_key = self._full_key(key)
        payload = self._packer.pack(key, value)
        renewed = self._deadline(ttl)
        check_keep_ttl(keep_ttl, ttl)
        while True:
            entry = self._keyspace.read(full_key)
            if entry is not None:
                check_value(key, entry[0])
            kept = None if entry is None else entry[1]
            if self._keyspace.store(full_key, payload, kept if keep_ttl else renewed, seen=entry):
                self._counts.sets.add()
                return self._found(key, entry)

    def getdel(self, key: str) -> Any:
        full_key = self._full_key(key)
        while (entry := self._keyspace.read(full_key)) is not None:
            check_value(key, entry[0])
            if self._keyspace.remove(full_key, entry):
                self._counts.deletes.add()
                break
        return self._found(key, entry)

    def delete(self, key: str) -> bool:
        full_key = self._full_key(key)
        while (entry := self._keyspace.peek(full_key)) is not None:
            if self._keyspace.remove(full_key, entry):
                self._counts.deletes.add()
                return True
        return False

    def exists(self, key: str) -> bool:
        return self._keyspace.peek(self._full_key(key)) is not None
