"""An exception that comes from outside, whenever it comes, leaves nothing locked."""

import ctypes
import gc
import threading
from collections.abc import Callable, Iterator

import pytest

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer
from tests.threads import Task, until

INTERRUPTIONS = 100


class Interruption(BaseException):
    """What comes from outside, as a KeyboardInterrupt does."""


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """Let no finalizer of others run in the thread: what interrupts one of those is swallowed."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def store_and_read(cache: InMemoryCacheAdapter) -> None:
    """Go through most of the sections that a mutex guards."""
    cache.set("key", 1, ttl=5)
    cache.delete("key")
    cache.mset({"a": 1, "b": 2})
    cache.mget(["a", "b"])
    cache.expire("a", 3)
    cache.push_limit("list", 1, 3)
    cache.hset("hash", "field", 1)
    cache.scan()


def interrupted(work: Callable[[], object]) -> None:
    """Do some work again and again while it is interrupted again and again."""
    begun: list[int] = []
    taken: list[Interruption] = []

    def run() -> None:
        while len(taken) < INTERRUPTIONS:
            try:
                begun.append(threading.get_ident())
                while True:
                    work()
            except Interruption as interruption:
                taken.append(interruption)

    task = Task(run)
    for number in range(INTERRUPTIONS):
        until(lambda: len(begun) > number)  # noqa: B023 - it is over within the round
        ident, interruption = ctypes.c_ulong(begun[number]), ctypes.py_object(Interruption)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, interruption)
        until(lambda: len(taken) > number)  # noqa: B023 - it is over within the round
    task.result()


each_bound = pytest.mark.parametrize("bound", [None, 0, 3], ids=["no bound", "no room", "a bound"])


@pytest.fixture
def cache(bound: int | None) -> InMemoryCacheAdapter:
    """Return a cache that was interrupted again and again."""
    cache = InMemoryCacheAdapter("", server=MemoryServer(max_size=bound))
    interrupted(lambda: store_and_read(cache))
    return cache


@each_bound
def test_what_was_interrupted_stores_and_evicts_on(cache: InMemoryCacheAdapter, bound: int | None) -> None:
    """Nothing half-done stands in the way of the next writes, and the bound holds."""
    before = cache.get_store_size()
    for number in range(10):
        cache.set(f"later {number}", number)
    assert cache.get_store_size() == (before + 10 if bound is None else bound)


@each_bound
def test_what_was_interrupted_is_scanned_once(cache: InMemoryCacheAdapter) -> None:
    """A key that is there has one place among the others, and a key that is not has none."""
    pages = [cache.scan(count=1)]
    while pages[-1][0]:
        pages.append(cache.scan(count=1, cursor=pages[-1][0]))
    assert sorted(key for _, keys in pages for key in keys) == sorted(cache.keys())


def test_an_interruption_leaves_no_server_locked() -> None:
    """The thread that is interrupted goes on with the same server."""
    cache = InMemoryCacheAdapter("", server=MemoryServer())
    interrupted(lambda: store_and_read(cache))


def test_an_interruption_leaves_no_clock_locked() -> None:
    """The thread that is interrupted goes on with the same clock."""
    clock = ManualClock()
    interrupted(lambda: clock.advance(1))
