"""Clients of redis-py for one schedule after another: made once, and copied for each.

To make a client and open its connection takes redis-py longer than all commands of a schedule do.
"""

import asyncio
from collections.abc import Callable
from threading import Thread
from typing import Any, NamedTuple

import redis
import redis.asyncio

from cache_provider.door.async_connections import AsyncInProcessConnection
from cache_provider.door.client_side import tell_of_pool
from cache_provider.door.connections import InProcessConnection
from cache_provider.memory.server import MemoryServer
from cache_provider.testing.race.prototypes import Prototype, UncopyableError, is_plain
from cache_provider.testing.race.spares import COPIED, SHARED, Setup, Spares, setup_of

_Pool: Any = redis.ConnectionPool
_AsyncPool: Any = redis.asyncio.ConnectionPool
"""redis-py's own do not show their inside to type checkers."""


class PreparedConnection(InProcessConnection):
    """A connection that is opened for the first time as others like it were.

    Attributes:
        setup: How that was; None once it is open, and where nobody knows.
    """

    setup: Setup | None = None

    def connect(self, *arguments: Any, **options: Any) -> None:
        setup, self.setup = self.setup, None
        if setup is None or self._sock is not None:
            super().connect(*arguments, **options)
        else:
            session = self._sock = self._connect()
            setup.repeat(self, session)


class AsyncPreparedConnection(AsyncInProcessConnection):
    """The same for coroutines."""

    setup: Setup | None = None

    async def connect(self, *arguments: Any, **options: Any) -> None:
        setup, self.setup = self.setup, None
        if setup is None or self.session is not None:
            await super().connect(*arguments, **options)
        else:
            await self._connect()
            assert self.session is not None, "it has just begun"
            setup.repeat(self, self.session)


class PreparedPool(_Pool):  # type: ignore[misc] # see above
    """A pool with a short way for a connection that is idle.

    Attributes:
        spares: Makes its connections; None where redis-py has to.
    """

    spares: Spares | None = None
    max_connections: int
    _created_connections: int
    _available_connections: list[Any]
    _in_use_connections: set[Any]
    _lock: Any

    def make_connection(self) -> Any:
        """Return a new connection, if more are allowed."""
        return self._spare() or _Pool.make_connection(self)

    def _spare(self) -> PreparedConnection | None:
        is_allowed = self._created_connections < self.max_connections
        connection = self.spares.connection(self) if is_allowed and self.spares is not None else None
        if connection is not None:
            self._created_connections += 1
        return connection

    def get_connection(self, *arguments: Any, **options: Any) -> Any:
        """Return a connection that is open and has nothing to be read."""
        idle = self._available_connections
        if arguments or options:
            return _Pool.get_connection(self, *arguments, **options)
        if not idle:
            return self._opened()
        if not _is_ready(idle[-1]):
            return _Pool.get_connection(self)
        # In a child of the process the command is refused by whoever runs the schedule.
        with self._lock:
            connection = idle.pop()
            self._in_use_connections.add(connection)
        return connection

    def _opened(self) -> Any:
        with self._lock:
            connection = self._spare()
            if connection is not None:
                connection.connect()
                self._in_use_connections.add(connection)
        return connection or _Pool.get_connection(self)

    def release(self, connection: Any) -> None:
        """Take a connection back."""
        used = self._in_use_connections
        if connection not in used or _is_marked(connection):
            _Pool.release(self, connection)
            return
        with self._lock:
            used.remove(connection)
            self._available_connections.append(connection)


