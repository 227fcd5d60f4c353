"""Threads of pools use a synchronous cache as the coroutines that wait for them."""

import asyncio
import sys
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context, copy_context
from functools import partial
from queue import Queue
from typing import Annotated, Any, TypeAlias

import anyio.to_thread
import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cache_provider import CacheProviderInterface, CacheTimeoutError
from cache_provider.testing.race import AsyncRace, StrayThread, explore
from cache_provider.testing.race.helpers import Helpers
from cache_provider.testing.race.loop import RaceLoop
from cache_provider.testing.race.settings import Options
from cache_provider.testing.race.watching import frames
from cache_provider.testing.seam import Operation

Scenario: TypeAlias = Callable[[AsyncRace], Coroutine[Any, Any, None]]
InThread: TypeAlias = Callable[[Callable[[], object]], Awaitable[object]]


def by_the_executor(function: Callable[[], object]) -> Awaitable[object]:
    return asyncio.get_running_loop().run_in_executor(None, function)


POOLS: list[InThread] = [anyio.to_thread.run_sync, asyncio.to_thread, by_the_executor]


def count_visit(cache: CacheProviderInterface) -> None:
    visits = cache.get("visits", 0)
    cache.set("visits", visits + 1)


def count_visit_at_once(cache: CacheProviderInterface) -> None:
    cache.incr("visits")


def count_visit_alone(cache: CacheProviderInterface) -> None:
    with cache.get_lock("counting", timeout=10):
        count_visit(cache)


Visit: TypeAlias = Callable[[CacheProviderInterface], None]


def two_threads(in_thread: InThread, visit: Visit) -> Scenario:
    """Return the scenario of two coroutines whose work is done in threads."""

    async def scenario(r: AsyncRace) -> None:
        cache = r.make_sync_cache()

        async def work() -> None:
            await in_thread(partial(visit, cache))

        r.spawn(work)
        r.spawn(work)
        await r.join()
        assert await r.cache.get("visits") == 2

    return scenario


@pytest.mark.parametrize("in_thread", POOLS)
def test_a_race_of_threads_is_found_with_one_interruption(in_thread: InThread) -> None:
    """As that of two tasks is."""
    failure = explore(two_threads(in_thread, count_visit)).failure
    assert failure is not None
    assert failure.preemptions == 1


@pytest.mark.parametrize("visit", [count_visit_at_once, count_visit_alone])
@pytest.mark.parametrize("in_thread", POOLS)
def test_threads_without_a_race_pass_every_schedule(in_thread: InThread, visit: Visit) -> None:
    """Among them the waits for a lock that another's thread holds."""
    result = explore(two_threads(in_thread, visit), preemptions=None)
    assert (result.failure, result.exhausted) == (None, True)


def test_a_threads_steps_are_those_of_the_task_that_waits_for_it() -> None:
    """In its column, with its own lines."""
    report = str(explore(two_threads(asyncio.to_thread, count_visit)).failure)
    assert "A sets visits over the 1 that B wrote" in report


def test_threads_have_as_many_schedules_as_coroutines() -> None:
    """Not one more or less: the thread changes nothing but who does the work."""

    async def awaited(r: AsyncRace) -> None:
        async def work() -> None:
            await r.cache.set("visits", await r.cache.get("visits", 0) + 1)

        r.spawn(work)
        r.spawn(work)

    async def threaded(r: AsyncRace) -> None:
        cache = r.make_sync_cache()
        for _ in range(2):
            r.spawn(lambda_of(cache))

    def lambda_of(cache: CacheProviderInterface) -> Callable[[], Coroutine[Any, Any, None]]:
        async def work() -> None:
            await asyncio.to_thread(count_visit, cache)

        return work

    assert explore(threaded, preemptions=None).schedules == explore(awaited, preemptions=None).schedules


def of_fastapi(cache: CacheProviderInterface, visit: Visit) -> FastAPI:
    """Return an application whose endpoint and whose dependency are plain functions."""
    app = FastAPI()

    def given_cache() -> CacheProviderInterface:
        cache.get("settings")
        return cache

    @app.post("/visits")
    def count(given: Annotated[CacheProviderInterface, Depends(given_cache)]) -> None:
        visit(given)

    return app


def of_starlette(cache: CacheProviderInterface, visit: Visit) -> Starlette:
    """Return an application whose endpoint is a plain function."""

    def count(_request: Request) -> Response:
        visit(cache)
        return PlainTextResponse("")

    return Starlette(routes=[Route("/visits", count, methods=["POST"])])


App: TypeAlias = Callable[[CacheProviderInterface, Visit], Any]


def two_requests(make_app: App, visit: Visit) -> Scenario:
    """Return the scenario of two requests at the same time."""

    async def scenario(r: AsyncRace) -> None:
        transport = httpx.ASGITransport(make_app(r.make_sync_cache(), visit))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            r.spawn(client.post, "/visits")
            r.spawn(client.post, "/visits")
            await r.join()
        assert await r.cache.get("visits") == 2

    return scenario


