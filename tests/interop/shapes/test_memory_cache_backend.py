"""`MemoryCacheBackend`: what the generic backend does only when it stands alone."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, assert_type, cast

import pytest
from freezegun import freeze_time

from cache_provider import ManualClock, PickleCodec
from cache_provider.interop.cache_backend import MemoryCacheBackend
from cache_provider.memory.server import keyspace_of
from tests.interop.shapes.until import until
from tests.interop.stores import NOON


def others() -> list[asyncio.Task[Any]]:
    """Return the tasks that run beside the calling one."""
    return [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


def entries(backend: MemoryCacheBackend[Any]) -> set[str]:
    """Return the keys that take memory, expired or not."""
    return set(keyspace_of(backend._server).entries)


# Size


def test_it_holds_a_thousand_by_default() -> None:
    """The thousand and first makes one go."""

    async def scenario() -> str:
        backend = MemoryCacheBackend[int]()
        for number in range(1001):
            await backend.set(str(number), number)
        return repr(backend)

    size = "MemoryCacheBackend(max_size=1000, clean_interval=60, current_entries=1000)"
    assert asyncio.run(scenario()) == size


def test_the_least_recently_used_goes_first() -> None:
    """Reading saves."""

    async def scenario() -> set[str]:
        backend = MemoryCacheBackend[int](2)
        await backend.set("a", 1)
        await backend.set("b", 2)
        await backend.get("a")
        await backend.set("c", 3)
        return entries(backend)

    assert asyncio.run(scenario()) == {"a", "c"}


def test_what_expired_goes_before_what_lives() -> None:
    """However recently it was used."""

    async def scenario() -> set[str]:
        clock = ManualClock()
        backend = MemoryCacheBackend[int](2, clock=clock)
        await backend.set("a", 1)
        await backend.set("b", 2, ttl=1)
        clock.advance(1)
        await backend.set("c", 3)
        return entries(backend)

    assert asyncio.run(scenario()) == {"a", "c"}


def test_a_size_of_zero_stores_nothing() -> None:
    """Writes answer as usual."""

    async def scenario() -> tuple[bool, int | None]:
        backend = MemoryCacheBackend[int](0)
        return await backend.set("a", 1), await backend.get("a")

    assert asyncio.run(scenario()) == (True, None)


@pytest.mark.parametrize(("size", "error"), [(-1, ValueError), (None, TypeError), (True, TypeError)])
def test_a_wrong_size_is_refused(size: object, error: type[Exception]) -> None:
    """At once, by name."""
    with pytest.raises(error, match="max_size must be"):
        MemoryCacheBackend[int](cast("int", size))


@pytest.mark.parametrize(
    ("interval", "error"),
    [(0, ValueError), (-1, ValueError), (float("nan"), ValueError), (None, TypeError), ("60", TypeError)],
)
def test_a_wrong_interval_is_refused(interval: object, error: type[Exception]) -> None:
    """At once, by name."""
    with pytest.raises(error, match="clean_interval must be"):
        MemoryCacheBackend[int](clean_interval=cast("int", interval))


# Cleaning


def test_it_cleans_at_an_interval() -> None:
    """What expired and nobody asks for does not stay in memory."""

    async def scenario() -> bool:
        clock = ManualClock()
        # The interval is real time. That nobody sees this clock move leaves the cleaning to it.
        async with MemoryCacheBackend[int](clean_interval=0.001, clock=clock) as backend:
            await backend.set("a", 1, ttl=1)
            clock._now += 1000
            return await until(lambda: not entries(backend))

    assert asyncio.run(scenario())


def test_it_tells_when_it_was_last_cleaned() -> None:
    """In seconds since the epoch, on the cache's clock."""

    async def scenario() -> tuple[float, float]:
        clock = ManualClock(NOON)
        async with MemoryCacheBackend[int](clock=clock) as backend:
            made = backend.last_cleanup
            await backend.set("a", 1, ttl=1)
            await asyncio.sleep(0)
            clock.advance(60)
            await until(lambda: not entries(backend))
            return made, backend.last_cleanup

    assert asyncio.run(scenario()) == (NOON.timestamp(), NOON.timestamp() + 60)


