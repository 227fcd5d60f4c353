"""Who a provider is, what it shares, what it throws away, and how it ends."""

from collections.abc import Callable

import pytest

from cache_provider import CacheClosedError, CacheProviderInterface, DistributedLock
from tests.contract.harness import Cache, Harness
from tests.contract.operations import EVERY, ON_A_KEY

# Identity


def test_a_provider_has_a_name(cache: Cache, other: Cache) -> None:
    """`provider_name` is a word for the kind of provider."""
    assert (cache.provider_name.isidentifier(), cache.provider_name) == (True, other.provider_name)


def test_a_provider_has_its_label(harness: Harness) -> None:
    """`cache_name` is the label it was given."""
    assert harness.connect(cache_name="sessions").cache_name == "sessions"


@pytest.mark.parametrize("prefix", ["", "app:", "a[1]*:", "é:"])
def test_a_provider_has_its_prefix(harness: Harness, prefix: str) -> None:
    """`key_prefix` is the prefix it was given."""
    assert harness.connect(prefix).key_prefix == prefix


def test_reads_that_find_are_hits(cache: Cache) -> None:
    """`stats` counts each read that found its key."""
    cache.set("key", "value")
    cache.get("key")
    cache.mget(["key", "missing"])
    assert cache.stats().hits == 2


def test_reads_that_find_nothing_are_misses(cache: Cache) -> None:
    """`stats` counts each read that found no key."""
    cache.get("missing")
    cache.mget(["missing", "gone"])
    assert cache.stats().misses == 3


def test_keys_that_are_written_are_counted(cache: Cache) -> None:
    """`stats` counts each key that was written."""
    cache.set("key", "value")
    cache.mset({"a": 1, "b": 2})
    cache.setnx("key", "not stored")
    assert cache.stats().sets == 3


def test_keys_that_are_deleted_are_counted(cache: Cache) -> None:
    """`stats` counts each key that was removed."""
    cache.mset({"a": 1, "b": 2, "c": 3})
    cache.delete("a")
    cache.delete("missing")
    cache.mdelete(["b", "c", "missing"])
    assert cache.stats().deletes == 3


def test_each_provider_counts_for_itself(cache: Cache, other: Cache) -> None:
    """`stats` tells what went through this provider."""
    cache.set("key", "value")
    cache.get("key")
    assert (other.stats().hits, other.stats().sets) == (0, 0)


# Health


@pytest.mark.parametrize("ask", ["health_check", "ping"])
def test_a_store_that_is_there_is_healthy(cache: Cache, ask: str) -> None:
    """`health_check` and `ping` answer True."""
    assert getattr(cache, ask)() is True


# Prefixes


def test_a_prefix_stands_before_every_key(cache: Cache, harness: Harness) -> None:
    """On the store a key is its prefix and itself, values and locks alike."""
    cache.set("key", "value")
    cache.get_lock("lock").acquire()
    assert sorted(harness.connect("").keys()) == ["test:key", "test:lock"]


def test_one_full_key_is_one_key(harness: Harness) -> None:
    """Where prefix ends and key begins makes no difference to the store."""
    harness.connect("a:").set("b:c", "value")
    assert harness.connect("a:b:").get("c") == "value"


@pytest.mark.parametrize("call", EVERY.values(), ids=EVERY.keys())
def test_an_operation_leaves_other_prefixes_alone(
    cache: Cache, stranger: Cache, call: Callable[[Cache], object]
) -> None:
    """Whatever is done under one prefix, a key of the same name under another one stays as it is."""
    stranger.set("key", "old", 100)
    call(cache)
    assert (stranger.get("key"), stranger.ttl("key"), stranger.count_keys()) == ("old", 100, 1)


@pytest.mark.parametrize("call", ON_A_KEY.values(), ids=ON_A_KEY.keys())
def test_an_operation_sees_no_other_prefix(
    cache: Cache, harness: Harness, stranger: Cache, call: Callable[[Cache, str], object]
) -> None:
    """A key of the same name under another prefix makes no difference to the answer."""
    on_an_empty_store = call(harness.connect("empty:"), "key")
    stranger.hset("key", "field", "theirs")
    assert call(cache, "key") == on_an_empty_store


# flush_all


def fill(cache: Cache) -> None:
    cache.set("value", 1)
    cache.set("none", None, 100)
    cache.push_limit("list", 1, 5)
    cache.hset("hash", "field", 1)
    cache.get_lock("lock").acquire()


def test_flush_all_answers_true(cache: Cache) -> None:
    """`flush_all` returns True."""
    assert cache.flush_all() is True


def test_flush_all_of_nothing_answers_true(cache: Cache) -> None:
    """`flush_all` of an empty store returns True as well."""
    cache.flush_all()
    assert cache.flush_all() is True


def test_flush_all_removes_keys_of_every_type_and_locks(cache: Cache) -> None:
    """Under its own prefix nothing is left."""
    fill(cache)
    cache.flush_all()
    assert cache.keys() == []


def test_flush_all_removes_many_keys(cache: Cache) -> None:
    """However many there are, all of them go."""
    cache.mset({str(number): number for number in range(3_000)})
    cache.flush_all()
    assert cache.keys() == []


def test_flush_all_spares_other_prefixes(cache: Cache, stranger: Cache) -> None:
    """Keys and locks under another prefix stay."""
    fill(stranger)
    cache.flush_all()
    assert sorted(stranger.keys()) == ["hash", "list", "lock", "none", "value"]


