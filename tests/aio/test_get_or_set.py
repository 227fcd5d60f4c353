"""`get_or_set` for coroutines: factories of both kinds, waiting tasks, cancelled ones."""

import asyncio
from typing import Any

import pytest

from cache_provider import AsyncInMemoryCacheAdapter, ManualClock, MemoryServer
from tests.aio.stepping import turns
from tests.threads import PATIENCE


class Computation:
    """A coroutine function that has begun, and ends when told to."""

    def __init__(self, value: object = "computed") -> None:
        self.calls = 0
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self._value = value

    async def __call__(self) -> object:
        self.calls += 1
        self.begun.set()
        await self.may_end.wait()
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


async def led(cache: AsyncInMemoryCacheAdapter, factory: Computation) -> "asyncio.Task[Any]":
    """Return a task whose computation has begun."""
    leading = asyncio.create_task(cache.get_or_set("k", factory))
    await factory.begun.wait()
    return leading


async def forbidden() -> object:
    """Compute what must not be computed."""
    raise AssertionError("somebody else computes this")


def test_a_coroutine_function_computes() -> None:
    """Its result is awaited."""

    async def factory() -> str:
        await asyncio.sleep(0)
        return "computed"

    assert asyncio.run(AsyncInMemoryCacheAdapter().get_or_set("k", factory)) == "computed"


def test_a_plain_function_computes() -> None:
    """So that a constant needs no coroutine."""
    assert asyncio.run(AsyncInMemoryCacheAdapter().get_or_set("k", lambda: "computed")) == "computed"


def test_one_of_many_tasks_computes() -> None:
    """The others get a copy each."""

    async def scenario() -> tuple[int, list[Any]]:
        cache = AsyncInMemoryCacheAdapter()
        factory = Computation({"v": 1})
        leading = await led(cache, factory)
        waiting = [asyncio.create_task(cache.get_or_set("k", forbidden)) for _ in range(3)]
        await turns(10)
        factory.may_end.set()
        return factory.calls, [await leading, *(await asyncio.gather(*waiting))]

    calls, values = asyncio.run(scenario())
    assert (calls, values) == (1, [{"v": 1}] * 4)
    assert len(set(map(id, values))) == 4


def test_a_factorys_exception_reaches_those_who_wait() -> None:
    """As one of their own, whose cause it is."""
    boom = RuntimeError("boom")

    async def scenario() -> list[Any]:
        cache = AsyncInMemoryCacheAdapter()
        factory = Computation(boom)
        leading = await led(cache, factory)
        waiting = asyncio.create_task(cache.get_or_set("k", forbidden))
        await turns(10)
        factory.may_end.set()
        return list(await asyncio.gather(leading, waiting, return_exceptions=True))

    led_to, waited_for = asyncio.run(scenario())
    assert (led_to, repr(waited_for), waited_for.__cause__) == (boom, "RuntimeError('boom')", boom)


def test_who_waits_takes_over_from_a_cancelled_leader() -> None:
    """A cancellation is nobody's outcome but the cancelled task's."""

    async def scenario() -> tuple[Any, bool]:
        cache = AsyncInMemoryCacheAdapter()
        leading = await led(cache, Computation())
        waiting = asyncio.create_task(cache.get_or_set("k", lambda: "mine"))
        await turns(10)
        leading.cancel()
        value = await asyncio.wait_for(waiting, PATIENCE)
        return value, leading.cancelled()

    assert asyncio.run(scenario()) == ("mine", True)


def test_a_cancelled_leader_leaves_no_lock() -> None:
    """Other processes need not wait for its lease."""

    async def scenario() -> list[str]:
        cache = AsyncInMemoryCacheAdapter(server=MemoryServer())
        leading = await led(cache, Computation())
        leading.cancel()
        await asyncio.gather(leading, return_exceptions=True)
        return await cache.keys()

    assert asyncio.run(scenario()) == []


def test_a_cancelled_waiter_disturbs_nobody() -> None:
    """The leader goes on, and so do the others."""

    async def scenario() -> list[Any]:
        cache = AsyncInMemoryCacheAdapter()
        factory = Computation()
        leading = await led(cache, factory)
        waiting = [asyncio.create_task(cache.get_or_set("k", forbidden)) for _ in range(2)]
        await turns(10)
        waiting[0].cancel()
        factory.may_end.set()
        return [await leading, await waiting[1]]

    assert asyncio.run(scenario()) == ["computed", "computed"]


def test_a_factory_whose_tasks_ask_for_its_key_does_not_wait_for_itself() -> None:
    """Neither the task that computes nor one that it starts."""

    async def scenario() -> Any:
        cache = AsyncInMemoryCacheAdapter()

        async def factory() -> list[Any]:
            inner = (cache.get_or_set("k", lambda: "inner", wait_timeout=1000) for _ in range(2))
            return list(await asyncio.gather(*inner))

        return await asyncio.wait_for(
            cache.get_or_set("k", factory, wait_timeout=1000, lock_timeout=1000), PATIENCE
        )

    assert asyncio.run(scenario()) == "inner"


def test_a_crashed_leader_is_replaced_when_its_lease_ends() -> None:
    """On the cache's clock."""

    async def scenario() -> Any:
        clock = ManualClock()
        cache = AsyncInMemoryCacheAdapter(clock=clock)
        factory = Computation()
        leading = await led(cache, factory)
        waiting = asyncio.create_task(cache.get_or_set("k", lambda: "mine", wait_timeout=1000))
        await turns(10)
        clock.advance(10)
        value = await asyncio.wait_for(waiting, PATIENCE)
        factory.may_end.set()
        return value, await leading

    assert asyncio.run(scenario()) == ("mine", "mine")


def test_callers_in_several_loops_compute_once() -> None:
    """Tasks of other threads' loops wait as well."""
    cache = AsyncInMemoryCacheAdapter()
    calls: list[int] = []

    async def factory() -> str:
        calls.append(1)
        (flight,) = cache._flights._flights.values()
        while len(flight._waiters) < 3:  # noqa: ASYNC110 - nothing announces a waiter
            await asyncio.sleep(0)
        return "computed"

    async def scenario() -> list[Any]:
        others = [asyncio.to_thread(asyncio.run, cache.get_or_set("k", factory)) for _ in range(3)]
        return await asyncio.gather(cache.get_or_set("k", factory), *others)

    assert (asyncio.run(scenario()), calls) == (["computed"] * 4, [1])


@pytest.mark.parametrize("factory", [None, "text", 5])
def test_what_cannot_be_called_is_refused(factory: Any) -> None:
    """Before anything is asked."""
    with pytest.raises(TypeError, match="default_factory"):
        asyncio.run(AsyncInMemoryCacheAdapter().get_or_set("k", factory))
