"""Counters: integers that change in one step."""

from abc import ABC, abstractmethod

from cache_provider.arguments import INT64_MIN, Ttl, check_integer, check_key
from cache_provider.errors import CounterOverflowError


class CounterOperations(ABC):
    """Atomic arithmetic on a value that is a canonical int64, as `set` stores an int."""

    @abstractmethod
    def incr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        """Add `amount` to the counter (Redis `INCRBY`).

        Args:
            key: The key.
            amount: What is added; an int64, negative too.
            default: Where a missing counter starts, before `amount` is added.
            ttl: How long a counter lives that this call creates, more than 0;
                None takes the adapter's `default_ttl`. An existing counter
                keeps its deadline.

        Returns:
            The new value.

        Raises:
            TypeError, ValueError: An argument is not legal.
            NotAnIntegerError: The key holds a value that is not a canonical int64.
            CounterOverflowError: The result would leave int64; the counter stays.
            WrongTypeError: The key holds a list or a hash.
        """

    def decr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        """Subtract `amount` from the counter (Redis `DECRBY`); otherwise as `incr`.

        Raises:
            CounterOverflowError: Also for an `amount` of -2**63, which has no
                opposite in int64.
        """
        return self.incr(key, opposite(key, amount), default=default, ttl=ttl)


def opposite(key: str, amount: int) -> int:
    """Return what `decr` adds.

    Raises:
        TypeError, ValueError: `key` is not legal, or `amount` no int64.
        CounterOverflowError: It has no opposite in int64.
    """
    check_key(key)
    if check_integer("amount", amount) == INT64_MIN:
        raise CounterOverflowError(f"key {key!r}: subtracting {amount} leaves int64")
    return -amount
