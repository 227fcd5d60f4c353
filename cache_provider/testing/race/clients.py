"""Genuine clients of redis-py on the store of a schedule: each command is a step."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from cache_provider.clock import Clock
from cache_provider.door.driver import NAMES_OF_DRIVER, driver_option
from cache_provider.door.entrance import core_of
from cache_provider.door.overseeing import Overseen
from cache_provider.door.session import Session
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
        clock: The schedule's.
        threads: How threads stop.
        coroutines: How coroutines do; None where tasks are threads.
    """

    keeps_time = True

    def __init__(self, clock: Clock, threads: Side, coroutines: Side | None) -> None:
        super().__init__((self._stop,))
        self._clock = clock
        self._threads = threads
        self._coroutines = coroutines or threads

    def _stop(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        side = self._coroutines if operation.is_async else self._threads
        return side.interception(operation, proceed)

    def gate(self, session: Session, gate: Gate) -> Gate:
        del gate
        return self._gate(session)

    def seconds(self) -> float:
        return self._clock.now_ms() / 1000

    def look(self, session: Session) -> Steps[None]:
        yield self._gate(session).look()

    def _gate(self, session: Session) -> ReplyGate:
        is_async = isinstance(session, Overseen) and session.is_async
        return ReplyGate(session, (self._coroutines if is_async else self._threads).pause)


class RaceClients:
    """Makes the clients of one schedule, and a way for their commands once there is any.

    Args:
        stage: The schedule.
        threads: How threads stop at a command.
        coroutines: How coroutines do; None where tasks are threads.
    """

    def __init__(self, stage: Stage, *, threads: Side, coroutines: Side | None = None) -> None:
        self._server = stage.server
        self._threads = threads
        self._coroutines = coroutines
        self._is_watched = False

    def redis(self, options: dict[str, Any]) -> "Redis":
        """Return a client for threads."""
        self._watch()
        return self._server.redis(**_nameless(options))

    def async_redis(self, options: dict[str, Any]) -> "AsyncRedis":
        """Return a client for coroutines."""
        self._watch()
        return self._server.async_redis(**_nameless(options))

    def connection_pool(self, options: dict[str, Any]) -> "ConnectionPool":
        """Return a pool for threads."""
        self._watch()
        return self._server.connection_pool(**_nameless(options))

    def _watch(self) -> None:
        if not self._is_watched:
            self._is_watched = True
            core_of(self._server).overseer = RaceWay(self._server.clock, self._threads, self._coroutines)


def _nameless(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of a client that does not say what library it is, which Redis 7.0 does not take."""
    is_told = not driver_option() or not options.keys().isdisjoint(NAMES_OF_DRIVER)
    return options if is_told else {**options, "driver_info": None}
