"""An exception that comes from outside, whenever it comes, leaves nothing locked."""

import ctypes
import gc
import threading
from collections.abc import Callable, Iterator

import pytest

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer
from tests.threads import Task, until

INTERRUPTIONS = 200


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


def test_an_interruption_leaves_no_server_locked() -> None:
    """The thread that is interrupted goes on with the same server."""
    cache = InMemoryCacheAdapter("", server=MemoryServer())
    interrupted(lambda: store_and_read(cache))


def test_an_interruption_leaves_no_clock_locked() -> None:
    """The thread that is interrupted goes on with the same clock."""
    clock = ManualClock()
    interrupted(lambda: clock.advance(1))
