"""`Race`: the object that a scenario is given."""

from collections.abc import Callable, Coroutine
from functools import partial
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cache_provider.clock import ManualClock
from cache_provider.testing.race.caches import AsyncRaceCache, RaceCache
from cache_provider.testing.race.coroutines import CoroutineRun
from cache_provider.testing.race.tasks import Task
from cache_provider.testing.race.threads import ThreadRun

if TYPE_CHECKING:
    from redis import ConnectionPool, Redis
    from redis.asyncio import Redis as AsyncRedis

T = TypeVar("T")


class Spawned(Generic[T]):
    """A task that a scenario started.

    Attributes:
        name: Its name in reports.
    """

    def __init__(self, task: Task) -> None:
        self.name = task.name
        self._task = task

    def __repr__(self) -> str:
        return f"<Spawned {self.name!r}>"

    @property
    def result(self) -> T:
        """What its function returned.

        Raises:
            RuntimeError: It has not ended: `join` comes first.
        """
        if not self._task.is_done:
            raise RuntimeError(f"task {self.name!r} has not ended; r.join() waits for it")
        result: T = self._task.result
        return result


class Race:
    """One schedule, as the scenario sees it.

    Attributes:
        cache: A fresh `InMemoryCacheAdapter`, whose operations are steps.
        clock: Its clock, which stands still unless the scenario or the explorer moves it.
    """

    def __init__(self, run: ThreadRun) -> None:
        self._run = run
        self.clock: ManualClock = run.stage.clock
        self.cache: RaceCache = run.make_cache()

    def make_cache(self, **options: Any) -> RaceCache:
        """Return another cache on the same server, like that of another process.

        Args:
            **options: As for `InMemoryCacheAdapter`, except `server` and the options that belong to a server.
        """
        return self._run.make_cache(**options)

    def redis(self, **options: Any) -> "Redis":
        """Return a genuine client of redis-py on the store of `r.cache`, each of whose commands is a step.

        A whole transactional pipeline is one step, and so is a script; each command of
        a plain pipeline is a step.

        Args:
            **options: Those of redis-py's connections: `db`, `decode_responses`, `protocol`, ...

        Raises:
            ImportError: redis-py is not installed.
        """
        return self._run.clients.redis(options)

    def connection_pool(self, **options: Any) -> "ConnectionPool":
        """Return a pool of redis-py for code that is configured with one; see `redis`."""
        return self._run.clients.connection_pool(options)

    def spawn(
        self, function: Callable[..., T], /, *arguments: Any, name: str | None = None, **named: Any
    ) -> Spawned[T]:
        """Run `function(*arguments, **named)` in a thread, concurrently with the other tasks.

        Its beginning is a step: what it does before its first operation on the cache may
        come before or after operations of other tasks.

        Args:
            function: What the task does.
            *arguments: Passed on.
            name: The task's name in reports; by default A, B, C, ...
            **named: Passed on.

        Raises:
            TypeError: `function` is a coroutine function: those need a scenario that is one too.
            ValueError: There is already a task of that name.
        """
        if iscoroutinefunction(function):
            raise TypeError(
                f"function must not be a coroutine function in a plain scenario, not {function!r}"
            )
        return Spawned(self._run.spawn(name, partial(function, *arguments, **named)))

    def join(self) -> None:
        """Wait until all tasks have ended. The end of the scenario does so too."""
        self._run.join()


class AsyncRace:
    """One schedule, as a scenario that is a coroutine function sees it.

    Attributes:
        cache: A fresh `AsyncInMemoryCacheAdapter`, whose operations are steps.
        clock: The clock of the cache and of the event loop.
    """

    def __init__(self, run: CoroutineRun) -> None:
        self._run = run
        self.clock: ManualClock = run.stage.clock
        self.cache: AsyncRaceCache = run.make_cache()

    def make_cache(self, **options: Any) -> AsyncRaceCache:
        """Return another cache on the same server; see `Race.make_cache`."""
        return self._run.make_cache(**options)

    def make_sync_cache(self, **options: Any) -> RaceCache:
        """Return a synchronous cache on the same server, for functions that run in threads.

        Such functions are FastAPI's and Starlette's endpoints that are not coroutines,
        and anything passed to `asyncio.to_thread` or `anyio.to_thread.run_sync`.
        What the thread does with the cache counts as done by the task that waits for the
        thread. A coroutine must not use the cache itself: it would block the event loop.

        Args:
            **options: As for `InMemoryCacheAdapter`, except `server` and the options that belong to a server.
        """
        return self._run.make_sync_cache(**options)

    def async_redis(self, **options: Any) -> "AsyncRedis":
        """Return a client of `redis.asyncio` on the store of `r.cache`; see `Race.redis`."""
        return self._run.clients.async_redis(options)

    def redis(self, **options: Any) -> "Redis":
        """Return a synchronous client for functions that run in threads, as `make_sync_cache` does."""
        return self._run.clients.redis(options)

    def connection_pool(self, **options: Any) -> "ConnectionPool":
        """Return a pool of synchronous connections, for functions that run in threads."""
        return self._run.clients.connection_pool(options)

    def spawn(
        self,
        function: Callable[..., Coroutine[Any, Any, T]],
        /,
        *arguments: Any,
        name: str | None = None,
        **named: Any,
    ) -> Spawned[T]:
        """Run the coroutine of `function(*arguments, **named)` in a task; see `Race.spawn`.

        Tasks that the code itself creates, for instance by `asyncio.gather`, take part too.

        Raises:
            TypeError: `function` is not a coroutine function.
            ValueError: There is already a task of that name.
        """
        if not iscoroutinefunction(function):
            raise TypeError(
                f"function must be a coroutine function in a scenario that is one, not {function!r}"
            )
        return Spawned(self._run.spawn(name, partial(function, *arguments, **named)))

    async def join(self) -> None:
        """Wait until all tasks have ended. The end of the scenario does so too."""
        await self._run.join()
