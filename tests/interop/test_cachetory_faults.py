"""What goes wrong in cachetory's own memory backend does not go wrong here."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from cachetory.caches.async_ import Cache as AsyncCache
from cachetory.caches.sync import Cache
from cachetory.serializers import JsonSerializer

from cache_provider import CleanupService, InMemoryCacheAdapter, ManualClock, MemoryServer, PickleCodec
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.interop.cachetory import AsyncProviderBackend, ProviderBackend
from cache_provider.memory.server import keyspace_of
from tests.interop.backends import Awaited, Backends
from tests.interop.stores import DoubleStore, Store, run

Backend: TypeAlias = ProviderBackend[Any] | Awaited

SECOND = timedelta(seconds=1)


# Set-if-absent on an expired key


def test_if_not_exists_on_an_expired_key_stores(backends: Backends) -> None:
    """Its own answers False until somebody reads the key."""
    backend = backends.connect()
    backend.set("k", "old", time_to_live=SECOND)
    backends.store.pass_time(1)
    assert backend.set("k", "new", if_not_exists=True) is True


def test_what_if_not_exists_stores_over_an_expired_key_is_there(backends: Backends) -> None:
    """It is the new value that is read."""
    backend = backends.connect()
    backend.set("k", "old", time_to_live=SECOND)
    backends.store.pass_time(1)
    backend.set("k", "new", if_not_exists=True)
    assert backend.get("k") == "new"


# A reader that finds an expired entry, and a writer right then


class InterruptingClock(ManualClock):
    """Does something once, between a reader's look at an entry and its judgement."""

    def __init__(self) -> None:
        super().__init__()
        self.once: Callable[[], object] | None = None

    def now_ms(self) -> int:
        """Do it, and return the time."""
        once, self.once = self.once, None
        if once is not None:
            once()
        return super().now_ms()


@pytest.fixture
def interrupted() -> tuple[InterruptingClock, MemoryServer]:
    """Return a clock that can interrupt and the server that runs on it."""
    clock = InterruptingClock()
    return clock, MemoryServer(clock=clock)


def interrupt_a_read(
    clock: InterruptingClock, server: MemoryServer, backend: Backend, read: Callable[[Backend], object]
) -> Any:
    """Read an expired key while a fresh value is written, and return what is there afterwards."""
    writer = ProviderBackend[str](InMemoryCacheAdapter("app:", server=server))
    writer.set("k", "old", time_to_live=SECOND)
    clock.advance(1)
    clock.once = lambda: writer.set("k", "fresh")
    read(backend)
    return writer.get("k")


def get_or_miss(backend: Backend) -> object:
    """Read one key, found or not."""
    try:
        return backend.get("k")
    except KeyError:
        return None


READS: dict[str, Callable[[Backend], object]] = {
    "get": get_or_miss,
    "get_many": lambda backend: list(backend.get_many("k")),
    "size": lambda backend: backend.size,
}
READERS = pytest.mark.parametrize("read", READS.values(), ids=READS)


@READERS
def test_a_reader_of_an_expired_value_leaves_a_fresh_one(
    interrupted: tuple[InterruptingClock, MemoryServer], read: Callable[[Backend], object]
) -> None:
    """Its own removes whatever is under the key by then."""
    clock, server = interrupted
    backend = ProviderBackend[Any](InMemoryCacheAdapter("app:", server=server))
    assert interrupt_a_read(clock, server, backend, read) == "fresh"


@READERS
def test_an_async_reader_of_an_expired_value_leaves_a_fresh_one(
    interrupted: tuple[InterruptingClock, MemoryServer], read: Callable[[Backend], object]
) -> None:
    """Coroutines too."""
    clock, server = interrupted
    with asyncio.Runner() as runner:
        backend = Awaited(AsyncProviderBackend(AsyncInMemoryCacheAdapter("app:", server=server)), runner)
        assert interrupt_a_read(clock, server, backend, read) == "fresh"


# Aliasing


