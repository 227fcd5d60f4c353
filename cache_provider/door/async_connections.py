"""redis-py's asynchronous client on a server of this process, without a socket."""

from math import inf
from typing import TYPE_CHECKING, Any

import redis.asyncio
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from cache_provider.aio.steps import finish
from cache_provider.aio.waiting import AsyncWaiter, give_way
from cache_provider.door.client_side import CLOSED, TIMED_OUT, ClientSide, tell_of_pool
from cache_provider.door.driver import NAMES_OF_DRIVER, driver_option
from cache_provider.door.in_process import LocalSession, OverseenLocalSession
from cache_provider.door.parsers import NoAsyncParser
from cache_provider.door.replies import Push, Refusal, Reply
from cache_provider.door.requests import request_of
from cache_provider.door.session import Request

if TYPE_CHECKING:
    from cache_provider.memory.server import MemoryServer


_Connection: Any = AbstractConnection
"""redis-py's own is typed in parts, and its methods take more than theirs from one version to the next."""


class AsyncInProcessConnection(ClientSide, _Connection):  # type: ignore[misc] # see above
    """A connection of `redis.asyncio` to a `MemoryServer`.

    Args:
        server: The server.
        options: redis-py's own, of any connection.
    """

    def __init__(self, server: "MemoryServer", **options: Any) -> None:
        options.pop("parser_class", None)
        if options.keys().isdisjoint(NAMES_OF_DRIVER):
            options.update(driver_option())
        _Connection.__init__(self, parser_class=NoAsyncParser, **options)
        self._server = server

    @property
    def is_connected(self) -> bool:
        """Whether there is a session."""
        return self.session is not None

    async def connect(self, *arguments: Any, **options: Any) -> None:
        """Begin a session, unless there is one."""
        if self.session is None:
            await _Connection.connect(self, *arguments, **options)

    async def _connect(self) -> None:
        self.session = self._new_session(is_async=True)

    async def activate_maint_notifications_handling_if_enabled(self, check_health: bool = True) -> None:
        """Do nothing: no server of this kind is ever moved."""

    def __del__(self, *_warnings: Any) -> None:
        self._close()

    async def disconnect(self, *_arguments: Any, **_options: Any) -> None:
        """End the session."""
        self._close()

    async def send_command(self, *arguments: Any, **options: Any) -> None:
        """Run a command; its reply is there to be read."""
        request = request_of(self.encoder, arguments)
        session = self.session
        if type(session) is LocalSession and not (session.is_closed or self.health_check_interval):
            # As below, where nothing is to be done before and nobody oversees: the most of all commands.
            session.receive(request)
        else:
            await self.send_packed_command([request], options.get("check_health", True))

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Run commands; their replies are there to be read."""
        if self.session is None:
            await self.connect()
        if check_health and self.health_check_interval:
            await self.check_health()
        session = self.session
        if session is None or session.is_closed:
            self._fail(CLOSED)
        if isinstance(session, OverseenLocalSession):
            await self._take(session, command)
            return
        for request in command:
            session.receive(request)

    async def _take(self, session: OverseenLocalSession, requests: list[Request]) -> None:
        try:
            await finish(session.take(requests))
        except BaseException:
            self._close()
            raise

    async def can_read(self) -> bool:
        """Tell whether there is something to read."""
        session = self.session
        if session is None or session.replies:
            return session is not None
        if session.is_closed:
            self._fail(CLOSED)
        return False

    can_read_destructive = can_read

    async def read_response(
        self,
        disable_decoding: bool = False,
        timeout: float | None = None,
        *,
        disconnect_on_error: bool = True,
        push_request: bool | None = False,
        **_newer: Any,
    ) -> Any:
        """Return the next reply; raise it if it is an error. None if there is none within `timeout`."""
        session = self.session
        try:
            if session is not None and session.replies:
                # As any reply of a server would, it lets others run first.
                await give_way()
                is_answered = session.replies and type(session.replies[0]) is not Push
                reply = session.replies.popleft() if is_answered else await self._next(timeout, push_request)
            else:
                reply = await self._next(timeout, push_request)
        except RedisTimeoutError:
            if timeout is not None:
                return None
            self._close()
            raise
        except BaseException:
            if disconnect_on_error:
                self._close()
            raise
        if type(reply) is Refusal:
            self._refuse(reply)
        return self._shown(session, reply, disable_decoding)

    async def _next(self, timeout: float | None, push_request: bool | None) -> Reply:
        session = self.session
        if session is None:
            raise RedisConnectionError(CLOSED)
        seconds = self.socket_timeout if timeout is None else None if timeout == inf else timeout
        while True:
            if not session.replies and not await finish(session.reading(AsyncWaiter(), seconds)):
                raise RedisTimeoutError(TIMED_OUT)
            if not session.replies:
                raise RedisTimeoutError(TIMED_OUT) if session.is_late else RedisConnectionError(CLOSED)
            reply = session.replies.popleft()
            if self._is_for(session, reply, push_request):
                return reply


def client(server: "MemoryServer", options: dict[str, Any]) -> redis.asyncio.Redis:
    """Return a client of a server, which closes its pool when it is closed."""
    pool = redis.asyncio.ConnectionPool(connection_class=AsyncInProcessConnection, server=server, **options)
    tell_of_pool(server, pool)
    return redis.asyncio.Redis.from_pool(pool)
