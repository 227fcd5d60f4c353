"""Everything an application does with a cache, at random, for as long as one likes."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from cache_provider import InMemoryCacheAdapter, ManualClock

NAMES = 300
"""How many keys the work goes round."""


class Workload:
    """Mixed operations of one adapter on its own server, on a clock that the work itself moves.

    Args:
        seed: What the order of the operations depends on.
        max_size: The bound of the server.
    """

    def __init__(self, seed: int, max_size: int | None) -> None:
        self.clock = ManualClock()
        self.cache = InMemoryCacheAdapter(clock=self.clock, max_size=max_size)
        self._random = Random(seed)
        self._operations: list[Callable[[str], object]] = [
            lambda key: self.cache.set(key, key),
            lambda key: self.cache.set(key, key, self._ttl()),
            lambda key: self.cache.set(key, {"name": key, "tags": [1, 2.5, None]}, self._ttl()),
            lambda key: self.cache.set(key, {"name": key}, self._ttl()),
            self.cache.get,
            lambda key: self.cache.setnx(key, 1),
            lambda key: self.cache.incr(f"counter:{key}"),
            lambda key: self.cache.incr(f"limited:{key}", ttl=self._ttl()),
            self.cache.delete,
            lambda key: self.cache.expire(key, self._ttl()),
            self.cache.persist,
            lambda key: self.cache.mset(dict.fromkeys((key, f"{key}2", f"{key}3"), "x")),
            lambda key: self.cache.mset(dict.fromkeys((key, f"{key}2", f"{key}3"), "x"), self._ttl()),
            lambda key: self.cache.mget([key, f"{key}2"]),
            lambda key: self.cache.mdelete([key, f"{key}2", f"{key}3"]),
            lambda key: self.cache.push_limit(f"list:{key}", key, 5),
            lambda key: self.cache.hset(f"hash:{key}", str(self._random.randrange(9)), key),
            lambda key: self.cache.hdel(f"hash:{key}", str(self._random.randrange(9))),
            lambda key: self.cache.get_or_set(key, lambda: key, self._ttl()),
            lambda key: self.cache.scan(f"{key[:3]}*", 20),
            self._lock,
            self._lock_in_real_time,
            self._crash,
            self._connect,
            lambda _key: self.clock.advance(self._random.random()),
            lambda _key: self.cache.cleanup_expired(),
        ]

    def run(self, operations: int) -> None:
        """Do as many operations as told."""
        for _ in range(operations):
            operation = self._random.choice(self._operations)
            operation(f"key:{self._random.randrange(NAMES)}")

    def end(self) -> None:
        """Remove everything."""
        self.cache.clear_all()

    def _ttl(self) -> timedelta | float:
        # Of both kinds, and never twice the same: what remembers ttls must not grow either.
        seconds = 0.1 + 60 * self._random.random()
        return seconds if self._random.random() < 0.5 else timedelta(seconds=seconds)

    def _lock(self, key: str) -> None:
        with self.cache.get_lock(f"lock:{key}"):
            self.cache.incr("in the section")

    def _lock_in_real_time(self, key: str) -> None:
        with InMemoryCacheAdapter() as other, other.get_lock(f"lock:{key}"):
            pass

    def _crash(self, key: str) -> None:
        """Claim a lock that nobody gives back; now and then one of a name that never comes again."""
        unique = self._random.random() if self._random.random() < 0.1 else ""
        self.cache.get_lock(f"crash:{key}{unique}", self._ttl()).acquire(blocking=False)

    def _connect(self, key: str) -> None:
        with InMemoryCacheAdapter(clock=self.clock) as other:
            other.set(key, key)
