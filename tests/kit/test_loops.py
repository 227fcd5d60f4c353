"""Hearing of the end of an event loop."""

import asyncio
from collections.abc import Iterator

import pytest

from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.testing.kit.loops import LoopEnds
from cache_provider.testing.seam import AsyncInstrumentedCache


class Ended:
    """Remembers on which loops it was awaited."""

    def __init__(self) -> None:
        self.on: list[asyncio.AbstractEventLoop] = []

    async def __call__(self) -> None:
        await asyncio.sleep(0)
        self.on.append(asyncio.get_running_loop())


@pytest.fixture
def ended() -> Ended:
    return Ended()


@pytest.fixture
def ends(ended: Ended) -> LoopEnds:
    return LoopEnds(ended)


@pytest.fixture
def cache(ends: LoopEnds) -> AsyncInstrumentedCache:
    return AsyncInstrumentedCache(AsyncInMemoryCacheAdapter(), ends)


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Return a loop that stays open, as a plugin's does from test to test."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


async def use(cache: AsyncInstrumentedCache) -> asyncio.AbstractEventLoop:
    """Use the cache twice; return the loop."""
    await cache.get("k")
    await cache.get("k")
    return asyncio.get_running_loop()


def test_it_is_awaited_at_the_end_of_asyncio_run(cache: AsyncInstrumentedCache, ended: Ended) -> None:
    """Once, on that loop, while it can still be used."""
    assert [asyncio.run(use(cache))] == ended.on


def test_it_is_awaited_at_the_end_of_each_loop(cache: AsyncInstrumentedCache, ended: Ended) -> None:
    """A test may use several."""
    assert [asyncio.run(use(cache)), asyncio.run(use(cache))] == ended.on


def test_it_is_not_awaited_on_a_loop_that_never_saw_the_cache(
    cache: AsyncInstrumentedCache, ended: Ended
) -> None:
    """There is nothing to end."""
    asyncio.run(asyncio.sleep(0, cache))
    assert ended.on == []


def test_close_does_not_wait_for_the_end_of_a_loop_at_rest(
    cache: AsyncInstrumentedCache, ends: LoopEnds, ended: Ended, loop: asyncio.AbstractEventLoop
) -> None:
    """A loop of a whole session would keep every test's connections."""
    loop.run_until_complete(use(cache))
    ends.close()
    assert ended.on == [loop]


def test_a_closed_loop_is_left_alone(
    cache: AsyncInstrumentedCache, ends: LoopEnds, ended: Ended, loop: asyncio.AbstractEventLoop
) -> None:
    """Nothing can be awaited on it any more."""
    loop.run_until_complete(use(cache))
    loop.close()
    ends.close()
    assert ended.on == []