@pytest.mark.parametrize("codec", [None, PickleCodec()], ids=repr)
def test_changing_a_value_after_set_changes_nothing(backends: Backends, codec: PickleCodec | None) -> None:
    """Its own stores the very object."""
    backend = backends.connect(codec=codec)
    wire = [1]
    backend.set("k", wire)
    wire.append(2)
    assert backend.get("k") == [1]


def test_changing_a_value_after_set_many_changes_nothing(backend: Backend) -> None:
    """Of several as of one."""
    wire = [1]
    backend.set_many([("k", wire)])
    wire.append(2)
    assert backend.get("k") == [1]


def test_changing_a_value_after_get_changes_nothing(backend: Backend) -> None:
    """Each reader has a copy of its own."""
    backend.set("k", [1])
    backend.get("k").append(2)
    assert backend.get("k") == [1]


def test_changing_a_value_after_get_many_changes_nothing(backend: Backend) -> None:
    """Even of one key that was asked twice by two readers."""
    backend.set("k", [1])
    next(iter(backend.get_many("k")))[1].append(2)
    assert list(backend.get_many("k")) == [("k", [1])]


# Memory


def entries_after(double: DoubleStore, write: Callable[[], object]) -> int:
    """Return how many entries, expired ones too, the server holds after `write`."""
    double.pass_time(1)
    write()
    return len(keyspace_of(double.server).entries)


WRITES: dict[str, Callable[[Backend], object]] = {
    "set": lambda backend: backend.set("k", "v"),
    "set if absent": lambda backend: backend.set("k", "v", if_not_exists=True),
    "set_many": lambda backend: backend.set_many([("k", "v")]),
}
EACH_WRITE = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@EACH_WRITE
def test_a_write_lets_expired_entries_go(double: DoubleStore, write: Callable[[Backend], object]) -> None:
    """Its own keeps what nobody asks for again."""
    backend = ProviderBackend[Any](double.connect())
    for number in range(100):
        backend.set(f"old:{number}", "v", time_to_live=SECOND)
    assert entries_after(double, lambda: write(backend)) == 1


@EACH_WRITE
def test_an_async_write_lets_expired_entries_go(
    double: DoubleStore, write: Callable[[Backend], object]
) -> None:
    """Coroutines too."""
    with asyncio.Runner() as runner:
        backend = Awaited(AsyncProviderBackend(double.connect_async()), runner)
        for number in range(100):
            backend.set(f"old:{number}", "v", time_to_live=SECOND)
        assert entries_after(double, lambda: write(backend)) == 1


def test_a_cleanup_service_lets_expired_entries_go(double: DoubleStore) -> None:
    """Without any write."""
    provider = double.connect()
    ProviderBackend[Any](provider).set("k", "v", time_to_live=SECOND)
    assert entries_after(double, CleanupService().run_once) == 0


# Batches


def test_delete_many_deletes(backend: Backend) -> None:
    """The one that cachetory's interface gives to backends does nothing."""
    backend.set_many([("a", "1"), ("b", "2"), ("c", "3")])
    backend.delete_many("a", "c", "gone")
    assert list(backend.get_many("a", "b", "c")) == [("b", "2")]


def test_a_prefixed_batch_read_returns_what_was_asked(store: Store) -> None:
    """The prefix is the provider's; cachetory's own `prefix=` is ignored by its `get_many`."""
    cache = Cache(serializer=JsonSerializer[int](), backend=ProviderBackend[str](store.connect("prefix:")))
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many("b", "a", "gone") == {"b": 2, "a": 1}


def test_a_prefixed_async_batch_read_returns_what_was_asked(store: Store) -> None:
    """Coroutines too."""

    async def scenario() -> dict[str, int]:
        backend = AsyncProviderBackend[str](store.connect_async("prefix:"))
        cache = AsyncCache(serializer=JsonSerializer[int](), backend=backend)
        await cache.set_many({"a": 1, "b": 2})
        return await cache.get_many("b", "a", "gone")

    assert run(store, scenario()) == {"b": 2, "a": 1}
