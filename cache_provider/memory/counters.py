"""Counters in the double."""

from cache_provider.arguments import INT64_MAX, INT64_MIN, Ttl, check_integer
from cache_provider.errors import CounterOverflowError
from cache_provider.interface.counters import CounterOperations
from cache_provider.memory.connection import MemoryConnection
from cache_provider.memory.payload import integer_of

_ZERO = 0
_ONE = 1


class MemoryCounters(MemoryConnection, CounterOperations):
    """Operations on integers, as Redis counts them."""

    def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        # A small counter that is there and never expires, which is most of them. What is there has a legal
        # key. Within 30 bits CPython compares in a third of the time, and no such sum leaves int64.
        if (
            ttl is None
            and default is _ZERO
            and type(key) is str
            and (amount is _ONE or (type(amount) is int and -(2**30 - 1) < amount < 2**30 - 1))
        ):
            full_key = self._prefix + key
            keyspace = self._keyspace
            entries = self._open_entries
            release = keyspace.release
            # In place: having the keyspace do it costs a call, an eighth of all this. Not where anybody
            # waits: a watched key that was counted up and down again holds what it held, and was written.
            for _ in keyspace.entering if full_key in entries else ():
                try:
                    number = entries[full_key]
                    if type(number) is not int or not -(2**30 - 1) < number < 2**30 - 1 or keyspace.queues:
                        break
                    entries[full_key] = total = number + amount
                except KeyError:  # gone since the look outside
                    break
                finally:
                    release()
                next(self._sets)
                return total
        return self._incr_guarded(key, amount, default, ttl)

    def _incr_guarded(self, key: str, amount: int, default: int, ttl: Ttl | None) -> int:
        """Count where the short way has no answer."""
        full_key = self._full_key(key)
        check_integer("amount", amount)
        check_integer("default", default)
        created_until = self._deadline(ttl)
        while True:
            entry = self._keyspace.read(full_key)
            start, deadline = (
                (default, created_until) if entry is None else (integer_of(key, entry[0]), entry[1])
            )
            total = start + amount
            if not INT64_MIN <= total <= INT64_MAX:
                raise CounterOverflowError(f"key {key!r}: {start} + {amount} leaves int64")
            if self._keyspace.store(full_key, total, deadline, seen=entry):
                self._counts.sets.add()
                return total
