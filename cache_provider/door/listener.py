"""The socket: TCP, TLS or a unix path, served by one event loop in a thread of its own."""

import asyncio
import contextlib
import ipaddress
import os
import ssl
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import quote

from cache_provider.aio.steps import finish
from cache_provider.aio.waiting import AsyncWaiter
from cache_provider.door.core import TICK, Core
from cache_provider.door.dispatcher import execute
from cache_provider.door.entrance import core_of
from cache_provider.door.overseeing import Overseen
from cache_provider.door.replies import Refusal, Reply
from cache_provider.door.session import BlockingWait, Request, Session
from cache_provider.door.wire import ProtocolError, RequestParser, encode
from cache_provider.steps import Steps
from cache_provider.waiting import Gate, Patience

if TYPE_CHECKING:
    from cache_provider.memory.server import MemoryServer

_BACKLOG = 1024
_PIECE = 1 << 20
"""Bytes of replies that are sent before the client's next requests are run."""


def internal_error(error: Exception) -> Refusal:
    """Return what answers a request that could not be dealt with."""
    return Refusal(f"ERR internal error: {type(error).__name__}: {error}")


class _SocketSession(Session):
    """A client on the other side of a socket; all but `send`, `resume` and `hang_up` runs in the loop."""

    def __init__(
        self, core: Core, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, password: str | None
    ) -> None:
        self._loop = loop
        self._thread = threading.get_ident()
        self._transport = transport
        self._out: list[bytes] | None = None
        self._out_size = 0
        self._is_stuffed = False
        self._waiter: AsyncWaiter | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._is_leaving = False
        peer = transport.get_extra_info("peername")
        self.core = core
        address = f"{peer[0]}:{peer[1]}" if isinstance(peer, tuple) else f"{peer or ''}:0"
        now = core.clock.now_ms()
        super().__init__(next(core.numbers), address, now, password=password)
        core.admit(self)

    def send(self, reply: Reply) -> None:
        data = encode(reply, self.protocol)
        if threading.get_ident() != self._thread:
            self._soon(self._write, data)
        elif self._out is None:
            self._write(data)
        else:
            self._out.append(data)
            self._out_size += len(data)
            if self._out_size > _PIECE:
                self._write_out(self._out)
                self._out.clear()

    def _soon(self, call: Any, *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: there is nobody to tell
            self._loop.call_soon_threadsafe(call, *arguments)

    def _write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def take(self, requests: list[Request]) -> None:
        """Run requests and send what they bring in one piece."""
        self._out = []
        try:
            for request in requests:
                if self.is_closed or self._is_leaving:
                    break
                if self._is_stuffed:
                    self.pending.append(request)
                else:
                    self.receive(request)
        finally:
            self._flush()

    def _flush(self) -> None:
        out, self._out = self._out, None
        if out:
            self._write_out(out)
        if self._is_leaving:
            self._transport.close()

    def _write_out(self, out: list[bytes]) -> None:
        self._out_size = 0
        self._write(b"".join(out))

    def may_proceed(self) -> bool:
        return super().may_proceed() and not self._is_stuffed

    def stuff(self, is_stuffed: bool) -> None:
        """Run no request while what was answered before is not read, and then go on."""
        self._is_stuffed = is_stuffed
        if not is_stuffed:
            self._proceed()

    def run(self, request: Request) -> None:
        try:
            reply = execute(self.core, self, request)
        except Exception as error:  # noqa: BLE001 - one client's odd request must not end the others' server
            reply = internal_error(error)
        if type(reply) is not BlockingWait:
            self.answer(reply)
        elif self.wait is reply:
            self._waiter = AsyncWaiter()
            self._waiting = self._loop.create_task(self._wait(reply, self._waiter))

    async def _wait(self, wait: BlockingWait, waiter: AsyncWaiter) -> None:
        patience = Patience(self.core.clock, wait.timeout_ms)
        while self.wait is wait and not patience.is_over():
            await waiter.wait(patience)
        self.core.time_is_up(wait)

    def resume(self) -> None:
        if self._waiter is not None:
            self._waiter.wake()
        self._soon(self._proceed)

    def _proceed(self) -> None:
        self._out = []
        try:
            self.proceed()
        finally:
            self._flush()

    def hang_up(self) -> None:
        if threading.get_ident() == self._thread and self._out is not None:
            self._is_leaving = True
        else:
            self._soon(self._transport.close)

    def lost(self) -> None:
        """Leave nothing behind: the socket is closed."""
        self.is_closed = True
        self.core.lost(self)
        if self._waiter is not None:
            self._waiter.wake()


class _OverseenSocketSession(Overseen, _SocketSession):
    """A client on the other side of a socket whose commands are shown to an overseer, one after the other."""

    _working: asyncio.Task[None] | None = None

    def take(self, requests: list[Request]) -> None:
        self.pending.extend(requests)
        if self.pending and (self._working is None or self._working.done()):
            self._working = self._loop.create_task(self._work_off())

    async def _work_off(self) -> None:
        while self.pending and not self.is_closed and not self._transport.is_closing():
            await finish(self._attend(self.pending.popleft()))

    def _attend(self, request: Request) -> Steps[None]:
        try:
            yield from self.attend(request)
            self._waiter = AsyncWaiter()
            while self.is_blocked and not self.is_closed:
                yield from self._wait_on(self.overseer.gate(self, self._waiter))
        except Exception as error:  # noqa: BLE001 - as in `run`
            self.answer(internal_error(error))

    def _wait_on(self, gate: Gate) -> Steps[None]:
        wait, patience = self.wait, self.patience
        if wait is not None and patience is not None:
            yield gate.wait(patience)
            if patience.is_over():
                self.core.time_is_up(wait)
        yield from self.unblock()

    def _proceed(self) -> None:
        pass


class _Protocol(asyncio.Protocol):
    """Requests from a socket's bytes."""

    def __init__(self, listener: "Listener") -> None:
        self._listener = listener
        self._parser = RequestParser()
        self._session: _SocketSession | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a session."""
        self._transport = cast("asyncio.Transport", transport)
        core = self._listener.core
        loop, password = asyncio.get_running_loop(), self._listener.password
        if core.overseer is None:
            self._session = _SocketSession(core, loop, self._transport, password)
        else:
            self._session = _OverseenSocketSession(core, loop, self._transport, password)
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
