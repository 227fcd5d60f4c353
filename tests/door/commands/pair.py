"""A real server and the door, sent the same commands; what they answer is compared byte for byte."""

import select
import socket
from collections.abc import Callable
from typing import Any

from cache_provider import ManualClock, MemoryServer
from cache_provider.door.entrance import core_of
from cache_provider.door.in_process import LocalSession
from cache_provider.door.names import name_of
from cache_provider.door.payloads import Scores
from cache_provider.door.replies import is_array
from cache_provider.door.wire import encode
from cache_provider.memory.entry import Stored
from cache_provider.testing.servers.movable import MovableServer
from tests.door.commands.versions import Version

REDIS_7 = Version("redis 7.0")

UNORDERED = frozenset(
    {b"SMEMBERS", b"SINTER", b"SUNION", b"SDIFF", b"HKEYS", b"HVALS", b"KEYS", b"SORT", b"PUBSUB"}
)
UNORDERED_PAIRS = frozenset({b"HGETALL", b"CONFIG"})
SCANS = frozenset({b"SCAN", b"SSCAN"})
LEX = frozenset(
    {
        b"ZRANGE",
        b"ZRANGESTORE",
        b"ZRANGEBYLEX",
        b"ZREVRANGEBYLEX",
        b"ZLEXCOUNT",
        b"ZREMRANGEBYLEX",
    }
)
PAIR_SCANS = frozenset({b"HSCAN", b"ZSCAN"})
RANDOM = frozenset({b"SPOP", b"SRANDMEMBER", b"HRANDFIELD", b"ZRANDMEMBER", b"RANDOMKEY", b"DBSIZE"})


class DivergenceError(AssertionError):
    """The door and the server do not answer the same."""