def test_it_cleans_again_and_again() -> None:
    """Once is not enough."""

    async def scenario() -> list[bool]:
        clock = ManualClock()
        cleaned: list[bool] = []
        async with MemoryCacheBackend[int](clean_interval=0.001, clock=clock) as backend:
            for _ in range(3):
                await backend.set("a", 1, ttl=1)
                clock._now += 1000
                cleaned.append(await until(lambda: not entries(backend)))
        return cleaned

    assert asyncio.run(scenario()) == [True, True, True]


def test_a_clock_that_is_moved_cleans_at_once() -> None:
    """Nobody waits for a minute in a test."""

    async def scenario() -> bool:
        clock = ManualClock()
        async with MemoryCacheBackend[int](clock=clock) as backend:
            await backend.set("a", 1, ttl=1)
            await asyncio.sleep(0)
            clock.advance(1)
            return await until(lambda: not entries(backend))

    assert asyncio.run(scenario())


def test_it_cleans_while_the_loops_time_is_frozen() -> None:
    """The interval is real time, which freezegun does not stop."""

    async def scenario() -> bool:
        with freeze_time("2030-06-01 12:00") as frozen:
            async with MemoryCacheBackend[int](clean_interval=0.001) as backend:
                await backend.set("a", 1, ttl=1)
                frozen.tick(1)
                return await until(lambda: not entries(backend))

    assert asyncio.run(scenario())


def test_cleaning_leaves_the_living_alone() -> None:
    """Only what has expired goes."""

    async def scenario() -> set[str]:
        clock = ManualClock()
        async with MemoryCacheBackend[int](clock=clock) as backend:
            await backend.set_many({"a": 1, "b": 2}, ttl=1)
            await backend.set("c", 3, ttl=2)
            await asyncio.sleep(0)
            clock.advance(1)
            await until(lambda: "a" not in entries(backend))
            return entries(backend)

    assert asyncio.run(scenario()) == {"c"}


def test_cleaning_never_moves_a_clock_that_jumps() -> None:
    """A clock with `autojump` jumps for those who wait, and cleaning is no waiting."""

    async def scenario() -> bool:
        clock = ManualClock(autojump=True)
        before = clock.now()
        async with MemoryCacheBackend[int](clean_interval=0.001, clock=clock) as backend:
            await backend.set("a", 1, ttl=60)
            clock._now += 60_000
            await until(lambda: not entries(backend))
        return clock.now() - before == timedelta(seconds=60)

    assert asyncio.run(scenario())


# Beginning and ending


def test_it_works_without_initialize() -> None:
    """Only the cleaning needs it."""

    async def scenario() -> int | None:
        backend = MemoryCacheBackend[int]()
        await backend.set("a", 1)
        return await backend.get("a")

    assert asyncio.run(scenario()) == 1


def test_initialize_twice_starts_one_task() -> None:
    """There is one cleaner."""

    async def scenario() -> int:
        backend = MemoryCacheBackend[int]()
        await backend.initialize()
        await backend.initialize()
        running = len(others())
        await backend.shutdown()
        return running

    assert asyncio.run(scenario()) == 1


def test_shutdown_leaves_no_task() -> None:
    """It returns when the task has ended, an hour before its interval."""

    async def scenario() -> list[asyncio.Task[Any]]:
        backend = MemoryCacheBackend[int](clean_interval=3600)
        await backend.initialize()
        await asyncio.sleep(0)
        await backend.shutdown()
        return others()

    assert asyncio.run(scenario()) == []


def test_shutdown_stops_a_task_that_has_not_begun() -> None:
    """The one as well that was started in the same breath."""

    async def scenario() -> list[asyncio.Task[Any]]:
        backend = MemoryCacheBackend[int]()
        await backend.initialize()
        await backend.shutdown()
        return others()

    assert asyncio.run(scenario()) == []