@pytest.mark.parametrize(
    ("prefix", "stranger"), [("a[1]*:", "a1x:"), ("*", "x"), ("?:", "x:"), ("a\\:", "a:"), ("[^a]:", "b:")]
)
def test_flush_all_takes_its_prefix_for_text(harness: Harness, prefix: str, stranger: str) -> None:
    """Keys that the prefix would match as a pattern stay."""
    theirs = harness.connect(stranger)
    theirs.set("key", "value")
    harness.connect(prefix).flush_all()
    assert theirs.get("key") == "value"


def test_a_flushed_store_can_be_used(cache: Cache) -> None:
    """`flush_all` ends no provider."""
    cache.set("key", "old")
    cache.flush_all()
    cache.set("key", "new")
    assert cache.get("key") == "new"


# close

LEFT_BY_CLOSE = {"as_stored", "clock", "close", "default_ttl_ms", "provider_name", "cache_name", "key_prefix"}
"""What is no operation on the store."""


def test_the_table_of_operations_is_complete() -> None:
    """Each public method of the interface is among those that the tests below call."""
    public = {name for name in dir(CacheProviderInterface) if not name.startswith("_")}
    assert {name.split()[0] for name in EVERY} == public - LEFT_BY_CLOSE


@pytest.mark.parametrize("call", EVERY.values(), ids=EVERY.keys())
def test_a_closed_provider_does_nothing_more(cache: Cache, call: Callable[[Cache], object]) -> None:
    """After `close` every operation raises `CacheClosedError`."""
    cache.set("key", "value")
    cache.close()
    with pytest.raises(CacheClosedError, match="closed"):
        call(cache)


def test_a_closed_provider_scans_nothing(cache: Cache) -> None:
    """After `close`, `scan_iter` raises at once, not at the first key."""
    cache.close()
    with pytest.raises(CacheClosedError, match="closed"):
        cache.scan_iter()


LOCK_OPERATIONS: dict[str, Callable[[DistributedLock], object]] = {
    "acquire": lambda lock: lock.acquire(),
    "acquire without blocking": lambda lock: lock.acquire(blocking=False),
    "release": lambda lock: lock.release(),
    "locked": lambda lock: lock.locked(),
    "owned": lambda lock: lock.owned(),
    "extend": lambda lock: lock.extend(5),
    "with": lambda lock: lock.__enter__(),
}


@pytest.mark.parametrize("held", [False, True], ids=["free", "held"])
@pytest.mark.parametrize("call", LOCK_OPERATIONS.values(), ids=LOCK_OPERATIONS.keys())
def test_a_lock_of_a_closed_provider_does_nothing_more(
    cache: Cache, call: Callable[[DistributedLock], object], held: bool
) -> None:
    """After `close` every operation on a handle that was made before raises `CacheClosedError`."""
    lock = cache.get_lock("lock")
    if held:
        lock.acquire()
    cache.close()
    with pytest.raises(CacheClosedError, match="closed"):
        call(lock)


def test_a_provider_may_be_closed_twice(cache: Cache) -> None:
    """`close` is idempotent."""
    cache.close()
    cache.close()
    with pytest.raises(CacheClosedError, match="closed"):
        cache.ping()


def test_a_closed_provider_keeps_its_identity(cache: Cache) -> None:
    """Names and prefix can be read after `close`, for whoever writes them to a log."""
    before = (cache.provider_name, cache.cache_name, cache.key_prefix)
    cache.close()
    assert (cache.provider_name, cache.cache_name, cache.key_prefix) == before


def test_a_shared_store_keeps_its_data(cache: Cache, other: Cache) -> None:
    """What a closed provider wrote is there for the others."""
    cache.set("key", "value")
    cache.close()
    assert other.get("key") == "value"


def test_a_shared_store_keeps_its_locks(cache: Cache, other: Cache, harness: Harness) -> None:
    """A lock that a closed provider held ends with its lease, not before."""
    cache.get_lock("lock", timeout=10).acquire()
    cache.close()
    held = other.get_lock("lock").acquire(blocking=False)
    harness.pass_time(10)
    assert (held, other.get_lock("lock").acquire(blocking=False)) == (False, True)


def test_a_shared_store_serves_the_others(cache: Cache, other: Cache) -> None:
    """`close` ends this provider only."""
    cache.close()
    assert other.set("key", "value") is True


# As a context manager


def test_a_with_block_gives_the_provider(cache: Cache) -> None:
    """`as` binds the very provider."""
    with cache as bound:
        assert bound is cache


def test_a_with_block_closes_the_provider(cache: Cache) -> None:
    """After the block every operation raises `CacheClosedError`."""
    with cache:
        cache.set("key", "value")
    with pytest.raises(CacheClosedError, match="closed"):
        cache.get("key")


def test_a_with_block_closes_the_provider_when_its_body_raises(cache: Cache) -> None:
    """After an exception the provider is closed too."""
    with pytest.raises(KeyError), cache:
        raise KeyError
    with pytest.raises(CacheClosedError, match="closed"):
        cache.get("key")


def test_a_with_block_may_close_its_provider(cache: Cache) -> None:
    """The end of the block is a second `close`, which does nothing."""
    with cache:
        cache.close()
    with pytest.raises(CacheClosedError, match="closed"):
        cache.get("key")
