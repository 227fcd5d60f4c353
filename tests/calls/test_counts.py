"""What is counted of the calls."""

import pytest

from cache_provider import CacheProviderInterface, InMemoryCacheAdapter
from cache_provider.testing.calls import Calls
from cache_provider.testing.seam import InstrumentedCache


def test_counts_are_by_operation(cache: CacheProviderInterface, calls: Calls) -> None:
    """How often each was called."""
    cache.set("a", 1)
    cache.set("b", 1)
    cache.get("a")
    assert calls.counts == {"set": 2, "get": 1}


def test_a_read_that_finds_is_a_hit(cache: CacheProviderInterface, calls: Calls) -> None:
    """And no miss."""
    cache.set("k", 1)
    cache.get("k")
    assert (calls.hits, calls.misses) == (1, 0)


def test_a_read_that_finds_nothing_is_a_miss(cache: CacheProviderInterface, calls: Calls) -> None:
    """And no hit."""
    cache.get("k")
    assert (calls.hits, calls.misses) == (0, 1)


def test_a_stored_none_is_a_hit(cache: CacheProviderInterface, calls: Calls) -> None:
    """The cache can tell it from a missing key; the result cannot."""
    cache.set("k", None)
    cache.get("k")
    assert calls.hits == 1


def test_mget_counts_each_key(cache: CacheProviderInterface, calls: Calls) -> None:
    """One call, three reads."""
    cache.set("a", 1)
    cache.mget(["a", "b", "c"])
    assert (calls.hits, calls.misses) == (1, 2)


def test_hits_of_several_caches_add_up(cache: CacheProviderInterface, calls: Calls) -> None:
    """A test's caches have one record."""
    other = InstrumentedCache(InMemoryCacheAdapter(), calls)
    for each in (cache, other):
        each.set("k", 1)
        each.get("k")
    assert calls.hits == 2


def test_clear_starts_hits_and_misses_again(cache: CacheProviderInterface, calls: Calls) -> None:
    """They count from there on."""
    cache.get("k")
    calls.clear()
    cache.get("k")
    assert calls.misses == 1


def test_hits_can_be_asked_for_after_the_cache_was_closed(
    cache: CacheProviderInterface, calls: Calls
) -> None:
    """Code under test may close what it was given."""
    cache.get("k")
    cache.close()
    assert calls.misses == 1


@pytest.mark.parametrize(
    ("operation", "key", "arguments", "found"),
    [
        (None, None, {}, 4),
        ("set", None, {}, 3),
        (None, "user:*", {}, 3),
        ("set", "user:1", {}, 1),
        ("set", "user:*", {"ttl": 30}, 1),
        ("set", None, {"field": "f"}, 0),
    ],
)
def test_calls_are_found_by_what_is_known_of_them(
    cache: CacheProviderInterface,
    calls: Calls,
    operation: str | None,
    key: str | None,
    arguments: dict[str, object],
    found: int,
) -> None:
    """By operation, by a pattern of keys, by arguments; what is left out is any."""
    cache.set("user:1", 1, ttl=30)
    cache.set("user:2", 1)
    cache.set("total", 2)
    cache.mget(["total", "user:1"])
    assert calls.count(operation, key=key, **arguments) == found


def test_an_operation_that_does_not_exist_is_refused(calls: Calls) -> None:
    """A slip must not read as "was never called"."""
    with pytest.raises(ValueError, match="not 'gett'"):
        calls.assert_not_called("gett")


def test_a_composed_operation_is_refused(calls: Calls) -> None:
    """It is recorded as its parts, so it would never be found."""
    with pytest.raises(ValueError, match="not 'get_or_set'"):
        calls.count("get_or_set")
