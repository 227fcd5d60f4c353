"""What only the asynchronous Redis adapter can get wrong: loops, cancellations, connections."""

import asyncio
import gc
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

import pytest
import redis
import redis.asyncio
from freezegun import freeze_time

from cache_provider import AsyncRedisCacheAdapter, CacheConfigurationError, RedisCacheAdapter
from cache_provider.testing.servers import ServerProcess
from tests.redis_adapter.conftest import binary

__all__ = ["binary"]


@pytest.fixture(scope="module")
def server(binary: Any) -> Iterator[ServerProcess]:
    """Return a server."""
    with ServerProcess(binary) as running:
        yield running


@pytest.fixture
def threaded(server: ServerProcess) -> Iterator[RedisCacheAdapter]:
    """Return a synchronous adapter on it, which is empty."""
    with RedisCacheAdapter(server.url) as adapter:
        adapter.flush_all()
        yield adapter


# Loops


def test_each_loop_has_connections_of_its_own(server: ServerProcess, threaded: RedisCacheAdapter) -> None:
    """An adapter outlives the loop that first used it."""
    cache = AsyncRedisCacheAdapter(server.url)

    async def use(number: int) -> None:
        await cache.set("k", number)
        await cache._driver.disconnect()

    asyncio.run(use(1))
    asyncio.run(use(2))
    assert threaded.get("k") == 2


def test_loops_that_run_at_once_share_an_adapter(server: ServerProcess, threaded: RedisCacheAdapter) -> None:
    """Each in a thread of its own."""
    cache = AsyncRedisCacheAdapter(server.url)

    async def use() -> None:
        await asyncio.gather(*(cache.incr("n") for _ in range(10)))
        await cache._driver.disconnect()

    async def scenario() -> None:
        await asyncio.gather(*(asyncio.to_thread(asyncio.run, use()) for _ in range(4)))

    asyncio.run(scenario())
    assert threaded.get("n") == 40


def test_closing_leaves_no_connection_open(server: ServerProcess) -> None:
    """redis-py would warn of one."""

    async def scenario() -> None:
        async with AsyncRedisCacheAdapter(server.url) as cache:
            await asyncio.gather(*(cache.incr("n") for _ in range(10)))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(scenario())
        gc.collect()


def test_a_client_that_was_handed_in_stays_open(server: ServerProcess) -> None:
    """Who made it closes it."""

    async def scenario() -> Any:
        client_class: Any = redis.asyncio.Redis
        client = client_class.from_url(server.url)
        async with AsyncRedisCacheAdapter(client=client) as cache:
            await cache.set("k", "v")
        answer = await client.get("k")
        await client.aclose()
        return answer

    assert asyncio.run(scenario()) == b'"v"'


def test_a_client_that_decodes_is_refused() -> None:
    """Codecs need bytes."""
    with pytest.raises(CacheConfigurationError, match="decode_responses"):
        AsyncRedisCacheAdapter(client=redis.asyncio.Redis(decode_responses=True))


def test_a_url_and_a_client_are_one_too_many() -> None:
    """Exactly one place."""
    with pytest.raises(CacheConfigurationError, match="exactly one"):
        AsyncRedisCacheAdapter("redis://localhost", client=redis.asyncio.Redis())


# Cancellations

Send = Callable[..., Coroutine[Any, Any, Any]]


class Cancelling:
    """Cancels a task at its command of a given number, before that is sent or after its answer came.

    Attributes:
        task: The task.
    """

    def __init__(self, send: Send, number: int, *, before: bool) -> None:
        self.task: asyncio.Task[Any] | None = None
        self._send = send
        self._left = number
        self._before = before

    async def __call__(self, *words: Any) -> Any:
        strikes = self._left == 0
        self._left -= 1
        if strikes and self._before:
            await self._strike()
        try:
            return await self._send(*words)
        finally:
            # An answer too: that the script is not known yet.
            if strikes:
                await self._strike()

    @property
    def has_struck(self) -> bool:
        """Whether that many commands were sent."""
        return self._left < 0

    async def _strike(self) -> None:
        assert self.task is not None, "there is nobody to cancel"
        self.task.cancel()
        await asyncio.sleep(0)


Use = Callable[[AsyncRedisCacheAdapter], Coroutine[Any, Any, object]]


async def struck(server: ServerProcess, number: int, use: Use, *, before: bool) -> bool:
    """Use an adapter whose command of that number is cancelled; tell whether it came to that."""
    async with AsyncRedisCacheAdapter(server.url) as cache:
        await cache.ping()
        client = cache._driver._line().client
        cancelling = client.execute_command = Cancelling(client.execute_command, number, before=before)
        cancelling.task = asyncio.create_task(use(cache))
        await asyncio.wait([cancelling.task])
        assert cancelling.task.cancelled() is cancelling.has_struck
        return cancelling.has_struck


async def acquisition(cache: AsyncRedisCacheAdapter) -> object:
    """Claim a free lock, and keep it."""
    return await cache.get_lock("L").acquire()


async def block(cache: AsyncRedisCacheAdapter) -> None:
    """Enter and leave."""
    async with cache.get_lock("L"):
        await cache.incr("n")


async def computation(cache: AsyncRedisCacheAdapter) -> object:
    """Compute and store."""
    return await cache.get_or_set("k", lambda: 1)


@pytest.mark.parametrize("before", [True, False], ids=["before it is sent", "after its answer"])
@pytest.mark.parametrize("use", [acquisition, block, computation])
def test_a_cancellation_leaves_no_lease_behind(
    server: ServerProcess, threaded: RedisCacheAdapter, use: Use, before: bool
) -> None:
    """Whichever command it strikes."""
    left: list[list[str]] = []
    number = 0
    while asyncio.run(struck(server, number, use, before=before)):
        left.append(threaded.keys("*L") + threaded.keys("*lock*"))
        threaded.flush_all()
        number += 1
    assert number > 0
    assert left == [[]] * number


def test_a_cancellation_that_was_swallowed_is_heeded(server: ServerProcess) -> None:
    """redis-py loses one on Python 3.11 if the answer comes at the same moment."""
    goes_on: list[object] = []

    async def use(cache: AsyncRedisCacheAdapter) -> None:
        goes_on.append(await cache.get("k"))

    async def scenario() -> bool:
        async with AsyncRedisCacheAdapter(server.url) as cache:
            client = cache._driver._line().client
            send = client.execute_command

            async def swallow(*words: object) -> object:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await asyncio.sleep(0)
                return await send(*words)

            client.execute_command = swallow
            task = asyncio.create_task(use(cache))
            await asyncio.wait([task])
            return task.cancelled()

    assert (asyncio.run(scenario()), goes_on) == (True, [])


def test_a_cancelled_waiter_claims_nothing(server: ServerProcess, threaded: RedisCacheAdapter) -> None:
    """The lock is free once its holder gives it back."""
    holder = threaded.get_lock("L")
    holder.acquire()

    async def scenario() -> None:
        async with AsyncRedisCacheAdapter(server.url) as cache:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await cache.get_lock("L").acquire()

    asyncio.run(scenario())
    holder.release()
    assert threaded.get_lock("L").locked() is False


def test_a_wait_ends_though_time_is_frozen(server: ServerProcess, threaded: RedisCacheAdapter) -> None:
    """The loop's own clock stands still; the wait's real time does not."""
    threaded.get_lock("L").acquire()

    async def scenario() -> bool:
        async with AsyncRedisCacheAdapter(server.url) as cache:
            return await cache.get_lock("L").acquire(timeout=0.02)

    with freeze_time("2030-01-01"):
        assert asyncio.run(scenario()) is False
