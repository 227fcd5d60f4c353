"""A client's session: what the server knows of one connection."""

from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING

from cache_provider.door.blocking import Wait
from cache_provider.door.replies import NULL_ARRAY, Refusal, Reply
from cache_provider.memory.entry import Stored

if TYPE_CHECKING:
    from cache_provider.door.core import Core
    from cache_provider.door.table import Command

Request = list[bytes]


class Session(ABC):
    """One client. Requests come in through `receive`, replies go out through `send`.

    Attributes:
        core: The server.
        number: The client's number.
        index: The database it has selected.
        protocol: 2 or 3.
        name: What it calls itself.
        address: Where it is.
        trusted: Whether it has shown the password, or none is asked for.
        queued: The commands of its transaction; None outside one.
        is_broken: Whether one of those was refused.
        watched: What it watches, and what was there.
        is_dirty: Whether that was written since.
        wait: What it waits for.
        channels: What it listens to, in order.
        patterns: The same for patterns.
        shards: The same for sharded channels.
        is_closed: Whether it has gone, or has to.
    """

    def __init__(self, core: "Core", address: str) -> None:
        self.core = core
        self.number = next(core.numbers)
        self.address = address
        self.since_ms = core.server.clock.now_ms()
        self.wait: Wait | None = None
        self.is_closed = False
        self.pending: deque[Request] = deque()
        self.watched: dict[tuple[int, str], Stored | None] = {}
        self.channels: dict[bytes, None] = {}
        self.patterns: dict[bytes, None] = {}
        self.shards: dict[bytes, None] = {}
        self.last_command = "NULL"
        self.no_evict = False
        self.forget_all()
        core.sessions[self.number] = self

    def forget_all(self) -> None:
        """Be as a new connection is, but for what it watches and listens to."""
        self.index = 0
        self.protocol = 2
        self.name = b""
        self.trusted = self.core.password is None
        self.queued: list[tuple[Command, Request]] | None = None
        self.is_broken = False
        self.is_dirty = False
        self.replies_are = "on"

    @abstractmethod
    def send(self, reply: Reply) -> None:
        """Let the client have a reply, or what it listens to. From any thread, the mutex held or not."""

    @abstractmethod
    def resume(self) -> None:
        """Have `proceed` called soon; called under the mutex when the client waits no more."""

    @abstractmethod
    def hang_up(self) -> None:
        """End the connection once what was sent is out."""

    def receive(self, request: Request) -> None:
        """Run a request, once those before it are done."""
        if self.wait is not None or self.pending:
            self.pending.append(request)
        else:
            self.run(request)

    def proceed(self) -> None:
        """Run the requests that came while the client waited."""
        while self.pending and self.wait is None and not self.is_closed:
            self.run(self.pending.popleft())

    @abstractmethod
    def run(self, request: Request) -> None:
        """Run a request and answer it, unless it has to wait."""

    def answer(self, reply: Reply) -> None:
        """Send the reply to a command, unless the client wants none."""
        if self.replies_are == "on":
            self.send(reply)
        elif self.replies_are == "skip next":
            self.replies_are = "skip"
        elif self.replies_are == "skip":
            self.replies_are = "on"

    def served(self, reply: Reply) -> None:
        """End the wait with a reply; under the mutex."""
        self.wait = None
        self.answer(reply)
        self.resume()

    def time_is_up(self, wait: Wait) -> None:
        """End a wait that has lasted long enough, unless it was served meanwhile."""
        with self.core.server.mutex:
            if self.wait is wait:
                self.core.queues.leave(wait)
                self.served(NULL_ARRAY)

    def release(self, refusal: Refusal | None) -> bool:
        """End the wait as CLIENT UNBLOCK does; tell whether there was one. Under the mutex."""
        wait = self.wait
        if wait is None:
            return False
        self.core.queues.leave(wait)
        self.served(NULL_ARRAY if refusal is None else refusal)
        return True

    def listens(self) -> int:
        """Return to how many channels and patterns the client listens."""
        return len(self.channels) + len(self.patterns) + len(self.shards)

    def leave(self) -> None:
        """Leave nothing behind. Takes the mutex."""
        with self.core.server.mutex:
            self.leave_quietly()

    def leave_quietly(self) -> None:
        """Leave nothing behind; under the mutex."""
        self.is_closed = True
        if self.wait is not None:
            self.core.queues.leave(self.wait)
            self.wait = None
        self.core.watches.forget(self)
        self.core.subscriptions.forget(self)
        self.core.sessions.pop(self.number, None)


class ScriptSession(Session):
    """Whose commands those of a script are: a database of its own choice, and nobody to answer."""

    def __init__(self, core: "Core", index: int, protocol: int) -> None:
        super().__init__(core, "")
        core.sessions.pop(self.number)
        self.index = index
        self.protocol = protocol
        self.trusted = True

    def send(self, reply: Reply) -> None:
        """Do nothing."""

    def resume(self) -> None:
        """Do nothing."""

    def hang_up(self) -> None:
        """Do nothing."""

    def run(self, request: Request) -> None:
        """Do nothing."""
