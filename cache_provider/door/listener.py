"""The socket: TCP, TLS or a unix path, served by one event loop in a thread of its own."""

import asyncio
import contextlib
import ipaddress
import os
import ssl
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast
from urllib.parse import quote

from cache_provider.door.core import TICK
from cache_provider.door.entrance import core_of
from cache_provider.door.replies import Refusal
from cache_provider.door.session import Request
from cache_provider.door.socket_sessions import OverseenSocketSession, SocketSession
from cache_provider.door.wire import ProtocolError, RequestParser, encode

if TYPE_CHECKING:
    from cache_provider.memory.server import MemoryServer

_BACKLOG = 1024


class _Protocol(asyncio.Protocol):
    """Requests from a socket's bytes."""

    def __init__(self, listener: "Listener") -> None:
        self._listener = listener
        self._parser = RequestParser()
        self._session: SocketSession | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a session."""
        self._transport = cast("asyncio.Transport", transport)
        core = self._listener.core
        loop, password = asyncio.get_running_loop(), self._listener.password
        if core.overseer is None:
            self._session = SocketSession(core, loop, self._transport, password)
        else:
            self._session = OverseenSocketSession(core, loop, self._transport, password)
            self._session.oversee(core.overseer, is_async=True)
        self._listener.transports.add(self._transport)

    def data_received(self, data: bytes) -> None:
        """Run the requests that are whole; end the session at what is none."""
        session, transport = self._session, self._transport
        if session is None or transport is None:
            return
        self._parser.trusted = session.trusted
        requests: list[Request] = []
        try:
            requests.extend(self._parser.feed(data))
        except ProtocolError as error:
            session.take(requests)
            transport.write(encode(Refusal(f"ERR {error}"), 2))
            transport.close()
            return
        session.take(requests)

    def pause_writing(self) -> None:
        """Read no more from who does not read."""
        if self._transport is not None and self._session is not None:
            self._session.stuff(True)
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on with what was asked already, and read on if that is read, too."""
        transport, session = self._transport, self._session
        if transport is None or session is None or transport.is_closing():
            return
        session.stuff(False)
        if session.may_proceed() or session.wait is not None:
            transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the session."""
        del exc
        if self._transport is not None:
            self._listener.transports.discard(self._transport)
        if self._session is not None:
            self._session.lost()


class Listener:
    """A `MemoryServer` at a socket; a context manager. Made by `MemoryServer.listen`.

    Attributes:
        core: What its clients find.
        host: The address it listens on; None for a unix path.
        port: The port, None for a unix path.
        path: The unix path, None for TCP.
        password: What clients have to show.
    """

    def __init__(
        self,
        server: "MemoryServer",
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        path: str | os.PathLike[str] | None = None,
        password: str | None = None,
        ssl_context: ssl.SSLContext | None = None,
        anywhere: bool = False,
    ) -> None:
        if path is None and not anywhere and not is_loopback(host):
            raise ValueError(
                f"host {host!r} is not a loopback address: anyone who reaches it can read and change"
                " all keys. Pass anywhere=True if that is intended"
            )
        self.core = core_of(server)
        self.password = password
        self.path = None if path is None else os.fspath(path)
        self.host: str | None = None if path is not None else host
        self.port: int | None = None if path is not None else port
        self._ssl = ssl_context
        self.transports: set[asyncio.Transport] = set()
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._serve, name="cache-provider-door", daemon=True)
        self._thread.start()
        try:
            self._started.result()
        except BaseException:
            self._thread.join()
            raise

    @property
    def url(self) -> str:
        """Where clients find it, the password included."""
        login = "" if self.password is None else f":{quote(self.password, safe='')}@"
        if self.path is not None:
            return f"unix://{login}{self.path}"
        scheme = "redis" if self._ssl is None else "rediss"
        host = f"[{self.host}]" if ":" in str(self.host) else self.host
        return f"{scheme}://{login}{host}:{self.port}/0"

    def __repr__(self) -> str:
        place = self.path if self.path is not None else f"{self.host}:{self.port}"
        return f"<Listener {place}{' closed' if self._closed else ''}>"

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._run())
        except BaseException as error:  # noqa: BLE001 - told where it was asked for
            if not self._started.done():
                self._started.set_exception(error)
        finally:
            self._loop.close()

    async def _run(self) -> None:
        self._stopping = asyncio.Event()
        server = await self._bind()
        self._started.set_result(None)
        while not self._stopping.is_set():
            self.core.tell_expired()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), TICK)
        server.close()
        for transport in list(self.transports):
            transport.abort()
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self.path is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)  # noqa: PTH108 - one call, in the loop

    async def _bind(self) -> asyncio.Server:
        def protocol() -> _Protocol:
            return _Protocol(self)

        if self.path is not None:
            return await self._loop.create_unix_server(protocol, self.path, ssl=self._ssl, backlog=_BACKLOG)
        server = await self._loop.create_server(
            protocol, self.host, self.port or 0, ssl=self._ssl, backlog=_BACKLOG
        )
        self.port = server.sockets[0].getsockname()[1]
        return server

    def close(self) -> None:
        """Close the socket and all its connections; nothing is left of them. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._loop.call_soon_threadsafe(self._stopping.set)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
