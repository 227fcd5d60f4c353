"""A client at a socket: what it sent is run in the listener's loop, and its replies are written there."""

import asyncio
import contextlib
import threading
from collections import deque
from typing import Any

from cache_provider.aio.steps import finish
from cache_provider.aio.waiting import AsyncWaiter
from cache_provider.door.core import Core
from cache_provider.door.dispatcher import execute
from cache_provider.door.overseeing import Overseen
from cache_provider.door.replies import Refusal, Reply
from cache_provider.door.session import BlockingWait, Request, Session
from cache_provider.door.wire import encode
from cache_provider.steps import Steps
from cache_provider.waiting import Gate, Patience

_PIECE = 1 << 20
"""Bytes of replies that are sent before the client's next requests are run."""

_PATIENCE = 1.0
"""Real seconds to wait for a loop that is about to end to close a socket."""


def internal_error(error: Exception) -> Refusal:
    """Return what answers a request that could not be dealt with."""
    return Refusal(f"ERR internal error: {type(error).__name__}: {error}")


class SocketSession(Session):
    """A client on the other side of a socket; all but `send`, `resume` and `hang_up` runs in the loop."""

    def __init__(
        self, core: Core, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport, password: str | None
    ) -> None:
        self._loop = loop
        self._thread = threading.get_ident()
        self._transport = transport
        # What is to be sent, in the order in which it came to be, whichever thread it came from.
        self._out: deque[bytes] = deque()
        self._out_size = 0
        self._is_taking = False
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
        self._out.append(data)
        if threading.get_ident() != self._thread:
            self._soon(self._flush)
            return
        self._out_size += len(data)
        if not self._is_taking or self._out_size > _PIECE:
            self._flush()

    def _soon(self, call: Any, *arguments: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: there is nobody to tell
            self._loop.call_soon_threadsafe(call, *arguments)

    def _flush(self) -> None:
        self._out_size = 0
        out = self._out
        # Other threads may append meanwhile; they have it flushed, too.
        data = b"".join([out.popleft() for _ in range(len(out))])
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def take(self, requests: list[Request]) -> None:
        """Run requests and send what they bring in one piece."""
        self._is_taking = True
        try:
            for request in requests:
                if self.is_closed or self._is_leaving:
                    break
                if self._is_stuffed:
                    self.pending.append(request)
                else:
                    self.receive(request)
        finally:
            self._have_taken()

    def _have_taken(self) -> None:
        self._is_taking = False
        self._flush()
        if self._is_leaving:
            self._transport.close()

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
        self._is_taking = True
        try:
            self.proceed()
        finally:
            self._have_taken()

    def hang_up(self) -> None:
        if threading.get_ident() == self._thread and self._is_taking:
            self._is_leaving = True
        else:
            self._soon(self._transport.close)

    def break_off(self) -> None:
        self.is_closed = True
        if threading.get_ident() == self._thread:
            self._transport.abort()
            return
        is_over = threading.Event()
        self._soon(self._abort, is_over)
        is_over.wait(_PATIENCE)

    def _abort(self, is_over: threading.Event) -> None:
        self._transport.abort()
        # The socket is closed in the loop's next round.
        self._loop.call_soon(self._loop.call_soon, is_over.set)

    def lost(self) -> None:
        """Leave nothing behind: the socket is closed."""
        self.is_closed = True
        self.core.lost(self)
        if self._waiter is not None:
            self._waiter.wake()


class OverseenSocketSession(Overseen, SocketSession):
    """A client on the other side of a socket whose commands are shown to an overseer, one after the other."""

    _working: asyncio.Task[None] | None = None

    def take(self, requests: list[Request]) -> None:
        self.pending.extend(requests)
        self._proceed()

    def _proceed(self) -> None:
        if self.pending and (self._working is None or self._working.done()):
            self._working = self._loop.create_task(self._work_off())

    async def _work_off(self) -> None:
        while self.pending and self.may_proceed() and not self._transport.is_closing():
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
