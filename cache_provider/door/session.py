"""A client's session: what the server knows of one connection."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from cache_provider.door.replies import Push, Reply, Several
from cache_provider.door.table import CommandRow
from cache_provider.memory.entry import Stored

Request = list[bytes]


class BlockingWait:
    """What a blocking command returns where there is nothing to take yet.

    Attributes:
        keys: Any of them may bring something.
        attempt: Tries a key that has changed; returns a reply, or None where there is still nothing.
        instead: The reply where nobody may wait.
        timeout_ms: How long to wait, None without end.
    """

    __slots__ = ("attempt", "index", "instead", "keys", "session", "timeout_ms")

    def __init__(
        self,
        keys: Iterable[str],
        attempt: Callable[[Any, bytes], Reply | None],
        instead: Reply,
        timeout_ms: int | None,
    ) -> None:
        self.keys = tuple(dict.fromkeys(keys))
        self.attempt = attempt
        self.instead = instead
        self.timeout_ms = timeout_ms
        self.session: Session
        self.index = 0


class Session(ABC):
    """One client. Requests come in through `receive`, replies go out through `send`.

    Attributes:
        number: The client's number.
        index: The database it has selected.
        protocol: 2 or 3.
        name: What it calls itself.
        address: Where it is.
        password: What it has to show; None where nothing is asked for.
        trusted: Whether it has shown the password, or none is asked for.
        queued: The commands of its transaction; None outside one.
        is_broken: Whether one of those was refused.
        watched: What it watches, and what was there.
        is_dirty: Whether that was written since.
        wait: What it waits for.
        channels: What it listens to, in order.
        patterns: The same for patterns.
        shards: The same for sharded channels.
        listening: To how many of all those it listens.
        is_closed: Whether it has gone, or has to.
        reply_timeout: How many seconds the client waits for a reply; None where nobody knows.
        aside: What it is told while its transaction runs, or between a command and its reply.
        is_overseen: Whether its replies are shown to somebody before they go out.
        core: The server.
    """

    is_overseen = False
    core: Any

    def __init__(self, number: int, address: str, now: int, *, password: str | None = None) -> None:
        self.number = number
        self.address = address
        self.since_ms = now
        self.wait: BlockingWait | None = None
        self.is_closed = False
        self.pending: deque[Request] = deque()
        self.watched: dict[tuple[int, str], Stored | None] = {}
        self.channels: dict[bytes, None] = {}
        self.patterns: dict[bytes, None] = {}
        self.shards: dict[bytes, None] = {}
        self.listening = 0
        self.last_command = "NULL"
        self.aside: list[Push] | None = None
        self.no_evict = False
        self.reply_timeout: float | None = None
        self.password = password
        self.forget_all()

    def forget_all(self) -> None:
        """Be as a new connection is, but for what it watches and listens to."""
        self.index = 0
        self.protocol = 2
        self.name = b""
        self.trusted = self.password is None
        self.queued: list[tuple[CommandRow, Request]] | None = None
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

    def break_off(self) -> None:
        """End the connection now, whatever was sent."""
        self.is_closed = True
        self.hang_up()

    def receive(self, request: Request) -> None:
        """Run a request, once those before it are done."""
        if self.wait is not None or self.pending:
            self.pending.append(request)
        else:
            self.run(request)

    def proceed(self) -> None:
        """Run the requests that came while the client waited."""
        while self.pending and self.may_proceed():
            self.run(self.pending.popleft())

    def may_proceed(self) -> bool:
        """Tell whether the client's next request may run."""
        return self.wait is None and not self.is_closed

    @abstractmethod
    def run(self, request: Request) -> None:
        """Run a request and answer it, unless it has to wait."""

    def answer(self, reply: Reply) -> None:
        """Send the reply to a command, unless the client wants none, and what was held back for it."""
        if self.aside is not None:
            self.core.answer(self, reply)
        elif self.replies_are == "on" or type(reply) is Several:
            # What it listens to, and that it does, a client is told in any case.
            self.send(reply)
        elif self.replies_are == "skip next":
            self.replies_are = "skip"
        elif self.replies_are == "skip":
            self.replies_are = "on"

    def hold_back(self) -> None:
        """Have what the client is told from now on come after its reply; under the mutex."""
        if self.aside is None:
            self.aside = []

    def tell(self, push: Push) -> None:
        """Let the client have what it listens to; under the mutex."""
        if self.aside is None:
            self.send(push)
        else:
            self.aside.append(push)

    def served(self, reply: Reply) -> None:
        """End the wait with a reply; under the mutex."""
        self.answer(reply)
        # Only now: what the client asks from then on is answered after it.
        self.wait = None
        self.resume()


class ScriptSession(Session):
    """Whose commands those of a script are: a database of its own choice, and nobody to answer."""

    def __init__(self, caller: Session) -> None:
        super().__init__(caller.number, caller.address, caller.since_ms)
        self.index = caller.index

    def send(self, reply: Reply) -> None:
        pass

    def resume(self) -> None:
        pass

    def hang_up(self) -> None:
        pass

    def run(self, request: Request) -> None:
        pass
