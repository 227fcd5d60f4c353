"""The shape of the generic backend: counters."""

import asyncio

import pytest

from cache_provider import CounterOverflowError, NotAnIntegerError
from cache_provider.interop.cache_backend import ProviderCacheBackend
from tests.interop.shapes.stage import Stage

Face = ProviderCacheBackend[object]
Backend = Stage[Face]


def test_a_missing_counter_starts_at_zero(backend: Backend) -> None:
    """And goes up by one."""

    async def scenario(face: Face) -> list[int]:
        return [await face.incr("n"), await face.incr("n")]

    assert backend.run(scenario) == [1, 2]


def test_a_counter_goes_down(backend: Backend) -> None:
    """Below zero, too."""

    async def scenario(face: Face) -> list[int]:
        return [await face.decr("n"), await face.decr("n")]

    assert backend.run(scenario) == [-1, -2]


@pytest.mark.parametrize(("operation", "result"), [("incr", 15), ("decr", 5)])
def test_a_missing_counter_starts_at_the_default(backend: Backend, operation: str, result: int) -> None:
    """Key, amount, default, as positions."""
    assert backend.run(lambda face: getattr(face, operation)("n", 5, 10)) == result


@pytest.mark.parametrize(("operation", "result"), [("incr", 6), ("decr", -4)])
def test_an_existing_counter_ignores_the_default(backend: Backend, operation: str, result: int) -> None:
    """It has a value already."""

    async def scenario(face: Face) -> int:
        await face.set("n", 1)
        answer: int = await getattr(face, operation)("n", amount=5, default=100)
        return answer

    assert backend.run(scenario) == result


@pytest.mark.parametrize("operation", ["incr", "decr"])
def test_a_ttl_is_for_a_counter_that_is_created(backend: Backend, operation: str) -> None:
    """An existing one keeps its deadline: a busy counter ends as well."""

    async def scenario(face: Face) -> bool:
        await getattr(face, operation)("n", 1, 0, 60)
        backend.pass_time(40)
        await getattr(face, operation)("n", 1, 0, 60)
        backend.pass_time(20)
        return await face.exists("n")

    assert backend.run(scenario) is False


def test_a_counter_without_ttl_keeps_its_deadline(backend: Backend) -> None:
    """Counting does not make it stay for ever."""

    async def scenario(face: Face) -> bool:
        await face.set("n", 1, 60)
        await face.incr("n")
        backend.pass_time(60)
        return await face.exists("n")

    assert backend.run(scenario) is False


@pytest.mark.parametrize("value", ["5", "text", 1.5, True, None, [1]])
def test_only_an_integer_is_counted(backend: Backend, value: object) -> None:
    """Nothing is turned into a number, and nothing is overwritten."""

    async def scenario(face: Face) -> object:
        await face.set("n", value)
        with pytest.raises(NotAnIntegerError):
            await face.incr("n")
        return await face.get("n")

    assert backend.run(scenario) == value


def test_a_counter_that_would_leave_int64_stays(backend: Backend) -> None:
    """As on a Redis."""

    async def scenario(face: Face) -> object:
        await face.set("n", 2**63 - 1)
        with pytest.raises(CounterOverflowError):
            await face.incr("n")
        return await face.get("n")

    assert backend.run(scenario) == 2**63 - 1


def test_no_count_is_lost_among_tasks(backend: Backend) -> None:
    """Each is one step."""

    async def scenario(face: Face) -> object:
        await asyncio.gather(*(face.incr("n") for _ in range(50)))
        return await face.get("n")

    assert backend.run(scenario) == 50