class Wire:
    """One connection to the real server, by its bytes."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._socket.settimeout(5)
        self._buffer = b""

    def send(self, words: list[bytes]) -> None:
        """Send a command."""
        parts = [b"*%d\r\n" % len(words), *(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)]
        self._socket.sendall(b"".join(parts))

    def receive(self) -> tuple[bytes, Any]:
        """Return the next reply as bytes, and what it says."""
        while True:
            try:
                value, end = parse(self._buffer, 0)
            except IndexError:
                more = self._socket.recv(1 << 16)
                if not more:
                    raise ConnectionError("closed") from None
                self._buffer += more
            else:
                raw, self._buffer = self._buffer[:end], self._buffer[end:]
                return raw, value

    def is_quiet(self) -> bool:
        """Tell whether there is nothing to receive."""
        return not self._buffer and not select.select([self._socket], [], [], 0)[0]

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def parse(data: bytes, start: int) -> tuple[Any, int]:
    """Return what a reply says, and where it ends; IndexError where it does not yet."""
    end = data.find(b"\r\n", start)
    if end < 0:
        raise IndexError
    kind, line, end = data[start : start + 1], data[start + 1 : end], end + 2
    if kind in b"$=" and line != b"-1":
        length = int(line)
        if len(data) < end + length + 2:
            raise IndexError
        return (kind, data[end : end + length]), end + length + 2
    if kind in b"*~%>" and line != b"-1":
        parts: list[Any] = []
        missing = int(line) * (2 if kind == b"%" else 1)
        while missing:
            part, end = parse(data, end)
            parts.append(part)
            missing -= not is_message(part)
        return (kind, parts), end
    return (kind, line), end


SORTS = {b"SORT", b"SORT_RO"}
STALE_ERROR = (b"-", b"ERR One or more scores can't be converted into double")
"""Redis 7.0 reads a weight without resetting `errno`: after one out of range, good ones may be refused."""


def is_message(part: Any) -> bool:
    """Tell whether this is what PUBLISH sent: between the replies of a transaction nobody counts it."""
    return is_array(part[1]) and len(part[1]) == 3 and part[1][0] == (b"$", b"message")


class Pair:
    """The two, with a clock that stands and is moved on both, and some clients on each.

    Args:
        real: The real server, whose time stands.
        clock: The door's clock, at the same moment.
        clients: How many there are on each side.
        version: What the real server is known to do otherwise.
    """

    def __init__(
        self,
        real: MovableServer,
        path: str,
        clock: ManualClock,
        clients: int = 2,
        version: Version = REDIS_7,
    ) -> None:
        self._version = version
        self._real = real
        self._clock = clock
        self._path = path
        self.clients = clients
        self.history: list[tuple[int, list[bytes]]] = []
        self._names: list[bytes] = []
        self.wires = [Wire(path) for _ in range(clients)]
        self._control = Wire(path)
        self.restart(2)

    def close(self) -> None:
        """Close all connections."""
        for wire in (*self.wires, self._control):
            wire.close()

    def restart(self, protocol: int) -> None:
        """Empty both, and begin anew with that protocol."""
        for wire in self.wires:
            wire.close()
        self.wires = [Wire(self._path) for _ in range(self.clients)]
        core = core_of(MemoryServer(clock=self._clock))
        self.sessions = [LocalSession(core) for _ in range(self.clients)]
        self.history = []
        for wire in self.wires:
            for words in ([b"FLUSHALL"], [b"HELLO", b"%d" % protocol]):
                wire.send(words)
                wire.receive()
        for session in self.sessions:
            session.protocol = protocol

    def pass_time(self, milliseconds: int) -> None:
        """Let time pass on both sides."""
        self.history.append((-1, [b"%d ms" % milliseconds]))
        self._real.pass_time(milliseconds / 1000)
        self._clock.advance(milliseconds / 1000)
        for number, session in enumerate(self.sessions):
            if session.is_due():
                self._compare_news(number, [b"time"])

    def send(self, client: int, words: list[bytes]) -> None:
        """Have a client send a command on both sides, and compare all that comes of it for anybody.

        Raises:
            DivergenceError: It is not the same.
        """
        session = self.sessions[client]
        if session.wait is not None or session.is_closed or is_later_page(words):
            return
        if is_left_to_chance(session, words) or self._version.leaves_out(session, words):
            return
        self.history.append((client, words))
        self._names = [words[0].upper()]
        if self._names == [b"EXEC"] and session.queued is not None:
            self._names = [name for _, request in session.queued for name in repliers(request)]
        self.wires[client].send(words)
        session.receive(list(words))
        if session.wait is not None:
            # What came before it has been read when this is answered.
            self._control.send([b"PING"])
            self._control.receive()
        for number in range(self.clients):
            self._compare_news(number, words)
        name = words[0].upper()
        if name == b"SPOP" and len(words) > 1 and session.queued is None:
            self.send(client, [b"DEL", words[1]])

    def _compare_news(self, number: int, words: list[bytes]) -> None:
        session = self.sessions[number]
        while session.replies:
            self._compare(number, words, encode(session.replies.popleft(), session.protocol))

    def finish(self) -> None:
        """Compare that nobody on the real server has heard more than at the door."""
        for client, session in enumerate(self.sessions):
            if session.wait is None and not session.is_closed:
                self.send(client, [b"PING"])
        for client, wire in enumerate(self.wires):
            if not wire.is_quiet():
                raise DivergenceError(self._story(client, b"(nothing)", wire.receive()[0]))

    def _compare(self, client: int, words: list[bytes], ours: bytes) -> None:
        try:
            # A command that has several replies has them in a transaction too, which counts one.
            received = [self.wires[client].receive() for _ in said(ours)]
        except TimeoutError:
            raise DivergenceError(self._story(client, ours, b"(nothing)")) from None
        theirs = b"".join(raw for raw, _ in received)
        if ours == theirs:
            return
        same = same_transaction if words[0].upper() == b"EXEC" else same_reply
        if same(self._version, self._names, said(ours), [value for _, value in received]):
            return
        raise DivergenceError(self._story(client, ours, theirs))

    def _story(self, client: int, ours: bytes, theirs: bytes) -> str:
        lines = [f"{number}: {b' '.join(words)!r}" for number, words in self.history[-400:]]
        return "\n".join([*lines, f"client {client}: the door {ours!r}", f"the server {theirs!r}"])


def is_later_page(words: list[bytes]) -> bool:
    """Tell whether a command goes on with a scan: what a cursor means is each server's own."""
    name = words[0].upper()
    cursor = words[1:2] if name == b"SCAN" else words[2:3] if name in SCANS | PAIR_SCANS else []
    return cursor not in ([], [b"0"])


