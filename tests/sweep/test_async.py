"""Coroutines are swept as functions are."""

import asyncio
from typing import Any

import pytest

from cache_provider import CacheUnavailableError, LockError
from cache_provider.testing.sweep import KINDS, sweep
from tests.sweep.silence import SILENT


async def counting(cache: Any) -> str:
    async with cache.get_lock("l", renew=True):
        count = await cache.get("n", 0)
        await cache.set("n", count + 1, ttl=60)
    return "done"


def counting_plainly(cache: Any) -> str:
    with cache.get_lock("l", renew=True):
        count = cache.get("n", 0)
        cache.set("n", count + 1, ttl=60)
    return "done"


async def session(cache: Any) -> None:
    await cache.set("n", 1, ttl=60)


def plain_session(cache: Any) -> None:
    cache.set("n", 1, ttl=60)


ALLOWED: Any = {"allow": (CacheUnavailableError, LockError)}


def test_a_coroutine_has_the_cells_of_the_function() -> None:
    """Operation by operation, kind by kind."""
    of_coroutine = sweep(counting, prepare=session, **ALLOWED, **SILENT)
    of_function = sweep(counting_plainly, prepare=plain_session, **ALLOWED, **SILENT)
    assert [cell.name for cell in of_coroutine.cells] == [cell.name for cell in of_function.cells]


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_coroutine_passes(kind: str) -> None:
    """Each kind for itself."""
    assert sweep(counting, kinds=[kind], prepare=session, **ALLOWED, **SILENT).failures == []


def failing_cells(scenario: Any, check: Any = None, **options: Any) -> set[tuple[str, str]]:
    result = sweep(scenario, check, **options, **SILENT)
    return {(cell.name, cell.verdict) for cell in result.failures}


async def in_two_writes(cache: Any) -> None:
    await cache.set("a", 1, ttl=60)
    await cache.set("b", 1, ttl=60)


async def both_or_none(cache: Any) -> bool:
    return bool(await cache.exists("a") == await cache.exists("b"))


def test_a_coroutine_that_dies_is_found() -> None:
    """A check may be a coroutine too."""
    assert failing_cells(in_two_writes, both_or_none, kinds=["crash"]) == {("1:crash", "check")}


def test_a_check_of_a_coroutine_may_be_plain() -> None:
    """Both see the same store."""

    def check(cache: Any) -> bool:
        return bool(cache.exists("a") == cache.exists("b"))

    assert failing_cells(in_two_writes, check, kinds=["crash"]) == {("1:crash", "check")}


async def holding_on(cache: Any) -> None:
    lock = cache.get_lock("l", renew=True)
    await lock.acquire()
    await cache.exists("k")
    await lock.release()


def test_a_coroutine_that_leaves_a_lock_is_found() -> None:
    """The release is passed over."""
    options: Any = {"kinds": ["error before"], "allow": CacheUnavailableError}
    assert failing_cells(holding_on, **options) == {("2:error before", "leak")}


async def at_the_same_time(cache: Any) -> None:
    await asyncio.gather(*(cache.incr(name, ttl=60) for name in "abc"))


def test_tasks_of_one_loop_take_the_same_way_each_time() -> None:
    """Their order is the loop's, and no run diverges."""
    assert failing_cells(at_the_same_time, allow=CacheUnavailableError) == set()


async def in_a_group(cache: Any) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(cache.incr("a", ttl=60))
        group.create_task(cache.incr("b", ttl=60))


def test_what_a_task_group_raises_is_allowed_as_what_is_in_it() -> None:
    """A worker dies in a group as well."""
    assert failing_cells(in_a_group, allow=CacheUnavailableError) == set()


def test_what_a_task_group_may_not_raise_is_found() -> None:
    """One of a kind that is not allowed is enough."""
    found = failing_cells(in_a_group, kinds=["error before"], allow=LockError)
    assert found == {("1:error before", "raised"), ("2:error before", "raised")}


class Service:
    """An object that is called like a coroutine function."""

    async def __call__(self, cache: Any) -> None:
        await cache.exists("k")


def test_an_object_may_be_the_scenario() -> None:
    """What counts is what a call of it returns."""
    assert failing_cells(Service(), allow=CacheUnavailableError) == set()


def test_a_coroutine_cannot_be_swept_in_a_loop() -> None:
    """It could not be run to its end there."""

    async def test() -> None:
        sweep(counting)

    with pytest.raises(RuntimeError, match="call it from a function, not from a coroutine"):
        asyncio.run(test())


def test_a_function_may_be_swept_in_a_loop() -> None:
    """It needs none."""

    async def test() -> int:
        return len(sweep(counting_plainly, **ALLOWED, **SILENT).failures)

    assert asyncio.run(test()) == 0
