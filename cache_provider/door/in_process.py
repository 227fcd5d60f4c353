"""A session without a wire: arguments go in and replies come out as they are."""

from collections import deque
from collections.abc import Callable
from typing import Any

from cache_provider.clock import monotonic
from cache_provider.door.core import Core
from cache_provider.door.dispatcher import execute
from cache_provider.door.numbers import double_text
from cache_provider.door.replies import Map, NullArray, Pairs, Refusal, Reply, Several, Status, Verbatim
from cache_provider.door.session import Request, Session, Wait
from cache_provider.steps import Steps
from cache_provider.waiting import Gate, Patience

Decode = Callable[[bytes], Any]


class LocalSession(Session):
    """A client of this process.

    Attributes:
        replies: What it has not read yet.
        gate: Where it waits for more.
    """

    def __init__(self, core: Core) -> None:
        self.replies: deque[Reply] = deque()
        self.gate: Gate | None = None
        self._patience: Patience | None = None
        self.core = core
        super().__init__(
            next(core.numbers), "in-process:0", core.server.clock.now_ms(), trusted=core.password is None
        )
        core.sessions[self.number] = self

    def send(self, reply: Reply) -> None:
        """Keep a reply until it is read."""
        if type(reply) is Several:
            self.replies.extend(reply)
        else:
            self.replies.append(reply)
        self.resume()

    def resume(self) -> None:
        """Wake who reads."""
        gate = self.gate
        if gate is not None:
            gate.wake()

    def hang_up(self) -> None:
        """Have the client find the connection closed once it has read what is there."""
        self.is_closed = True
        self.resume()

    def run(self, request: Request) -> None:
        """Run a request and keep its reply, unless it has to wait."""
        reply = execute(self.core, self, request)
        if type(reply) is not Wait:
            self.answer(reply)
        elif self.wait is reply:
            self._patience = Patience(self.core.server.clock, reply.timeout_ms)

    def reading(self, gate: Gate, seconds: float | None) -> Steps[bool]:
        """Wait at `gate` for something to read; tell whether there is, or will never be, in so many real seconds."""
        until = None if seconds is None else monotonic() + seconds
        self.gate = gate
        try:
            while not self.is_due():
                left = None if until is None else until - monotonic()
                if left is not None and left <= 0:
                    return False
                patience = self._patience_now()
                yield gate.wait(patience) if left is None else gate.wait(patience, at_most=left)
        finally:
            self.gate = None
        return True

    def is_due(self) -> bool:
        """Tell whether there is something to read now, be it that a wait has just lasted long enough."""
        self.proceed()
        wait, patience = self.wait, self._patience
        if wait is not None and patience is not None and patience.is_over():
            self.core.time_is_up(wait)
        return bool(self.replies) or self.is_closed

    def _patience_now(self) -> Patience:
        if self.wait is not None and self._patience is not None:
            return self._patience
        return Patience(self.core.server.clock, None)


def plain(reply: Reply, protocol: int, decode: Decode, error: Callable[[str], Exception]) -> Any:
    """Return a reply as a client library's parser would."""
    kind = type(reply)
    if reply is None or kind is int:
        return reply
    if kind is bytes:
        return decode(reply)
    if kind is Status or kind is Verbatim:
        return decode(bytes(reply))
    if kind is Refusal:
        return error(reply.wire.decode("utf-8", "replace"))
    if kind is float:
        return reply if protocol == 3 else decode(double_text(reply))
    if kind is NullArray:
        return None
    if kind is bool:
        return reply if protocol == 3 else int(reply)
    parts = [plain(part, protocol, decode, error) for part in reply]
    if protocol == 3 and kind is Map:
        return dict(zip(parts[::2], parts[1::2], strict=True))
    if protocol == 3 and kind is Pairs:
        return [parts[place : place + 2] for place in range(0, len(parts), 2)]
    return parts
