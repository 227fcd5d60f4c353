"""What is recorded of a call."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

import pytest

from cache_provider import (
    CacheProviderInterface,
    EncodeError,
    InMemoryCacheAdapter,
    ManualClock,
    PickleCodec,
)
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.steps import Steps
from cache_provider.testing.calls import Calls
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache, Operation, Proceed
from tests.threads import Task


def test_calls_are_recorded_in_their_order(cache: CacheProviderInterface, calls: Calls) -> None:
    """The record reads as the code did."""
    cache.set("a", 1)
    cache.get("a")
    cache.delete("a")
    assert [call.operation for call in calls] == ["set", "get", "delete"]


def test_an_operation_of_a_lock_is_named_after_its_kind(cache: CacheProviderInterface, calls: Calls) -> None:
    """`lock.acquire` is not an `acquire` of something else."""
    with cache.get_lock("stock"):
        pass
    assert [(call.operation, call.key) for call in calls] == [
        ("lock.acquire", "stock"),
        ("lock.release", "stock"),
    ]


def test_a_composed_operation_is_recorded_as_its_parts(cache: CacheProviderInterface, calls: Calls) -> None:
    """What reaches the server is what counts."""
    cache.get_or_set("k", lambda: 1)
    assert "setnx" in [call.operation for call in calls]


def test_a_call_has_its_arguments_by_name_and_the_defaults_too(
    cache: CacheProviderInterface, calls: Calls
) -> None:
    """However the caller wrote them down."""
    cache.set("k", 1)
    assert calls[0].arguments == {"key": "k", "value": 1, "ttl": None, "keep_ttl": False}


def test_a_call_on_several_keys_has_them_all(cache: CacheProviderInterface, calls: Calls) -> None:
    """And no single key."""
    cache.mset({"a": 1, "b": 2})
    assert (calls[0].key, calls[0].keys) == (None, ("a", "b"))


def test_a_call_has_its_result(cache: CacheProviderInterface, calls: Calls) -> None:
    """What the caller got."""
    cache.incr("n", 5)
    assert calls[0].result == 5


def test_a_call_has_its_error(cache: CacheProviderInterface, calls: Calls) -> None:
    """A call that raised is a call."""
    with pytest.raises(EncodeError) as raised:
        cache.set("k", {1, 2})
    assert calls[0].error is raised.value


def test_a_call_has_the_callers_line(cache: CacheProviderInterface, calls: Calls) -> None:
    """The site is where the code under test stands, not where the kit does."""
    cache.get("k")  # here
    assert calls[0].site.text == 'cache.get("k")  # here'


def test_a_composed_operation_has_its_callers_line(cache: CacheProviderInterface, calls: Calls) -> None:
    """Its parts were all called from there."""
    cache.get_or_set("k", lambda: 1)
    assert {Path(call.site.path) for call in calls} == {Path(__file__)}


def test_a_call_says_when_it_began(cache: CacheProviderInterface, calls: Calls, clock: ManualClock) -> None:
    """On the cache's clock."""
    clock.set(datetime(2025, 3, 14, 12, tzinfo=UTC))
    cache.get("k")
    assert calls[0].at == datetime(2025, 3, 14, 12, tzinfo=UTC)


def test_a_call_says_how_long_it_took_on_the_caches_clock(calls: Calls, clock: ManualClock) -> None:
    """Not on the wall's: a test that moves the clock measures what it moved."""

    def slow(operation: Operation, proceed: Proceed) -> Steps[object]:
        del operation
        clock.advance(2)
        return (yield from proceed())

    InstrumentedCache(InMemoryCacheAdapter(clock=clock), calls, slow).get("k")
    assert calls[0].duration == timedelta(seconds=2)


def test_a_call_that_has_not_ended_has_no_duration(calls: Calls) -> None:
    """A record may be looked at while somebody waits."""
    seen: list[timedelta | None] = []

    def look(operation: Operation, proceed: Proceed) -> Steps[object]:
        del operation
        seen.append(calls[0].duration)
        return (yield from proceed())

    InstrumentedCache(InMemoryCacheAdapter(), calls, look).get("k")
    assert seen == [None]


def test_an_argument_that_changes_later_does_not_change_the_record(
    cache: CacheProviderInterface, calls: Calls
) -> None:
    """What was sent is what it was then."""
    basket = ["apple"]
    cache.set("basket", basket)
    basket.append("pear")
    assert calls[0].arguments["value"] == ["apple"]


def test_a_result_that_changes_later_does_not_change_the_record(
    cache: CacheProviderInterface, calls: Calls
) -> None:
    """Nor what came back."""
    cache.set("basket", ["apple"])
    cache.get("basket").append("pear")
    assert calls[1].result == ["apple"]


def test_a_value_that_cannot_be_copied_is_recorded_by_its_looks(
    cache: CacheProviderInterface, calls: Calls
) -> None:
    """And is refused or taken by the codec as it would be without a record."""
    lock = Lock()
    with pytest.raises(EncodeError):
        cache.set("k", lock)
    assert repr(calls[0].arguments["value"]) == object.__repr__(lock)


def test_the_provider_gets_the_callers_own_value(calls: Calls) -> None:
    """The copy is for the record only."""
    cache = InstrumentedCache(InMemoryCacheAdapter(codec=PickleCodec()), calls)
    with pytest.raises(EncodeError, match="lock"):
        cache.set("k", Lock())


def test_bad_arguments_are_refused_as_without_a_record(cache: CacheProviderInterface) -> None:
    """By the same error, that names them."""
    with pytest.raises(TypeError, match="mapping must be a mapping"):
        cache.mset(5)  # type: ignore[arg-type] # that is the test


@pytest.mark.usefixtures("tiny_switch_interval")
def test_no_call_of_any_thread_is_lost(cache: CacheProviderInterface, calls: Calls) -> None:
    """Eight threads of 100 calls are 800."""

    def work() -> None:
        for _ in range(100):
            cache.incr("n")

    for task in [Task(work) for _ in range(8)]:
        task.result()
    assert calls.counts == {"incr": 800}


def test_calls_of_coroutines_are_recorded_as_well(calls: Calls) -> None:
    """The record is one text for both."""

    async def scenario() -> None:
        cache = AsyncInstrumentedCache(AsyncInMemoryCacheAdapter(), calls)
        await asyncio.gather(cache.set("a", 1), cache.set("b", 2))

    asyncio.run(scenario())
    assert [(call.operation, call.key, call.result) for call in calls] == [
        ("set", "a", True),
        ("set", "b", True),
    ]


def test_a_coroutines_call_has_the_callers_line(calls: Calls) -> None:
    """The innermost line of the task that is the caller's own."""

    async def scenario() -> None:
        cache = AsyncInstrumentedCache(AsyncInMemoryCacheAdapter(), calls)
        await cache.get("k")  # here

    asyncio.run(scenario())
    assert calls[0].site.text == 'await cache.get("k")  # here'


def test_a_cancelled_call_is_recorded_with_its_cancellation(calls: Calls) -> None:
    """It neither returned nor is it still on its way."""

    async def scenario() -> None:
        cache = AsyncInstrumentedCache(AsyncInMemoryCacheAdapter(), calls)
        await cache.get_lock("l").acquire()
        waiting = asyncio.ensure_future(cache.get_lock("l").acquire())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

    asyncio.run(scenario())
    assert isinstance(calls[1].error, asyncio.CancelledError)


def test_clear_forgets_what_was_called(cache: CacheProviderInterface, calls: Calls) -> None:
    """What a test arranges is not what it is about."""
    cache.set("k", 1)
    calls.clear()
    assert len(calls) == 0
