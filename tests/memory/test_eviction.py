"""A bounded server: which entry goes, and what never goes."""

from collections.abc import Callable

import pytest

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer

Use = Callable[[InMemoryCacheAdapter], object]

USES: dict[str, Use] = {
    "get": lambda cache: cache.get("a"),
    "mget": lambda cache: cache.mget(["a"]),
    "set": lambda cache: cache.set("a", 1),
    "mset": lambda cache: cache.mset({"a": 1}),
    "incr": lambda cache: cache.incr("a"),
    "compare_and_set": lambda cache: cache.compare_and_set("a", 1, 1),
}
NO_USES: dict[str, Use] = {
    "exists": lambda cache: cache.exists("a"),
    "ttl": lambda cache: cache.ttl("a"),
    "expire": lambda cache: cache.expire("a", 60),
    "keys": lambda cache: cache.keys(),
    "scan": lambda cache: cache.scan(),
}
NO_WRITES = {name: use for name, use in USES.items() if name.endswith("get")} | NO_USES
WRITES = {name: use for name, use in USES.items() if name not in NO_WRITES}

ANSWERS: dict[str, tuple[Use, object]] = {
    "set": (lambda cache: cache.set("k", 1), True),
    "setnx": (lambda cache: cache.setnx("k", 1), True),
    "mset": (lambda cache: cache.mset({"k": 1}), True),
    "incr": (lambda cache: cache.incr("k", 5), 5),
    "push_limit": (lambda cache: cache.push_limit("k", 1, 5), 1),
    "hset": (lambda cache: cache.hset("k", "f", 1), True),
    "get_or_set": (lambda cache: cache.get_or_set("k", lambda: 7), 7),
}


def survivor(eviction: str, use: Use) -> list[str]:
    """Return what is left of a, b, c with room for two, where a is used before c comes."""
    cache = InMemoryCacheAdapter(max_size=2, eviction="fifo" if eviction == "fifo" else "lru")
    cache.set("a", 1)
    cache.set("b", 1)
    use(cache)
    cache.set("c", 1)
    return sorted(cache.keys())


@pytest.mark.parametrize("name", USES)
def test_lru_keeps_what_was_used(name: str) -> None:
    """Reading or writing a value makes its key the last to go."""
    assert survivor("lru", USES[name]) == ["a", "c"]


@pytest.mark.parametrize("name", NO_USES)
def test_lru_does_not_count_a_look_as_a_use(name: str) -> None:
    """Asking whether and how long a key lives is no use of its value, as in Redis."""
    assert survivor("lru", NO_USES[name]) == ["b", "c"]


@pytest.mark.parametrize("name", WRITES)
def test_fifo_keeps_what_was_written_last(name: str) -> None:
    """Writing makes a key the newest."""
    assert survivor("fifo", WRITES[name]) == ["a", "c"]


@pytest.mark.parametrize("name", NO_WRITES)
def test_fifo_does_not_care_for_reads(name: str) -> None:
    """The oldest written goes, however often it was read."""
    assert survivor("fifo", NO_WRITES[name]) == ["b", "c"]


@pytest.mark.parametrize("eviction", ["lru", "fifo"])
def test_an_expired_entry_goes_before_a_live_one(eviction: str) -> None:
    """Room is made of what is dead already."""
    clock = ManualClock()
    cache = InMemoryCacheAdapter(max_size=2, eviction="fifo" if eviction == "fifo" else "lru", clock=clock)
    cache.set("live", 1)
    cache.set("expired", 1, ttl=1)
    clock.advance(1)
    cache.set("new", 1)
    assert sorted(cache.keys()) == ["live", "new"]


def test_an_expired_entry_that_went_is_no_eviction() -> None:
    """It counts as an expiration."""
    clock = ManualClock()
    cache = InMemoryCacheAdapter(max_size=1, clock=clock)
    cache.set("expired", 1, ttl=1)
    clock.advance(1)
    cache.set("new", 1)
    assert (cache.stats().evictions, cache.stats().expirations) == (0, 1)


def test_evictions_are_counted() -> None:
    """Each live entry that went counts."""
    cache = InMemoryCacheAdapter(max_size=2)
    cache.mset(dict.fromkeys("abcde", 1))
    assert cache.stats().evictions == 3


def test_the_bound_holds_for_all_prefixes_together() -> None:
    """It belongs to the server."""
    server = MemoryServer(max_size=2)
    InMemoryCacheAdapter("a:", server=server).mset({"x": 1, "y": 1})
    InMemoryCacheAdapter("b:", server=server).set("z", 1)
    assert server.size() == 2


def test_lists_and_hashes_count() -> None:
    """Any type of key is an entry."""
    cache = InMemoryCacheAdapter(max_size=2)
    cache.set("value", 1)
    cache.push_limit("list", 1, 5)
    cache.hset("hash", "f", 1)
    assert sorted(cache.keys()) == ["hash", "list"]


def test_a_held_lock_is_never_evicted() -> None:
    """Eviction must not end a critical section."""
    cache = InMemoryCacheAdapter(server=MemoryServer(max_size=1))
    lock = cache.get_lock("l")
    lock.acquire()
    cache.mset(dict.fromkeys("abc", 1))
    assert lock.owned()


def test_a_held_lock_takes_no_room() -> None:
    """Locks do not count."""
    cache = InMemoryCacheAdapter(server=MemoryServer(max_size=1))
    cache.set("a", 1)
    cache.get_lock("l").acquire()
    assert cache.exists("a")


class TestRoomForNothing:
    """max_size=0: writes answer as usual and nothing stays."""

    @pytest.fixture
    def cache(self) -> InMemoryCacheAdapter:
        return InMemoryCacheAdapter(server=MemoryServer(max_size=0))

    @pytest.mark.parametrize("name", ANSWERS)
    def test_a_write_answers_as_usual(self, cache: InMemoryCacheAdapter, name: str) -> None:
        """Every write says what it says on an empty server."""
        write, answer = ANSWERS[name]
        assert write(cache) == answer

    def test_nothing_stays(self, cache: InMemoryCacheAdapter) -> None:
        """The store is always empty."""
        cache.mset(dict.fromkeys("abc", 1))
        assert cache.keys() == []

    def test_locks_work(self, cache: InMemoryCacheAdapter) -> None:
        """A lock is no entry."""
        cache.get_lock("l").acquire()
        assert not cache.get_lock("l").acquire(blocking=False)


def test_the_size_counts_live_entries_only() -> None:
    """Expired entries and locks are no part of get_store_size()."""
    clock = ManualClock()
    cache = InMemoryCacheAdapter(server=MemoryServer(clock=clock))
    cache.set("live", 1)
    cache.set("expired", 1, ttl=1)
    cache.get_lock("l", timeout=60).acquire()
    clock.advance(1)
    assert cache.get_store_size() == 1
