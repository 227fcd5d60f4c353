"""Genuine clients of redis-py on the store of a schedule: each command is a step."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from cache_provider.door.driver import NAMES_OF_DRIVER, driver_option
from cache_provider.door.entrance import core_of
from cache_provider.door.overseeing import Overseen
from cache_provider.door.session import Session
from cache_provider.lazy_names import import_for
from cache_provider.memory.server import MemoryServer
from cache_provider.steps import Steps
from cache_provider.testing.race.interception import Interception
from cache_provider.testing.race.pauses import ReplyGate
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.tasks import PrimitiveCall, Wait
from cache_provider.testing.seam import Operation, Proceed
from cache_provider.testing.seam.command import DoorWay
from cache_provider.waiting import Gate

if TYPE_CHECKING:
    from redis import ConnectionPool, Redis
    from redis.asyncio import Redis as AsyncRedis


class Side(NamedTuple):
    """How those stop who use one kind of client.

    Attributes:
        interception: Stops a task before a command.
        pause: Stops one at something that is no command; what it returns may be awaitable.
    """

    interception: Interception
    pause: Callable[[PrimitiveCall, Wait | None], object]


class RaceWay(DoorWay):
    """The way of commands to the server of a schedule.

    Args:
        stage: The schedule.
        threads: How threads stop.
        coroutines: How coroutines do; None where tasks are threads.
    """

    keeps_time = True

    def __init__(self, stage: Stage, threads: Side, coroutines: Side | None) -> None:
        super().__init__(())
        self._stage = stage
        self._threads = threads
        self._coroutines = coroutines or threads
        # A search runs far more schedules than it shows.
        self.locates = stage.observer is not None or stage.has_mishaps

    def past(self, operation: Operation, make: Proceed) -> Steps[Any]:
        side = self._coroutines if operation.is_async else self._threads
        return side.interception(operation, make)

    def gate(self, session: Session, gate: Gate) -> Gate:
        del gate
        return self._gate(session)

    def seconds(self) -> float:
        return self._stage.clock.now_ms() / 1000

    def look(self, session: Session) -> Steps[None]:
        yield self._gate(session).look()

    def _gate(self, session: Session) -> ReplyGate:
        is_async = isinstance(session, Overseen) and session.is_async
        return ReplyGate(session, (self._coroutines if is_async else self._threads).pause)


class ClientFactory:
    """Makes the clients of one search; where redis-py is not installed, nobody asks it to."""

    def __init__(self) -> None:
        self._preparations: Any = None

    def make(self, what: str, server: MemoryServer, options: dict[str, Any]) -> Any:
        """Return what a method of a server, `redis` and the like, returns for these options.

        Raises:
            ImportError: redis-py is not installed.
        """
        if self._preparations is None:
            module = import_for("redis-py at the door", "cache_provider.testing.race.prepared")
            self._preparations = module.Preparations()
        return self._preparations.make(what, server, options)


class RaceClients:
    """Makes the clients of one schedule, and a way for their commands once there is any.

    Args:
        stage: The schedule.
        threads: How threads stop at a command.
        coroutines: How coroutines do; None where tasks are threads.
        factory: Makes the clients of all schedules.

    Attributes:
        is_making: Whether one is being made; the first takes as long as redis-py takes to be imported.
    """

    def __init__(
        self, stage: Stage, factory: "ClientFactory", *, threads: Side, coroutines: Side | None = None
    ) -> None:
        self._stage = stage
        self._server = stage.server
        self._factory = factory
        self._threads = threads
        self._coroutines = coroutines
        self._is_watched = False
        self.is_making = False

    def redis(self, options: dict[str, Any]) -> "Redis":
        """Return a client for threads."""
        client: Redis = self._make("redis", options)
        return client

    def async_redis(self, options: dict[str, Any]) -> "AsyncRedis":
        """Return a client for coroutines."""
        client: AsyncRedis = self._make("async_redis", options)
        return client

    def connection_pool(self, options: dict[str, Any]) -> "ConnectionPool":
        """Return a pool for threads."""
        pool: ConnectionPool = self._make("connection_pool", options)
        return pool

    def _make(self, what: str, options: dict[str, Any]) -> Any:
        self.is_making = True
        try:
            self._watch()
            return self._factory.make(what, self._server, _nameless(options))
        finally:
            self.is_making = False

    def _watch(self) -> None:
        if not self._is_watched:
            self._is_watched = True
            core_of(self._server).overseer = RaceWay(self._stage, self._threads, self._coroutines)


def _nameless(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of a client that does not say what library it is, which Redis 7.0 does not take."""
    is_told = not driver_option() or not options.keys().isdisjoint(NAMES_OF_DRIVER)
    return options if is_told else {**options, "driver_info": None}
