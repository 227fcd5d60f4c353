"""Claims and releases whose replies are late or lost, and what an interruption leaves of them."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
import redis
import redis.asyncio
import redis.asyncio.retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ForeignConnectionError
from redis.retry import Retry

from cache_provider import (
    AsyncRedisCacheAdapter,
    CacheProviderInterface,
    CacheTimeoutError,
    CacheUnavailableError,
    DistributedLock,
    LockNotOwnedError,
    RedisCacheAdapter,
)
from cache_provider.redis.adapter import client_of
from cache_provider.testing.servers import ServerProcess
from tests.redis_adapter.connecting import Connect, watching
from tests.threads import PATIENCE, until


@pytest.fixture
def lock(cache: CacheProviderInterface) -> DistributedLock:
    """Return a handle on a lock, of a server that knows the scripts."""
    handle = cache.get_lock("l", timeout=60)
    handle.acquire()
    handle.release()
    return handle


def deaf(cache: CacheProviderInterface) -> Any:
    """Return a patch under which the reply to every script is lost."""

    def drop(words: tuple[object, ...]) -> None:
        if words[0] == "EVALSHA":
            raise ForeignConnectionError("the reply was lost")

    return watching(cache, after=drop)


def unheard(cache: CacheProviderInterface, call: Callable[[], object]) -> None:
    """Make a call whose reply is lost."""
    with deaf(cache), pytest.raises(CacheUnavailableError):
        call()


# Lost


def test_a_claim_whose_reply_was_lost_is_owned(cache: CacheProviderInterface, lock: DistributedLock) -> None:
    """The handle keeps the token that it sent, and asks."""
    unheard(cache, lock.acquire)
    assert lock.owned()


def test_a_claim_whose_reply_was_lost_is_released(
    cache: CacheProviderInterface, lock: DistributedLock
) -> None:
    """It does not stay for the rest of its lease."""
    unheard(cache, lock.acquire)
    lock.release()
    assert not lock.locked()


def test_a_claim_whose_reply_was_lost_is_recognised(
    cache: CacheProviderInterface, lock: DistributedLock
) -> None:
    """The next acquire does not wait for itself."""
    unheard(cache, lock.acquire)
    assert lock.acquire(blocking=False)


def test_a_claim_that_was_never_made_cannot_be_released(server: ServerProcess, lock: DistributedLock) -> None:
    """The server says that nobody holds it."""
    server.kill()
    with pytest.raises(CacheUnavailableError):
        lock.acquire()
    server.restart()
    with pytest.raises(LockNotOwnedError, match="'l'"):
        lock.release()


def test_a_release_whose_reply_was_lost_may_be_repeated(
    cache: CacheProviderInterface, lock: DistributedLock
) -> None:
    """The key is gone, and nobody else took it."""
    lock.acquire()
    unheard(cache, lock.release)
    lock.release()
    assert not lock.locked()


def test_a_release_that_did_not_arrive_may_be_repeated(
    cache: CacheProviderInterface, lock: DistributedLock
) -> None:
    """Then it gives the lock back."""
    lock.acquire()

    def refuse(_words: tuple[object, ...]) -> None:
        raise ForeignConnectionError("the command was lost")

    with watching(cache, before=refuse), pytest.raises(CacheUnavailableError):
        lock.release()
    lock.release()
    assert not lock.locked()


# Late


def test_a_claim_that_is_made_too_late_is_not_stranded(server: ServerProcess, connect: Connect) -> None:
    """The server makes it once it goes on; the handle has given up by then, and gives it back."""
    cache = connect(f"{server.url}?socket_timeout=0.5")
    lock = cache.get_lock("l", timeout=60)
    lock.acquire()
    lock.release()
    server.pause()
    with pytest.raises(CacheTimeoutError):
        lock.acquire()
    server.resume()
    until(lock.locked)
    lock.release()
    assert not lock.locked()


# A client that sends again by itself


class LosesOne:
    """Lets a client lose one reply.

    Args:
        client: The client, of redis-py's own retries.
        to: The command whose reply is lost.
    """

    def __init__(self, client: Any, to: str) -> None:
        self._parse = client.parse_response
        self._to = to
        self.has_struck = False

    def _strikes(self, name: object) -> bool:
        strikes = name == self._to and not self.has_struck
        self.has_struck = self.has_struck or strikes
        return strikes

    def threaded(self, connection: Any, name: Any, **options: Any) -> Any:
        """Read a reply, or lose it."""
        reply = self._parse(connection, name, **options)
        if self._strikes(name):
            raise ForeignConnectionError("the reply was lost")
        return reply

    async def awaited(self, connection: Any, name: Any, **options: Any) -> Any:
        """Read a reply, or lose it."""
        reply = await self._parse(connection, name, **options)
        if self._strikes(name):
            raise ForeignConnectionError("the reply was lost")
        return reply


def retrying(server: ServerProcess, **options: Any) -> Any:
    """Return a client that sends again what failed."""
    client_class: Any = redis.Redis
    # redis-py 5 has to be told of what as well.
    again = {"retry": Retry(NoBackoff(), 3), "retry_on_error": [ForeignConnectionError]}
    return client_class.from_url(server.url, **again, **options)


def test_a_claim_that_a_client_sent_twice_succeeds_at_once(server: ServerProcess) -> None:
    """It does not wait for itself."""
    client = retrying(server)
    with RedisCacheAdapter(client=client) as cache:
        cache.get_lock("warm").acquire(blocking=False)
        loses = LosesOne(client, "EVALSHA")
        with mock.patch.object(client, "parse_response", loses.threaded):
            assert (cache.get_lock("l").acquire(blocking=False), loses.has_struck) == (True, True)


def test_a_release_that_a_client_sent_twice_succeeds(server: ServerProcess) -> None:
    """The second time the lock was gone, as it should be."""
    client = retrying(server)
    with RedisCacheAdapter(client=client) as cache:
        with cache.get_lock("warm"):
            pass
        lock = cache.get_lock("l")
        lock.acquire()
        loses = LosesOne(client, "EVALSHA")
        with mock.patch.object(client, "parse_response", loses.threaded):
            lock.release()
        assert (lock.locked(), loses.has_struck) == (False, True)


def test_a_lock_that_was_lost_is_lost_for_a_client_that_sends_again_too(server: ServerProcess) -> None:
    """Such a client hides no lost lease."""
    with RedisCacheAdapter(client=retrying(server)) as cache:
        lock = cache.get_lock("l")
        lock.acquire()
        cache.delete("l")
        with pytest.raises(LockNotOwnedError, match="'l'"):
            lock.release()


def test_a_coroutines_claim_and_release_that_a_client_sent_twice_succeed(server: ServerProcess) -> None:
    """The asynchronous client sends again as well."""

    async def scenario() -> tuple[bool, bool]:
        async_class: Any = redis.asyncio.Redis
        async_retry: Any = redis.asyncio.retry.Retry
        again = {"retry": async_retry(NoBackoff(), 3), "retry_on_error": [ForeignConnectionError]}
        client = async_class.from_url(server.url, **again)
        async with AsyncRedisCacheAdapter(client=client) as cache:
            async with cache.get_lock("warm"):
                pass
            lock = cache.get_lock("l")
            with mock.patch.object(client, "parse_response", LosesOne(client, "EVALSHA").awaited):
                claimed = await lock.acquire(blocking=False)
            with mock.patch.object(client, "parse_response", LosesOne(client, "EVALSHA").awaited):
                await lock.release()
            is_held = await lock.locked()
        await client.aclose()
        return claimed, is_held

    assert asyncio.run(scenario()) == (True, False)


# One handle, several users


def test_a_claim_during_a_release_keeps_its_token(server: ServerProcess) -> None:
    """The release of the claim before notes nothing on it, and it can be given back itself."""
    with RedisCacheAdapter(server.url) as cache:
        lock = cache.get_lock("l", thread_local=False)
        lock.acquire()
        claimed: list[bool] = []

        def claim(words: tuple[object, ...]) -> None:
            if not claimed and words[0] == "EVALSHA":
                claimed.append(False)
                claimed[0] = lock.acquire(blocking=False)

        lock.release()
        lock.acquire()
        with watching(cache, after=claim):
            lock.release()
        owned = lock.owned()
        lock.release()
        assert (claimed, owned, lock.locked()) == ([True], True, False)


def test_tasks_that_share_a_handle_exclude_each_other(server: ServerProcess) -> None:
    """One is inside at a time, and no claim is left that nobody can give back."""

    async def scenario() -> tuple[int, bool]:
        inside: list[int] = []
        most: list[int] = []
        async with AsyncRedisCacheAdapter(server.url) as cache:
            lock = cache.get_lock("l", timeout=60)

            async def work() -> None:
                for _ in range(5):
                    async with lock:
                        inside.append(1)
                        most.append(len(inside))
                        await asyncio.sleep(0)
                        inside.pop()

            await asyncio.gather(*(work() for _ in range(4)))
            return max(most), await lock.locked()

    assert asyncio.run(scenario()) == (1, False)


# Interrupted


def test_an_interrupted_acquire_comes_out_as_the_interruption(server: ServerProcess) -> None:
    """Though giving the claim back fails too: that is a note."""
    with RedisCacheAdapter(server.url) as cache:
        lock = cache.get_lock("l")
        lock.acquire()
        lock.release()

        def interrupt(_words: tuple[object, ...]) -> None:
            server.kill()
            raise KeyboardInterrupt

        with watching(cache, after=interrupt), pytest.raises(KeyboardInterrupt) as caught:
            lock.acquire()
        assert "lock 'l' could not be given back" in caught.value.__notes__[0]


def test_an_interrupted_acquire_leaves_no_claim(server: ServerProcess) -> None:
    """It was made, and is given back."""
    with RedisCacheAdapter(server.url) as cache:
        lock = cache.get_lock("l")
        lock.acquire()
        lock.release()
        struck: list[int] = []

        def interrupt(_words: tuple[object, ...]) -> None:
            if not struck:
                struck.append(1)
                raise KeyboardInterrupt

        with watching(cache, after=interrupt), pytest.raises(KeyboardInterrupt):
            lock.acquire()
        assert not lock.locked()


def test_an_interrupted_release_is_carried_out(server: ServerProcess) -> None:
    """Tried again, for nobody knows whether it was sent."""
    with RedisCacheAdapter(server.url) as cache:
        lock = cache.get_lock("l")
        lock.acquire()
        struck: list[int] = []

        def interrupt(_words: tuple[object, ...]) -> None:
            if not struck:
                struck.append(1)
                raise KeyboardInterrupt

        with watching(cache, before=interrupt), pytest.raises(KeyboardInterrupt):
            lock.release()
        assert not lock.locked()


def test_giving_back_after_an_interruption_is_tried_once(server: ServerProcess) -> None:
    """Whoever interrupts does not wait for three attempts."""
    with RedisCacheAdapter(server.url) as cache:
        lock = cache.get_lock("l")
        lock.acquire()
        lock.release()
        sent: list[object] = []

        def interrupt(_words: tuple[object, ...]) -> None:
            if len(sent) == 1:
                server.kill()
                client_of(cache).connection_pool.disconnect()  # type: ignore[attr-defined] # of one node
                raise KeyboardInterrupt

        patch = watching(cache, before=lambda words: sent.append(words[0]), after=interrupt)
        with patch, pytest.raises(KeyboardInterrupt):
            lock.acquire()
        assert len(sent) == 2


@pytest.mark.parametrize("what", ["acquire", "release"])
def test_a_timeout_of_asyncio_ends_soon_on_a_server_that_hangs(server: ServerProcess, what: str) -> None:
    """It does not wait for three attempts, nor for one."""

    async def scenario() -> float:
        async with AsyncRedisCacheAdapter(f"{server.url}?socket_timeout={2 * PATIENCE}") as cache:
            lock = cache.get_lock("l")
            await lock.acquire()
            if what == "acquire":
                await lock.release()
            server.pause()
            await cache.disconnect()  # so that it has to open a connection
            started = time.monotonic()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await getattr(lock, what)()
            took = time.monotonic() - started
            server.resume()
            return took

    assert asyncio.run(scenario()) < PATIENCE


def test_a_cancelled_block_stays_cancelled_in_an_outage(server: ServerProcess) -> None:
    """What its release met is a note on the cancellation."""

    async def block(cache: AsyncRedisCacheAdapter, inside: asyncio.Event) -> None:
        async with cache.get_lock("l"):
            inside.set()
            await asyncio.sleep(60)

    async def scenario() -> bool:
        async with AsyncRedisCacheAdapter(server.url) as cache:
            inside = asyncio.Event()
            task = asyncio.ensure_future(block(cache, inside))
            await inside.wait()
            server.kill()
            task.cancel()
            await asyncio.wait([task])
            return task.cancelled()

    assert asyncio.run(scenario())


def test_a_block_keeps_its_exception_where_scripts_are_forbidden(
    server: ServerProcess, connect: Connect
) -> None:
    """A missing right is a note as well."""
    server.call("ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all")
    scheme, _, rest = server.url.partition("://")
    url = f"{scheme}://app:pw@{rest}"
    lock = connect(url).get_lock("l")
    lock.acquire()
    lock.release()

    def body() -> None:
        with lock:
            server.call("ACL", "SETUSER", "app", "-evalsha")
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        body()
    assert "lock 'l' could not be released" in caught.value.__notes__[0]
