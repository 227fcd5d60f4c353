"""What adapters of one process share, and what belongs to the server they are given."""

import gc
import weakref
from collections.abc import Callable

import pytest

from cache_provider import CacheConfigurationError, InMemoryCacheAdapter, InMemoryLock, MemoryServer

# Without server=


def test_an_adapter_keeps_its_data_to_itself() -> None:
    """Two adapters with one prefix and no server have nothing in common."""
    one, another = InMemoryCacheAdapter("app:"), InMemoryCacheAdapter("app:")
    one.set("key", "value")
    assert not another.exists("key")


def test_a_closed_adapters_own_data_goes() -> None:
    """Nobody else can reach it, and it is not kept."""
    cache = InMemoryCacheAdapter()
    keyspace = weakref.ref(cache._keyspace)
    cache.close()
    gc.collect()
    assert keyspace() is None


def test_the_same_full_key_excludes_across_adapters() -> None:
    """They share one table of locks."""
    one, another = InMemoryCacheAdapter("a:"), InMemoryCacheAdapter("a:b:")
    one.get_lock("b:lock").acquire()
    assert another.get_lock("lock").acquire(blocking=False) is False


def test_different_full_keys_never_collide() -> None:
    """Another prefix is another lock."""
    one, another = InMemoryCacheAdapter("a:"), InMemoryCacheAdapter("b:")
    one.get_lock("lock").acquire()
    assert another.get_lock("lock").acquire(blocking=False) is True


def test_a_lock_of_the_process_is_no_key() -> None:
    """It shows only where a server is given."""
    cache = InMemoryCacheAdapter()
    cache.get_lock("lock").acquire()
    assert cache.keys() == []


def test_the_table_of_locks_can_be_cleared() -> None:
    """Every lock of it is broken."""
    lock = InMemoryCacheAdapter().get_lock("lock")
    lock.acquire()
    InMemoryLock.clear_all_locks()
    assert not lock.owned()


# With server=


def test_clear_all_empties_every_prefix() -> None:
    """Of keys and of locks."""
    server = MemoryServer()
    one, another = InMemoryCacheAdapter("a:", server=server), InMemoryCacheAdapter("b:", server=server)
    another.set("key", "value")
    another.get_lock("lock").acquire()
    one.clear_all()
    assert another.keys() == []


def test_the_store_size_counts_every_prefix_and_no_lock() -> None:
    """It is the server's size."""
    server = MemoryServer()
    one, another = InMemoryCacheAdapter("a:", server=server), InMemoryCacheAdapter("b:", server=server)
    one.set("key", "value")
    another.set("key", "value")
    another.get_lock("lock").acquire()
    assert one.get_store_size() == 2


OPTIONS: dict[str, Callable[[MemoryServer], object]] = {
    "max_size": lambda server: InMemoryCacheAdapter(server=server, max_size=5),
    "eviction": lambda server: InMemoryCacheAdapter(server=server, eviction="fifo"),
}


@pytest.mark.parametrize(("option", "make"), OPTIONS.items())
def test_what_belongs_to_the_server_is_not_given_beside_it(
    option: str, make: Callable[[MemoryServer], object]
) -> None:
    """The error names the option."""
    with pytest.raises(CacheConfigurationError, match=option):
        make(MemoryServer())


# Health


@pytest.mark.parametrize("ask", ["health_check", "ping"])
def test_a_cache_that_is_called_unhealthy_says_so(ask: str) -> None:
    """Until it is called healthy again."""
    cache = InMemoryCacheAdapter()
    cache.set_health_status(False)
    unhealthy = getattr(cache, ask)()
    cache.set_health_status(True)
    assert (unhealthy, getattr(cache, ask)()) == (False, True)


def test_a_cache_that_is_called_unhealthy_works_on() -> None:
    """Nothing else changes."""
    cache = InMemoryCacheAdapter()
    cache.set_health_status(False)
    cache.set("key", "value")
    assert cache.get("key") == "value"