class AsyncPreparedPool(_AsyncPool):  # type: ignore[misc] # see above
    """The same for coroutines."""

    spares: Spares | None = None
    _available_connections: list[Any]
    _in_use_connections: set[Any]

    def make_connection(self) -> Any:
        """Return a new connection."""
        connection = None if self.spares is None else self.spares.connection(self)
        return connection or _AsyncPool.make_connection(self)

    async def get_connection(self, *arguments: Any, **options: Any) -> Any:
        """Return a connection that is open and has nothing to be read."""
        idle = self._available_connections
        if arguments or options or not idle or not _is_ready(idle[-1]):
            return await _AsyncPool.get_connection(self, *arguments, **options)
        connection = idle.pop()
        self._in_use_connections.add(connection)
        return connection

    async def release(self, connection: Any) -> None:
        """Take a connection back."""
        if connection not in self._in_use_connections or _is_marked(connection):
            await _AsyncPool.release(self, connection)
            return
        self._in_use_connections.remove(connection)
        self._available_connections.append(connection)


def _is_ready(connection: InProcessConnection | AsyncInProcessConnection) -> bool:
    session = connection.session
    return session is not None and not session.is_closed and session.wait is None and not session.is_due()


def _is_marked(connection: Any) -> bool:
    """Tell whether a connection is to be opened anew, which older versions of redis-py do not ask for."""
    return bool(getattr(connection, "_should_reconnect", False))


class Recipe(NamedTuple):
    """How clients of one kind are made.

    Attributes:
        pool: The class of their pools.
        connection: The class of their connections.
        client: Their class; None for a pool alone.
        connect: Opens a connection.
    """

    pool: Callable[..., Any]
    connection: type[Any]
    client: Callable[..., Any] | None
    connect: Callable[[Any], object]

    def make(self, server: MemoryServer, options: dict[str, Any]) -> Any:
        """Return a client, or a pool, of a server."""
        pool = self.pool(connection_class=self.connection, server=server, **options)
        tell_of_pool(server, pool)
        return pool if self.client is None else self.client(pool)

    def prototype(self, options: dict[str, Any]) -> "Prototype[Any] | None":
        """Return what copies such clients, None where that is not possible."""
        stand_in = MemoryServer()
        try:
            original = self.make(stand_in, options)
            pool = original if self.client is None else original.connection_pool
            connection = self.connection(**pool.connection_kwargs)
            trial: object = self.connection(**pool.connection_kwargs)
            before = vars(trial).copy()
            self.connect(trial)
        except Exception:  # noqa: BLE001 - whatever is wrong with the options shows as soon as they are used
            return None
        connection.setup = setup_of(trial, before)
        try:
            pool.spares = Spares(pool, connection)
            return Prototype(original, (stand_in,), packages=COPIED, shared=SHARED)
        except UncopyableError:
            return None


def _connect_in_a_loop(connection: AsyncPreparedConnection) -> None:
    asyncio.run(connection.connect())


_CLIENT = Recipe(PreparedPool, PreparedConnection, redis.Redis.from_pool, PreparedConnection.connect)
_RECIPES = {
    "redis": _CLIENT,
    "connection_pool": _CLIENT._replace(client=None),
    "async_redis": Recipe(
        AsyncPreparedPool,
        AsyncPreparedConnection,
        redis.asyncio.Redis.from_pool,
        _connect_in_a_loop,
    ),
}
"""By the methods of a server that make them."""


class Preparations:
    """The prototypes of one search."""

    def __init__(self) -> None:
        self._prototypes: dict[object, Prototype[Any] | None] = {}

    def make(self, what: str, server: MemoryServer, options: dict[str, Any]) -> Any:
        """Return what a method of a server, `redis` and the like, does with such options."""
        recipe = _RECIPES[what]
        if not all(map(is_plain, options.values())):
            return recipe.make(server, options)
        # With the types of the values: True equals 1, but redis-py may take it for something else.
        name: Any = (what, *((option, type(value), value) for option, value in options.items()))
        if name not in self._prototypes:
            _apart(lambda: self._prototypes.update({name: recipe.prototype(options)}))
        prototype = self._prototypes[name]
        return recipe.make(server, options) if prototype is None else prototype.copy(server)


def _apart(make: Callable[[], object]) -> None:
    """Call `make` where it is no task's, so that it draws from no task's random bytes."""
    thread = Thread(target=make)
    thread.start()
    thread.join()
