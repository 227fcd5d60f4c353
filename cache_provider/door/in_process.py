"""A session without a wire: arguments go in and replies come out as they are."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cache_provider.clock import monotonic
from cache_provider.door.core import TICK, Core
from cache_provider.door.dispatcher import execute
from cache_provider.door.numbers import double_text
from cache_provider.door.overseeing import Overseen
from cache_provider.door.overseer import Overseer
from cache_provider.door.replies import (
    Attribute,
    BigNumber,
    Map,
    NullArray,
    Pairs,
    Refusal,
    Reply,
    Several,
    is_array,
)
from cache_provider.door.session import BlockingWait, Request, Session
from cache_provider.steps import Steps
from cache_provider.waiting import Gate, Patience

Decode = Callable[[bytes], Any]


class LocalSession(Session):
    """A client of this process.

    Attributes:
        replies: What it has not read yet.
        gate: Where it waits for more.
        patience: How long its last command that had to wait is to wait.
        is_late: Whether the connection ended by a time-out of the client.
        tick: How often who listens looks, in real seconds; None where time passes by steps.
    """

    is_late = False
    tick: float | None = TICK

    def __init__(self, core: Core) -> None:
        self.replies: deque[Reply] = deque()
        self.gate: Gate | None = None
        self.patience: Patience | None = None
        self.core = core
        super().__init__(next(core.numbers), "in-process:0", core.clock.now_ms())
        core.admit(self)

    def send(self, reply: Reply) -> None:
        if type(reply) is Several:
            self.replies.extend(part for part in reply if type(part) is not Attribute)
        else:
            self.replies.append(reply)
        if self.gate is not None:
            self.gate.wake()

    def resume(self) -> None:
        gate = self.gate
        if gate is not None:
            gate.wake()

    def hang_up(self) -> None:
        self.is_closed = True
        self.resume()

    def run(self, request: Request) -> None:
        reply = execute(self.core, self, request)
        if type(reply) is not BlockingWait:
            self.answer(reply)
        elif self.wait is reply:
            self.patience = Patience(self.core.clock, reply.timeout_ms)

    def reading(self, gate: Gate, seconds: float | None) -> Steps[bool]:
        """Wait at `gate` for something to read, some real seconds; tell whether waiting longer is no use."""
        until = None if seconds is None else self.seconds() + seconds
        self.gate = gate
        try:
            while not self.is_due():
                left = None if until is None else until - self.seconds()
                if left is not None and left <= 0:
                    return False
                patience = self._patience_now()
                if self.listening and self.tick is not None:
                    # What expires meanwhile may be what it listens for.
                    left = self.tick if left is None else min(left, self.tick)
                yield gate.wait(patience) if left is None else gate.wait(patience, at_most=left)
                yield from self.catch_up()
        finally:
            self.gate = None
        return True

    def seconds(self) -> float:
        """Return the time by which the client's own time-outs run."""
        return monotonic()

    def is_due(self) -> bool:
        """Tell whether there is something to read now, be it that a wait has just lasted long enough."""
        if self.pending:
            self.proceed()
        if self.listening:
            self.core.tell_expired()
        wait, patience = self.wait, self.patience
        if wait is not None and patience is not None and patience.is_over():
            self.core.time_is_up(wait)
        return bool(self.replies) or self.is_closed

    def catch_up(self) -> Iterable[Any]:
        """Return the steps to be taken when a wait is over: none but those of who oversees."""
        return ()

    def _patience_now(self) -> Patience:
        if self.wait is not None and self.patience is not None:
            return self.patience
        return Patience(self.core.clock, None)


class OverseenLocalSession(Overseen, LocalSession):
    """A client of this process whose commands are shown to an overseer.

    Args:
        core: The server.
        overseer: Is shown them.
        is_async: Whether its client awaits.
    """

    def __init__(self, core: Core, overseer: Overseer, *, is_async: bool) -> None:
        self.oversee(overseer, is_async=is_async)
        if overseer.keeps_time:
            self.tick = None
        super().__init__(core)

    def take(self, requests: Sequence[Request]) -> Steps[None]:
        """Run requests, as far as none has to wait."""
        if len(requests) == 1 and not (self.pending or self.is_blocked or self.is_closed):
            return self.attend(requests[0])
        self.pending.extend(requests)
        return self.catch_up()

    def proceed(self) -> None:
        pass

    def reading(self, gate: Gate, seconds: float | None) -> Steps[bool]:
        yield from self.catch_up()
        if self.listening and seconds is not None and seconds <= 0:
            yield from self.overseer.look(self)
        is_there = yield from super().reading(self.overseer.gate(self, gate), seconds)
        yield from self.catch_up()
        return is_there

    def is_due(self) -> bool:
        return super().is_due() or self.is_served

    def seconds(self) -> float:
        return self.overseer.seconds()

    def catch_up(self) -> Steps[None]:
        yield from self.unblock()
        while self.pending and not self.is_blocked and not self.is_closed:
            yield from self.attend(self.pending.popleft())


def plain(reply: Reply, protocol: int, decode: Decode, error: Callable[[str], Exception]) -> Any:
    """Return a reply as a client library's parser would."""
    if isinstance(reply, bytes):
        return int(reply) if protocol == 3 and type(reply) is BigNumber else decode(bytes(reply))
    if is_array(reply):
        return _plain_parts(reply, protocol, decode, error)
    if isinstance(reply, Refusal):
        return error(reply.wire.decode("utf-8", "replace"))
    if protocol == 2 and isinstance(reply, float):
        return decode(double_text(reply))
    if protocol == 2 and isinstance(reply, bool):
        return int(reply)
    return None if isinstance(reply, NullArray) else reply


def _plain_parts(
    reply: list[Reply], protocol: int, decode: Decode, error: Callable[[str], Exception]
) -> list[Any] | dict[Any, Any]:
    parts = [plain(part, protocol, decode, error) for part in reply]
    if protocol == 3 and isinstance(reply, Map):
        return dict(zip(parts[::2], parts[1::2], strict=True))
    if protocol == 3 and isinstance(reply, Pairs):
        return [parts[place : place + 2] for place in range(0, len(parts), 2)]
    return parts
