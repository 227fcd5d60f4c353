"""redis-py's synchronous client on a server of this process, without a socket."""

from typing import TYPE_CHECKING, Any

import redis
from redis.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from cache_provider.door.client_side import CLOSED, TIMED_OUT, ClientSide, tell_of_pool
from cache_provider.door.driver import NAMES_OF_DRIVER, driver_option
from cache_provider.door.in_process import LocalSession, OverseenLocalSession
from cache_provider.door.parsers import NoParser
from cache_provider.door.replies import Push, Refusal, Reply
from cache_provider.door.requests import request_of
from cache_provider.door.session import Request
from cache_provider.steps import finish
from cache_provider.waiting import Waiter

if TYPE_CHECKING:
    from cache_provider.memory.server import MemoryServer

_NO_TIMEOUT = object()


_Connection: Any = AbstractConnection
"""redis-py's own is typed in parts, and its methods take more than theirs from one version to the next."""


class InProcessConnection(ClientSide, _Connection):  # type: ignore[misc] # see above
    """A connection of redis-py to a `MemoryServer`.

    Args:
        server: The server.
        options: redis-py's own, of any connection.
    """

    def __init__(self, server: "MemoryServer", **options: Any) -> None:
        options.pop("parser_class", None)
        if options.keys().isdisjoint(NAMES_OF_DRIVER):
            options.update(driver_option())
        _Connection.__init__(self, parser_class=NoParser, **options)
        self._server = server
        self._sock: LocalSession | None = None

    def connect(self, *arguments: Any, **options: Any) -> None:
        """Begin a session, unless there is one."""
        if self._sock is None:
            _Connection.connect(self, *arguments, **options)

    def _connect(self) -> Any:
        self.session = self._new_session()
        return self.session

    def activate_maint_notifications_handling_if_enabled(self, check_health: bool = True) -> None:
        """Do nothing: no server of this kind is ever moved."""

    def __del__(self) -> None:
        self._close()

    def disconnect(self, *_arguments: Any, **_options: Any) -> None:
        """End the session."""
        self._close()

    def _close(self) -> None:
        self._sock = None
        super()._close()

    def send_command(self, *arguments: Any, **options: Any) -> None:
        """Run a command; its reply is there to be read."""
        request = request_of(self.encoder, arguments)
        session = self._sock
        if type(session) is LocalSession and not (session.is_closed or self.health_check_interval):
            # As below, where nothing is to be done before and nobody oversees: the most of all commands.
            session.receive(request)
        else:
            self.send_packed_command([request], options.get("check_health", True))

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Run commands; their replies are there to be read."""
        if self._sock is None:
            self.connect()
        if check_health and self.health_check_interval:
            self.check_health()
        session = self._sock
        if session is None or session.is_closed:
            self._fail(CLOSED)
        if isinstance(session, OverseenLocalSession):
            self._take(session, command)
            return
        for request in command:
            session.receive(request)

    def _take(self, session: OverseenLocalSession, requests: list[Request]) -> None:
        try:
            finish(session.take(requests))
        except BaseException:
            self._close()
            raise

    def can_read(self, timeout: float | None = 0) -> bool:
        """Tell whether there is something to read, within a time."""
        if self._sock is None:
            self.connect()
        session = self._sock
        assert session is not None
        if session.is_closed and not session.replies:
            self._fail(CLOSED)
        if session.replies:
            return True
        if timeout == 0 and not session.listening:
            # A pool asks so before each command, whether there is anything at all.
            may_be = session.wait is not None or session.pending or session.is_overseen
            return bool(may_be) and session.is_due()
        return finish(session.reading(Waiter(), timeout))

    def read_response(
        self,
        disable_decoding: bool = False,
        *,
        timeout: Any = _NO_TIMEOUT,
        disconnect_on_error: bool = True,
        push_request: bool | None = False,
        **_newer: Any,
    ) -> Any:
        """Return the next reply; raise it if it is an error."""
        session = self._sock
        if session is not None and session.replies and type(session.replies[0]) is not Push:
            reply = session.replies.popleft()
        else:
            reply = self._awaited(timeout, push_request, disconnect_on_error=disconnect_on_error)
        if type(reply) is Refusal:
            self._refuse(reply)
        return self._shown(session, reply, disable_decoding)

    def _awaited(self, timeout: Any, push_request: bool | None, *, disconnect_on_error: bool) -> Reply:
        seconds = timeout if timeout is None or isinstance(timeout, (int, float)) else self.socket_timeout
        try:
            return self._next(seconds, push_request)
        except BaseException:
            if disconnect_on_error:
                self._close()
            raise

    def _next(self, seconds: float | None, push_request: bool | None) -> Reply:
        session = self._sock
        if session is None:
            raise RedisConnectionError(CLOSED)
        while True:
            if not session.replies and not finish(session.reading(Waiter(), seconds)):
                raise RedisTimeoutError(TIMED_OUT)
            if not session.replies:
                raise RedisTimeoutError(TIMED_OUT) if session.is_late else RedisConnectionError(CLOSED)
            reply = session.replies.popleft()
            if self._is_for(session, reply, push_request):
                return reply


def connection_pool(server: "MemoryServer", options: dict[str, Any]) -> redis.ConnectionPool:
    """Return a pool of connections to a server."""
    pool = redis.ConnectionPool(connection_class=InProcessConnection, server=server, **options)
    tell_of_pool(server, pool)
    return pool


def client(server: "MemoryServer", options: dict[str, Any]) -> redis.Redis:
    """Return a client of a server, which closes its pool when it is closed."""
    return redis.Redis.from_pool(connection_pool(server, options))