def test_shutdown_lets_go_of_the_clock() -> None:
    """A clock that outlives the backend has nobody left to wake."""

    async def scenario() -> list[Callable[[], object]]:
        clock = ManualClock()
        backend = MemoryCacheBackend[int](clock=clock)
        await backend.initialize()
        await asyncio.sleep(0)
        await backend.shutdown()
        return clock._watchers

    assert asyncio.run(scenario()) == []


def test_shutdown_empties() -> None:
    """Nothing is left in memory."""

    async def scenario() -> set[str]:
        backend = MemoryCacheBackend[int]()
        await backend.set("a", 1)
        await backend.shutdown()
        return entries(backend)

    assert asyncio.run(scenario()) == set()


def test_a_cancelled_shutdown_has_stopped_the_cleaning() -> None:
    """The cancellation reaches the caller, and the task ends all the same."""

    async def scenario() -> bool:
        backend = MemoryCacheBackend[int]()
        await backend.initialize()
        await asyncio.sleep(0)
        ending = asyncio.create_task(backend.shutdown())
        await asyncio.sleep(0)
        ending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ending
        return await until(lambda: not others())

    assert asyncio.run(scenario())


def test_it_can_begin_again_after_shutdown() -> None:
    """And cleans again."""

    async def scenario() -> int:
        backend = MemoryCacheBackend[int]()
        await backend.initialize()
        await backend.shutdown()
        await backend.initialize()
        running = len(others())
        await backend.shutdown()
        return running

    assert asyncio.run(scenario()) == 1


def test_it_can_begin_again_where_somebody_ended_its_task() -> None:
    """A framework may cancel every task that it finds."""

    async def scenario() -> int:
        backend = MemoryCacheBackend[int]()
        await backend.initialize()
        [cleaning] = others()
        cleaning.cancel()
        await asyncio.wait([cleaning])
        await backend.initialize()
        running = len(others())
        await backend.shutdown()
        return running

    assert asyncio.run(scenario()) == 1


def test_it_can_begin_again_in_another_loop() -> None:
    """The task of a loop that ended does not stand in the way."""
    backend = MemoryCacheBackend[int]()
    asyncio.run(backend.initialize())

    async def scenario() -> int:
        await backend.initialize()
        running = len(others())
        await backend.shutdown()
        return running

    assert asyncio.run(scenario()) == 1


def test_shutdown_in_another_loop_than_one_that_ended_is_fine() -> None:
    """There is no task left to stop."""
    backend = MemoryCacheBackend[int]()
    asyncio.run(backend.initialize())
    asyncio.run(backend.shutdown())
    assert entries(backend) == set()


# What it is made of


def test_two_share_nothing() -> None:
    """Each has a memory of its own."""

    async def scenario() -> int | None:
        await MemoryCacheBackend[int]().set("a", 1)
        return await MemoryCacheBackend[int]().get("a")

    assert asyncio.run(scenario()) is None


def test_another_codec_carries_other_values() -> None:
    """JSON is only the default."""

    async def scenario() -> set[int] | None:
        backend = MemoryCacheBackend[set[int]](codec=PickleCodec())
        await backend.set("a", {1, 2})
        return await backend.get("a")

    assert asyncio.run(scenario()) == {1, 2}


def test_its_type_is_real() -> None:
    """A type checker sees what is stored; mypy and pyright hold each line to it."""

    async def scenario() -> int | None:
        backend = MemoryCacheBackend[int]()
        setter: Callable[[str, int], Awaitable[bool]] = backend.set
        await setter("a", 1)
        assert_type(await backend.get("a"), int | None)
        assert_type(await backend.get("a", 5), int | None)
        assert_type(await backend.get_many(["a"]), dict[str, int | None])
        assert_type(await backend.incr("a"), int)
        return await backend.get("a")

    assert asyncio.run(scenario()) == 2