@pytest.mark.parametrize("make_app", [of_starlette, of_fastapi])
def test_a_race_of_plain_endpoints_is_found(make_app: App) -> None:
    """Between two requests to one of them."""
    failure = explore(two_requests(make_app, count_visit)).failure
    assert failure is not None
    assert failure.preemptions == 1


@pytest.mark.parametrize("make_app", [of_starlette, of_fastapi])
def test_plain_endpoints_without_a_race_pass_every_schedule(make_app: App) -> None:
    """And every schedule is run."""
    result = explore(two_requests(make_app, count_visit_at_once), preemptions=None)
    assert (result.failure, result.exhausted) == (None, True)


def test_requests_that_are_gathered_are_tasks() -> None:
    """Though the explorer spawned none of them."""

    async def scenario(r: AsyncRace) -> None:
        app = of_starlette(r.make_sync_cache(), count_visit)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")
        await asyncio.gather(client.post("/visits"), client.post("/visits"))
        assert await r.cache.get("visits") == 2

    failure = explore(scenario).failure
    assert failure is not None
    assert failure.preemptions == 1


def waiting_thread(*, spins: bool = False) -> tuple[threading.Thread, threading.Event]:
    """Return a thread that waits for an event, and then spins until it is cleared, if it is to."""
    event = threading.Event()

    def wait() -> None:
        event.wait()
        while spins and event.is_set():
            pass

    thread = threading.Thread(target=wait)
    thread.start()
    return thread, event


def test_a_thread_counts_though_one_that_was_there_before_has_ended() -> None:
    """It may have the number of that one, and there are no more threads than before."""
    before, end = waiting_thread()
    helpers = Helpers()
    end.set()
    before.join()
    _, end = waiting_thread()
    are_there = helpers.are_there()
    end.set()
    assert are_there


def test_a_thread_that_was_woken_counts_as_busy_before_it_runs() -> None:
    """A busy machine may let it wait for longer than the explorer does."""
    helpers = Helpers()
    thread, event = waiting_thread(spins=True)
    while helpers.are_busy((), {}):
        """Let it come to its wait."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(10)
    event.set()
    is_busy = helpers.are_busy((), {})
    sys.setswitchinterval(usual)
    event.clear()
    thread.join()
    assert is_busy


def test_a_thread_that_was_woken_counts_as_busy_while_it_takes_the_lock_again() -> None:
    """As a queue's does, whose `get` was waiting when something was put in."""
    helpers = Helpers()
    queue = Queue[int]()
    thread = threading.Thread(target=queue.get)
    thread.start()
    while helpers.are_busy((), {}):
        """Let it come to its wait."""
    with queue.mutex:
        queue.queue.append(1)
        queue.not_empty.notify()
        ident = thread.ident or 0
        while frames()[ident].f_code.co_name == "wait":
            """Let it wake up."""
        is_busy = helpers.are_busy((), {})
    thread.join()
    assert is_busy


def test_a_task_may_be_made_in_the_context_that_it_shares() -> None:
    """As asyncio has it: what makes threads known does not need the context for itself."""

    async def scenario(r: AsyncRace) -> None:
        cache, context = r.make_sync_cache(), copy_context()

        async def inner() -> None:
            await asyncio.to_thread(cache.incr, "n")

        async def outer() -> None:
            await asyncio.create_task(inner(), context=context)

        async def work() -> None:
            await asyncio.create_task(outer(), context=context)

        r.spawn(work)
        await r.join()
        assert await r.cache.get("n") == 1

    assert explore(scenario).exhausted


@pytest.mark.parametrize("in_thread", POOLS)
def test_chance_in_a_thread_is_the_schedules(in_thread: InThread) -> None:
    """The same keys in every run, so that a schedule can be run again."""

    def use(cache: CacheProviderInterface) -> None:
        cache.set(str(uuid.uuid4()), 1)

    async def scenario(r: AsyncRace) -> None:
        cache = r.make_sync_cache()

        async def work() -> None:
            await in_thread(partial(use, cache))

        r.spawn(work)
        r.spawn(work)

    assert explore(scenario, preemptions=None).exhausted


def test_get_or_set_in_threads_computes_once() -> None:
    """Of two threads at one cache."""
    calls: list[int] = []

    def compute() -> int:
        calls.append(1)
        return 7

    def use(cache: CacheProviderInterface) -> None:
        assert cache.get_or_set("k", compute) == 7

    async def scenario(r: AsyncRace) -> None:
        calls.clear()
        cache = r.make_sync_cache()
        for _ in range(2):
            r.spawn(in_a_thread, partial(use, cache))
        await r.join()
        assert len(calls) == 1

    assert explore(scenario, preemptions=None).exhausted


async def in_a_thread(function: Callable[[], object]) -> None:
    await asyncio.to_thread(function)


def get_fault(operation: Operation) -> CacheTimeoutError | None:
    return CacheTimeoutError("") if operation.name == "get" else None


MISHAPS = [
    Options(cancellations=True),
    Options(lost_leases=True),
    Options(clock="explored"),
    Options(faults=[get_fault]),
]


