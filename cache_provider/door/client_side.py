"""What redis-py's two kinds of connections to a server of this process have in common."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from redis.exceptions import ConnectionError as RedisConnectionError

from cache_provider.door.entrance import core_of
from cache_provider.door.in_process import LocalSession, OverseenLocalSession, plain
from cache_provider.door.lock_time import lead_locks
from cache_provider.door.replies import Push, Refusal, Reply, Status
from cache_provider.door.requests import request_of, requests_of
from cache_provider.door.session import Request

if TYPE_CHECKING:
    from cache_provider.memory.server import MemoryServer

CLOSED = "Connection closed by server."
TIMED_OUT = "Timeout reading from in-process"


class ClientSide:
    """A connection without a wire, before redis-py's own connection class among the bases.

    Attributes:
        encoder: redis-py's, which makes bytes of arguments and text of replies.
        db: The number of the database.
        socket_timeout: How many seconds it waits for a reply; None without end.
        session: What the server knows of it, once it is connected.
        host: Where the server is: nowhere but here.
    """

    encoder: Any
    socket_timeout: Any
    health_check_interval: Any
    db: Any
    session: LocalSession | None = None
    host = "in-process"
    _parser: Any
    _server: "MemoryServer"

    def repr_pieces(self) -> list[tuple[str, Any]]:
        """Return what tells this connection from others."""
        return [("server", self._server), ("db", self.db)]

    def _host_error(self) -> str:
        return "in-process"

    def pack_command(self, *arguments: Any) -> list[Request]:
        """Return what `send_packed_command` takes."""
        return [request_of(self.encoder, arguments)]

    def pack_commands(self, commands: Iterable[tuple[Any, ...]]) -> list[Request]:
        """Return what `send_packed_command` takes, of several commands."""
        return requests_of(self.encoder, commands)

    @staticmethod
    def _is_for(reader: LocalSession, reply: Reply, push_request: bool | None) -> bool:
        """Tell whether who reads wants a reply: a message that comes by itself, only who asks for such."""
        return type(reply) is not Push or reader.protocol == 2 or bool(push_request)

    def _new_session(self, *, is_async: bool = False) -> LocalSession:
        core = core_of(self._server)
        if core.overseer is None:
            return LocalSession(core)
        session = OverseenLocalSession(core, core.overseer, is_async=is_async)
        session.reply_timeout = self.socket_timeout
        return session

    def _shown(self, session: LocalSession | None, reply: Reply, disable_decoding: bool) -> Any:
        """Return a reply as redis-py's parsers would."""
        if type(reply) is int or reply is None:
            return reply
        is_raw = disable_decoding or not self.encoder.decode_responses
        if is_raw and (type(reply) is bytes or type(reply) is Status):
            return bytes(reply)
        decode = bytes if is_raw else self.encoder.decode
        return plain(reply, 2 if session is None else session.protocol, decode, self._parser.parse_error)

    def _refuse(self, reply: Refusal) -> NoReturn:
        """Raise an error reply as redis-py's parsers would; end the session where it is such an error."""
        error: Exception = self._parser.parse_error(reply.wire.decode("utf-8", "replace"))
        if isinstance(error, RedisConnectionError):
            self._close()
        try:
            raise error
        finally:
            # Its traceback holds this frame: without the name there is no cycle to collect.
            del error

    def _fail(self, story: str) -> NoReturn:
        self._close()
        raise RedisConnectionError(story)

    def _close(self) -> None:
        """End the session, if there is one."""
        session, self.session = self.session, None
        if session is not None:
            session.core.part(session)


def tell_of_pool(server: "MemoryServer", pool: Any) -> None:
    """Let who oversees a server, if anybody does, know of a pool of connections to it."""
    lead_locks()
    overseer = core_of(server).overseer
    if overseer is not None:
        overseer.pool_opened(pool)
