"""The list of operations is what passes the seam."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cache_provider import InMemoryCacheAdapter
from cache_provider.steps import Steps
from cache_provider.testing.seam import (
    OPERATIONS,
    InstrumentedCache,
    Operation,
    check_operation,
)

CALLS: list[Callable[[InstrumentedCache], Any]] = [
    lambda cache: cache.get("k"),
    lambda cache: cache.exists("k"),
    lambda cache: cache.ttl("k"),
    lambda cache: cache.pttl("k"),
    lambda cache: cache.mget(["k"]),
    lambda cache: cache.mexists(["k"]),
    lambda cache: cache.list_range("k", 0, -1),
    lambda cache: cache.hget("k", "f"),
    lambda cache: cache.hgetall("k"),
    lambda cache: list(cache.scan_iter()),
    lambda cache: cache.keys(),
    lambda cache: cache.set("s", 1),
    lambda cache: cache.setnx("s", 1),
    lambda cache: cache.delete("s"),
    lambda cache: cache.incr("n"),
    lambda cache: cache.decr("n"),
    lambda cache: cache.expire("n", 1),
    lambda cache: cache.expire_at("n", None),
    lambda cache: cache.persist("n"),
    lambda cache: cache.cas_dict_field("d", "f", 1, {}),
    lambda cache: cache.compare_and_set("d", 1, 2),
    lambda cache: cache.compare_and_delete("d", 1),
    lambda cache: cache.mset({"m": 1}),
    lambda cache: cache.mdelete(["m"]),
    lambda cache: cache.push_limit("l", 1, 5),
    lambda cache: cache.hset("h", "f", 1),
    lambda cache: cache.hdel("h", "f"),
    lambda cache: cache.ping(),
    lambda cache: cache.get_or_set("computed", lambda: 1),
    lambda cache: cache.count_keys("*"),
    lambda cache: cache.delete_pattern("*"),
    lambda cache: cache.flush_all(),
]


def every_lock_operation(cache: InstrumentedCache) -> None:
    lock = cache.get_lock("lock")
    lock.acquire()
    lock.extend(timedelta(seconds=1))
    lock.owned()
    lock.locked()
    lock.release()


def names_that_pass() -> set[str]:
    passed: set[str] = set()

    def note(operation: Operation, proceed: Callable[[], Steps[Any]]) -> Steps[Any]:
        passed.add(operation.name)
        return (yield from proceed())

    cache = InstrumentedCache(InMemoryCacheAdapter(), note)
    for call in (*CALLS, every_lock_operation):
        call(cache)
    return passed


def test_the_names_are_those_that_pass() -> None:
    """A fault can be armed for each operation, and for no other."""
    assert names_that_pass() == set(OPERATIONS)


def test_a_name_is_listed_once() -> None:
    """An operation is a read, a write, or a lock's."""
    assert len(set(OPERATIONS)) == len(OPERATIONS)


@pytest.mark.parametrize("name", [*OPERATIONS, None])
def test_a_known_name_is_accepted(name: str | None) -> None:
    """None is any operation."""
    assert check_operation(name) == name


def test_a_typo_is_refused_with_what_was_meant() -> None:
    """The nearest name is offered first."""
    with pytest.raises(ValueError, match=r"not 'lock.aquire'; perhaps 'lock.acquire'. Known: get, exists"):
        check_operation("lock.aquire")


def test_a_composed_operation_is_refused() -> None:
    """It passes as its parts, so a fault for it would never fire."""
    with pytest.raises(ValueError, match=r"Composed operations pass as their parts"):
        check_operation("get_or_set")


def test_a_name_that_is_no_text_is_refused() -> None:
    """Numbers name nothing."""
    with pytest.raises(TypeError, match="operation must be a str, not int 1"):
        check_operation(1)  # type: ignore[arg-type] # the point of the test


def test_a_locks_lease_passes_with_its_operations() -> None:
    """Whoever judges leases needs to know them."""
    leases: list[object] = []

    def note(operation: Operation, proceed: Callable[[], Steps[Any]]) -> Steps[Any]:
        leases.append(operation.lease)
        return (yield from proceed())

    InstrumentedCache(InMemoryCacheAdapter(), note).get_lock("l", timeout=3).acquire()
    assert leases == [3]


def test_an_instrumented_cache_has_its_providers_default_ttl() -> None:
    """What is written through it expires as what is written without it."""
    assert InstrumentedCache(InMemoryCacheAdapter(default_ttl=2)).default_ttl_ms == 2_000