@pytest.mark.parametrize(
    "options",
    MISHAPS,
    ids=["cancellations", "lost leases", "time", "faults"],
)
def test_mishaps_strike_in_threads_without_blocking(options: Options) -> None:
    """Each as one more choice."""

    def use(cache: CacheProviderInterface) -> None:
        try:
            lock = cache.get_lock("counting", timeout=10, raise_on_release_error=False)
            with lock:
                cache.get("visits")
        except CacheTimeoutError:
            return

    async def scenario(r: AsyncRace) -> None:
        cache = r.make_sync_cache()
        r.spawn(in_a_thread, partial(use, cache))
        r.spawn(in_a_thread, partial(use, cache))

    result = explore(scenario, **(Options(max_schedules=200) | options))
    assert (result.failure, result.blocked) == (None, ())


def test_a_coroutine_that_would_block_the_loop_is_refused() -> None:
    """With the line, and what to do instead."""

    async def scenario(r: AsyncRace) -> None:
        cache = r.make_sync_cache()

        async def work() -> None:
            cache.get("k")

        r.spawn(work)

    failure = explore(scenario).failure
    assert failure is not None
    assert str(failure.__cause__).startswith("a coroutine called get at tests/race/test_pool_threads.py:")


def test_a_thread_that_works_for_no_coroutine_is_refused() -> None:
    """Nobody can say when it runs."""

    async def scenario(r: AsyncRace) -> None:
        cache = r.make_sync_cache()
        errors: list[BaseException] = []

        def work() -> None:
            try:
                cache.get("k")
            except StrayThread as error:
                errors.append(error)

            # In no context: without the GIL a thread inherits that of whoever starts it.

        thread = threading.Thread(target=Context().run, args=(work,))

        thread.start()
        thread.join()
        raise errors[0]

    with pytest.raises(StrayThread, match="the explorer did not start it"):
        explore(scenario)


def test_a_thread_that_a_cancelled_wait_left_behind_is_refused() -> None:
    """It and its coroutine both go on, and only one can be the task."""

    async def scenario(r: AsyncRace) -> None:
        cache = r.make_sync_cache()

        async def work() -> None:
            thread = asyncio.create_task(asyncio.to_thread(cache.get, "k"))
            await r.cache.get("x")
            thread.cancel()
            await asyncio.gather(thread, return_exceptions=True)

        r.spawn(work)

    with pytest.raises(StrayThread, match="a wait that was cancelled leaves its thread behind"):
        explore(scenario)


def test_two_threads_of_one_coroutine_are_refused() -> None:
    """It says how each gets a task of its own."""

    async def scenario(r: AsyncRace) -> None:
        cache = r.make_sync_cache()

        async def work() -> None:
            await asyncio.gather(*(by_the_executor(partial(cache.get, "k")) for _ in range(2)))

        r.spawn(work)

    with pytest.raises(StrayThread, match=r"asyncio\.gather\(asyncio\.to_thread"):
        explore(scenario)


class EitherOrder:
    """Two threads that come back to the loop in one order in the first schedule, and then in the other."""

    def __init__(self) -> None:
        self.has_come = threading.Event()
        self._last = -1
        self._loop = 0

    def begin(self) -> None:
        """Begin a schedule, in its loop."""
        self.has_come.clear()
        self._last = min(self._last + 1, 1)
        self._loop = threading.get_ident()

    def come(self, number: int) -> None:
        """Come back as the thread of that number; the one whose turn is the second waits for the other."""
        if number == self._last:
            self.has_come.wait()

    def note(self, hand_in: Callable[..., object]) -> Callable[..., object]:
        """Return what threads hand in with; the first to do it lets the other come."""

        def noted(*arguments: object, **options: object) -> object:
            handle = hand_in(*arguments, **options)
            if threading.get_ident() != self._loop:
                self.has_come.set()
            return handle

        return noted


@pytest.fixture
def either_order(monkeypatch: pytest.MonkeyPatch) -> EitherOrder:
    order = EitherOrder()
    monkeypatch.setattr(RaceLoop, "call_soon_threadsafe", order.note(RaceLoop.call_soon_threadsafe))
    return order


def test_gathered_threads_come_to_the_cache_in_an_order_of_their_own(
    either_order: EitherOrder,
) -> None:
    """Not in that in which the system lets them, which would make each run another one."""

    async def scenario(r: AsyncRace) -> None:
        cache = r.make_sync_cache()
        either_order.begin()

        def use(number: int) -> None:
            either_order.come(number)
            cache.set(f"key {number}", 1)

        await asyncio.gather(*(anyio.to_thread.run_sync(use, number) for number in range(2)))

    assert explore(scenario, preemptions=None).exhausted


def test_gathered_threads_come_back_from_the_cache_in_an_order_of_their_own(
    either_order: EitherOrder,
) -> None:
    """Their coroutines go on in the order in which they began to wait."""

    async def scenario(r: AsyncRace) -> None:
        order = list[int]()
        either_order.begin()

        async def work(number: int) -> None:
            await anyio.to_thread.run_sync(either_order.come, number)
            order.append(number)

        r.spawn(r.cache.get, "k")
        await asyncio.gather(work(0), work(1))
        assert order == [0, 1]

    assert explore(scenario, preemptions=None).exhausted
