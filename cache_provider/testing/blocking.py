"""An asynchronous provider behind the synchronous interface, so that one suite can hold both to it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.lock import AsyncDistributedLock
from cache_provider.arguments import Ttl, check_callable
from cache_provider.interface.lock import TEN_SECONDS, DistributedLock
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.testing.seam import InstrumentedCache, InstrumentedLock

T = TypeVar("T")


class LoopThread:
    """An event loop that runs in a thread of its own, until the end of `with`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(_end_the_others(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, awaitable: Awaitable[T]) -> T:
        """Run to its end on the loop, while the calling thread waits."""

        async def outcome() -> T:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(outcome(), self._loop).result()


async def _end_the_others() -> None:
    """Cancel what still runs, as `asyncio.run` does: a task that is left in a closed loop never ends."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class _Blocking:
    """Each method of an object, waited for where it has to be."""

    def __init__(self, target: object, loop: LoopThread) -> None:
        self._target = target
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        return partial(self._run, found) if iscoroutinefunction(found) else found

    def _run(self, method: Callable[..., Awaitable[T]], *arguments: Any, **options: Any) -> T:
        return self._loop.run(method(*arguments, **options))


class BlockingCache(InstrumentedCache):
    """An asynchronous provider as a synchronous one.

    Composed operations are the asynchronous provider's own; what `get_or_set`
    computes is computed in a thread, which may block.

    Args:
        provider: The provider.
        loop: Where it runs. It must not be the calling thread's.
    """

    def __init__(self, provider: AsyncCacheProviderInterface, loop: LoopThread) -> None:
        self._async = provider
        self._loop = loop
        super().__init__(cast("CacheProviderInterface", _Blocking(provider, loop)))

    def __repr__(self) -> str:
        return f"<BlockingCache of {self._async!r}>"

    def decr(self, key: str, amount: int = 1, *, default: int = 0, ttl: Ttl | None = None) -> int:
        return self._loop.run(self._async.decr(key, amount, default=default, ttl=ttl))

    def get_or_set(
        self,
        key: str,
        default_factory: Callable[[], Any],
        ttl: Ttl | None = None,
        *,
        lock_timeout: Ttl = TEN_SECONDS,
        wait_timeout: Ttl = 10.0,
        stale_ttl: Ttl | None = None,
    ) -> Any:
        factory = default_factory
        if callable(default_factory):

            def factory() -> Any:
                return asyncio.to_thread(default_factory)

        return self._loop.run(
            self._async.get_or_set(
                key,
                factory,
                ttl,
                lock_timeout=lock_timeout,
                wait_timeout=wait_timeout,
                stale_ttl=stale_ttl,
            )
        )

    def scan_iter(self, pattern: str = "*", count: int = 100) -> Iterator[str]:
        found = self._async.scan_iter(pattern, count)
        return iter(self._loop.run(_all(found)))

    def count_keys(self, pattern: str = "*") -> int:
        return self._loop.run(self._async.count_keys(pattern))

    def delete_pattern(self, pattern: str) -> int:
        return self._loop.run(self._async.delete_pattern(pattern))

    def ping(self) -> bool:
        return self._loop.run(self._async.ping())

    def get_lock(
        self,
        name: str,
        timeout: Ttl = TEN_SECONDS,
        blocking_timeout: Ttl | None = None,
        *,
        fenced: bool = False,
        raise_on_release_error: bool = True,
        thread_local: bool = True,
        renew: bool = False,
        max_hold: Ttl | None = None,
    ) -> DistributedLock:
        lock = self._async.get_lock(
            name,
            timeout,
            blocking_timeout,
            fenced=fenced,
            raise_on_release_error=raise_on_release_error,
            thread_local=thread_local,
            renew=renew,
            max_hold=max_hold,
        )
        return BlockingLock(self, lock, self._loop, timeout)


class BlockingLock(InstrumentedLock):
    """An asynchronous lock as a synchronous one; `with` enters and leaves its `async with`."""

    def __init__(
        self, cache: BlockingCache, lock: AsyncDistributedLock, loop: LoopThread, lease: Ttl
    ) -> None:
        self._async = lock
        self._loop = loop
        super().__init__(cache, cast("DistributedLock", _Blocking(lock, loop)), lease)

    def __repr__(self) -> str:
        return repr(self._async)

    def on_lost(self, callback: Callable[[DistributedLock], object]) -> None:
        check_callable("callback", callback)
        self._async.on_lost(lambda _lock: callback(self))

    def __enter__(self) -> Self:
        self._loop.run(self._async.__aenter__())
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.run(self._async.__aexit__(exc_type, exc_value, traceback))


async def _all(keys: AsyncIterator[str]) -> list[str]:
    return [key async for key in keys]
