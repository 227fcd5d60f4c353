"""Many tasks on several loops in several threads at once, under a restless interpreter."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cache_provider import AsyncInMemoryCacheAdapter, MemoryServer
from cache_provider.memory.server import keyspace_of
from tests.aio.stepping import turns
from tests.threads import PATIENCE

LOOPS, TASKS, ROUNDS = 4, 4, 25

Work = Callable[[AsyncInMemoryCacheAdapter, random.Random], Coroutine[Any, Any, object]]

pytestmark = pytest.mark.usefixtures("tiny_switch_interval")


def on_many_loops(server: MemoryServer, work: Work) -> list[Any]:
    """Do `work` in several tasks of several loops at once; return all their results."""

    async def tasks(seed: int) -> list[Any]:
        cache = AsyncInMemoryCacheAdapter(server=server)
        each = [work(cache, random.Random(f"{seed} {number}")) for number in range(TASKS)]
        return list(await asyncio.gather(*each))

    with ThreadPoolExecutor(LOOPS) as threads:
        running = [threads.submit(asyncio.run, tasks(seed)) for seed in range(LOOPS)]
        return [result for outcome in running for result in outcome.result(PATIENCE)]


def test_no_increment_is_lost() -> None:
    """Whichever loop it comes from."""
    server = MemoryServer()

    async def work(cache: AsyncInMemoryCacheAdapter, _chance: random.Random) -> None:
        for _ in range(ROUNDS):
            await cache.incr("n")

    on_many_loops(server, work)
    cache = AsyncInMemoryCacheAdapter(server=server)
    assert asyncio.run(cache.get("n")) == LOOPS * TASKS * ROUNDS


def test_compare_and_set_loses_no_update() -> None:
    """Who was overtaken tries again."""
    server = MemoryServer()

    async def work(cache: AsyncInMemoryCacheAdapter, _chance: random.Random) -> None:
        for _ in range(ROUNDS):
            while not await cache.compare_and_set("n", found := await cache.get("n"), found + 1):
                pass

    cache = AsyncInMemoryCacheAdapter(server=server)
    asyncio.run(cache.set("n", 0))
    on_many_loops(server, work)
    assert asyncio.run(cache.get("n")) == LOOPS * TASKS * ROUNDS


def test_a_lock_protects_a_read_and_a_write() -> None:
    """What is a race without it is none within it, also while other waiters are cancelled all the time."""
    server = MemoryServer()

    async def bump(cache: AsyncInMemoryCacheAdapter) -> None:
        async with cache.get_lock("L"):
            await cache.set("n", (await cache.get("n", 0)) + 1)

    async def give_up(cache: AsyncInMemoryCacheAdapter, after: int) -> None:
        waiting = asyncio.ensure_future(cache.get_lock("L").acquire())
        await turns(after)
        waiting.cancel()
        (outcome,) = await asyncio.gather(waiting, return_exceptions=True)
        if outcome is True:
            await cache.delete("L")

    async def work(cache: AsyncInMemoryCacheAdapter, chance: random.Random) -> None:
        for _ in range(ROUNDS):
            await bump(cache)
            await give_up(cache, chance.randrange(6))

    on_many_loops(server, work)
    cache = AsyncInMemoryCacheAdapter(server=server)
    assert asyncio.run(cache.get("n")) == LOOPS * TASKS * ROUNDS


def test_nobody_is_left_waiting() -> None:
    """When all is done, the server remembers no waiter."""
    server = MemoryServer()

    async def work(cache: AsyncInMemoryCacheAdapter, chance: random.Random) -> None:
        for _ in range(ROUNDS):
            lock = cache.get_lock("L")
            if await lock.acquire(timeout=chance.choice([0, 0.001, 5])):
                await turns(chance.randrange(3))
                await lock.release()

    on_many_loops(server, work)
    assert (keyspace_of(server).queues, keyspace_of(server).entries) == ({}, {})


def test_one_caller_of_many_computes() -> None:
    """All get its value."""
    server = MemoryServer()
    calls: list[int] = []

    async def factory() -> int:
        calls.append(1)
        await turns(5)
        return 7

    async def work(cache: AsyncInMemoryCacheAdapter, _chance: random.Random) -> Any:
        return await cache.get_or_set("k", factory)

    assert (on_many_loops(server, work), calls) == ([7] * LOOPS * TASKS, [1])