def is_left_to_chance(session: LocalSession, words: list[bytes]) -> bool:
    """Tell whether a command asks for the alphabet's order in a sorted set that may not have it.

    Where scores differ Redis promises nothing, and in a large set, or one with a long member, answers by
    the random levels of its skip list. What a transaction will find is not known yet.
    """
    if words[0].upper() not in LEX or not any(b"LEX" in word.upper() for word in words):
        return False
    if session.queued is not None:
        return True
    entries = session.core.database(session.index).entries
    held = [_payload(entries.get(name_of(word))) for word in words[1:3]]
    return any(isinstance(scores, Scores) and len(set(scores.values())) > 1 for scores in held)


def _payload(stored: Stored | None) -> Any:
    """Return what a key holds."""
    return stored[0] if isinstance(stored, tuple) else stored


def said(data: bytes) -> list[Any]:
    """Return what one reply after the other says."""
    replies, end = list[Any](), 0
    while end < len(data):
        reply, end = parse(data, end)
        replies.append(reply)
    return replies


def repliers(request: list[bytes]) -> list[bytes]:
    """Return the command's name, once for each reply."""
    name = request[0].upper()
    return [name] * (len(request) - 1 if name.endswith(b"SUBSCRIBE") and len(request) > 1 else 1)


def same_transaction(version: Version, names: list[bytes], ours: list[Any], theirs: list[Any]) -> bool:
    """Tell whether the replies of a transaction of those commands are the same but for what is free."""
    if ours[0][0] != theirs[0][0] or not is_array(ours[0][1]) or not is_array(theirs[0][1]):
        return version.accepts(b"EXEC", ours[0], theirs[0])
    left, right = (
        [part for part in (*side[0][1], *side[1:]) if not is_message(part)] for side in (ours, theirs)
    )
    return len(names) == len(left) == len(right) and all(
        one == other or same_but_for_freedoms(name, one, other) or version.accepts(name, one, other)
        for name, one, other in zip(names, left, right, strict=True)
    )


def same_reply(version: Version, names: list[bytes], ours: list[Any], theirs: list[Any]) -> bool:
    """Tell whether the replies to one command are the same but for what is free."""
    if ours[1:] != theirs[1:]:
        return False
    return same_but_for_freedoms(names[0], ours[0], theirs[0]) or version.accepts(
        names[0], ours[0], theirs[0]
    )


def same_but_for_freedoms(name: bytes, ours: Any, theirs: Any) -> bool:
    """Tell whether two replies are the same but for what is free: an order, a choice, a cursor."""
    if ours[0] != theirs[0]:
        return name in SORTS and theirs == STALE_ERROR and bool(ours[0] == b"*")
    if name[:1] == b"Z" or name[:2] == b"BZ":
        ours, theirs = without_signs(ours), without_signs(theirs)
        if ours == theirs:
            return True
    left, right = ours[1], theirs[1]
    if name in RANDOM:
        return type(left) is type(right) and (not is_array(left) or len(left) == len(right))
    ordered = ORDERED.get(name)
    if ordered is None or not is_array(left) or len(left) != len(right):
        return False
    if name in SCANS | PAIR_SCANS and not (_is_whole(right) and (_is_whole(left) or name != b"SCAN")):
        # A page of a scan: which part it is, is free. The door's are whole, but of all keys.
        return _is_page(left) and _is_page(right)
    return ordered(left) == ordered(right)


def without_signs(reply: Any) -> Any:
    """Return a reply of which no zero has a sign: a score loses it where Redis lays it out as an integer."""
    kind, said = reply
    if is_array(said):
        return (kind, [without_signs(part) for part in said])
    return (kind, b"0" if said == b"-0" else said)


def _is_page(parts: Any) -> bool:
    return is_array(parts) and len(parts) == 2 and is_array(parts[1][1])


def _is_whole(parts: Any) -> bool:
    return _is_page(parts) and parts[0] == (b"$", b"0")


def _pairs(parts: list[Any]) -> list[Any]:
    return sorted(zip(parts[::2], parts[1::2], strict=False))


def _scanned(parts: list[Any]) -> list[Any]:
    return sorted(parts[1][1])


def _scanned_pairs(parts: list[Any]) -> list[Any]:
    return _pairs(parts[1][1])


ORDERED: dict[bytes, Callable[[list[Any]], list[Any]]] = {
    **dict.fromkeys(UNORDERED, sorted),
    **dict.fromkeys(UNORDERED_PAIRS, _pairs),
    **dict.fromkeys(SCANS, _scanned),
    **dict.fromkeys(PAIR_SCANS, _scanned_pairs),
}
