"""RESP2 and RESP3: the parser of requests and the writer of replies."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from cache_provider.door.numbers import double_text
from cache_provider.door.replies import (
    Attribute,
    BigNumber,
    Map,
    NullArray,
    Pairs,
    Push,
    Refusal,
    Reply,
    Several,
    Status,
    Unordered,
    Verbatim,
)

_INLINE_LIMIT = 64 * 1024
_BULK_LIMIT = 512 * 1024 * 1024
_PARTS_LIMIT = 2**31 - 1
_UNAUTHENTICATED_PARTS = 10
_UNAUTHENTICATED_BULK = 16384

_USUAL_ARRAY = re.compile(rb"\*([1-9][0-9]{0,8})\r\n").match
_USUAL_BULK = re.compile(rb"\$(0|[1-9][0-9]{0,8})\r\n").match
"""The first line of a request and of its parts as clients write them. All else is looked at byte by byte."""


class ProtocolError(Exception):
    """A request that cannot be read; the connection ends with this text."""


def encode(reply: Reply, protocol: int) -> bytes:
    """Return a reply as it is sent."""
    if type(reply) is bytes:
        return b"$%d\r\n%b\r\n" % (len(reply), reply)
    if type(reply) is int:
        return b":%d\r\n" % reply
    if type(reply) is Status:
        return b"+%b\r\n" % reply
    pieces: list[bytes] = []
    _write(reply, protocol, pieces)
    return b"".join(pieces)


def _write(reply: object, protocol: int, out: list[bytes]) -> None:
    writer = _WRITERS.get(type(reply))
    if writer is None:
        raise TypeError(f"{type(reply).__name__} is not a reply")
    writer(reply, protocol, out)


def _bulk(reply: bytes, _protocol: int, out: list[bytes]) -> None:
    out.append(b"$%d\r\n%b\r\n" % (len(reply), reply))


def _integer(reply: int, _protocol: int, out: list[bytes]) -> None:
    out.append(b":%d\r\n" % reply)


def _status(reply: bytes, _protocol: int, out: list[bytes]) -> None:
    out.append(b"+%b\r\n" % reply)


def _error(reply: Refusal, _protocol: int, out: list[bytes]) -> None:
    out.append(b"-%b\r\n" % reply.wire)


def _null(_reply: None, protocol: int, out: list[bytes]) -> None:
    out.append(b"_\r\n" if protocol == 3 else b"$-1\r\n")


def _null_array(_reply: NullArray, protocol: int, out: list[bytes]) -> None:
    out.append(b"_\r\n" if protocol == 3 else b"*-1\r\n")


def _boolean(reply: bool, protocol: int, out: list[bytes]) -> None:
    out.append((b"#t\r\n" if reply else b"#f\r\n") if protocol == 3 else b":%d\r\n" % reply)


def _double(reply: float, protocol: int, out: list[bytes]) -> None:
    text = double_text(reply)
    out.append(b",%b\r\n" % text if protocol == 3 else b"$%d\r\n%b\r\n" % (len(text), text))


def _verbatim(reply: bytes, protocol: int, out: list[bytes]) -> None:
    out.append(b"=%d\r\ntxt:%b\r\n" % (len(reply) + 4, reply) if protocol == 3 else _plain(reply))


def _big_number(reply: bytes, protocol: int, out: list[bytes]) -> None:
    out.append(b"(%b\r\n" % reply if protocol == 3 else _plain(reply))


def _plain(reply: bytes) -> bytes:
    return b"$%d\r\n%b\r\n" % (len(reply), reply)


def _sequence(sign: bytes, reply: list[Reply], length: int, protocol: int, out: list[bytes]) -> None:
    out.append(b"%b%d\r\n" % (sign, length))
    for part in reply:
        # What most arrays consist of, without a call.
        if type(part) is bytes:
            out.append(b"$%d\r\n%b\r\n" % (len(part), part))
        else:
            _write(part, protocol, out)


def _array(reply: list[Reply], protocol: int, out: list[bytes]) -> None:
    _sequence(b"*", reply, len(reply), protocol, out)


def _map(reply: Map, protocol: int, out: list[bytes]) -> None:
    if protocol == 3:
        _sequence(b"%", reply, len(reply) // 2, protocol, out)
    else:
        _array(reply, protocol, out)


def _attribute(reply: Attribute, protocol: int, out: list[bytes]) -> None:
    if protocol == 3:
        _sequence(b"|", reply, len(reply) // 2, protocol, out)


def _pairs(reply: Pairs, protocol: int, out: list[bytes]) -> None:
    if protocol == 2:
        _array(reply, protocol, out)
        return
    out.append(b"*%d\r\n" % (len(reply) // 2))
    for position in range(0, len(reply), 2):
        _array(reply[position : position + 2], protocol, out)


def _unordered(reply: Unordered, protocol: int, out: list[bytes]) -> None:
    _sequence(b"~" if protocol == 3 else b"*", reply, len(reply), protocol, out)


def _push(reply: Push, protocol: int, out: list[bytes]) -> None:
    _sequence(b">" if protocol == 3 else b"*", reply, len(reply), protocol, out)


def _several(reply: Several, protocol: int, out: list[bytes]) -> None:
    for part in reply:
        _write(part, protocol, out)


_WRITERS: dict[type, Callable[[Any, int, list[bytes]], None]] = {
    bytes: _bulk,
    int: _integer,
    Status: _status,
    Refusal: _error,
    type(None): _null,
    NullArray: _null_array,
    bool: _boolean,
    float: _double,
    Verbatim: _verbatim,
    BigNumber: _big_number,
    Attribute: _attribute,
    list: _array,
    Map: _map,
    Pairs: _pairs,
    Unordered: _unordered,
    Push: _push,
    Several: _several,
}


class RequestParser:
    """Takes bytes as they come and gives requests as soon as they are whole.

    Attributes:
        trusted: Whether the client has shown its password, or needs none: until then a request may not be
            large.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._buffer: bytes | bytearray = b""
        self._position = 0
        self._parts: list[bytes] = []
        self._missing = 0
        self._length = -1
        self.trusted = True

    def feed(self, data: bytes) -> Iterator[list[bytes]]:
        """Yield the requests that `data` completes.

        Raises:
            ProtocolError: What came is not a request.
        """
        rest = self._rest
        if rest:
            rest += data
        self._buffer = buffer = rest or data
        while (request := self._next()) is not None:
            if request:
                yield request
        if buffer is rest:
            del rest[: self._position]
        else:
            rest += data[self._position :]
        self._position = 0

    def _next(self) -> list[bytes] | None:
        """Return the next request, an empty one for an empty line, None where more bytes are needed."""
        if not self._missing:
            if self._position >= len(self._buffer):
                return None
            if self._buffer[self._position] != 0x2A:
                return self._inline()
            count = self._read_count()
            if count is None:
                return None
            if count <= 0:
                return []
            self._missing = count
        return self._read_parts()

    def _read_parts(self) -> list[bytes] | None:
        buffer = self._buffer
        while self._missing:
            if self._length < 0 and not self._read_length():
                return None
            end = self._position + self._length
            if len(buffer) < end + 2:
                return None
            self._parts.append(bytes(buffer[self._position : end]))
            self._position = end + 2
            self._length = -1
            self._missing -= 1
        request, self._parts = self._parts, []
        return request

    def _read_length(self) -> bool:
        header = _USUAL_BULK(self._buffer, self._position)
        if header is not None:
            length: int | None = int(header[1])
            self._position = header.end()
        else:
            line = self._line("too big bulk count string")
            if line is None:
                return False
            if line[:1] != b"$":
                raise ProtocolError(
                    f"Protocol error: expected '$', got '{chr(line[0]) if line else chr(13)}'"
                )
            length = _integer_of(line[1:])
        if length is None or not 0 <= length <= _BULK_LIMIT:
            raise ProtocolError("Protocol error: invalid bulk length")
        if length > _UNAUTHENTICATED_BULK and not self.trusted:
            raise ProtocolError("Protocol error: unauthenticated bulk length")
        self._length = length
        return True

    def _read_count(self) -> int | None:
        """Return how many parts the next request has, None where its first line is not there yet."""
        header = _USUAL_ARRAY(self._buffer, self._position)
        if header is not None:
            count: int | None = int(header[1])
            self._position = header.end()
        else:
            line = self._line("too big mbulk count string")
            if line is None:
                return None
            count = _integer_of(line[1:])
        if count is None or count > _PARTS_LIMIT:
            raise ProtocolError("Protocol error: invalid multibulk length")
        if count > _UNAUTHENTICATED_PARTS and not self.trusted:
            raise ProtocolError("Protocol error: unauthenticated multibulk length")
        return count

    def _line(self, story: str) -> bytes | None:
        end = self._buffer.find(b"\r", self._position)
        if end < 0 or end + 1 >= len(self._buffer):
            if len(self._buffer) - self._position > _INLINE_LIMIT:
                raise ProtocolError(f"Protocol error: {story}")
            return None
        line = bytes(self._buffer[self._position : end])
        self._position = end + 2
        return line

    def _inline(self) -> list[bytes] | None:
        end = self._buffer.find(b"\n", self._position)
        if end < 0:
            if len(self._buffer) - self._position > _INLINE_LIMIT:
                raise ProtocolError("Protocol error: too big inline request")
            return None
        line = bytes(self._buffer[self._position : end])
        self._position = end + 1
        words = split_words(line.removesuffix(b"\r"))
        if words is None:
            raise ProtocolError("Protocol error: unbalanced quotes in request")
        return words


def _integer_of(text: bytes) -> int | None:
    sign = text[:1] == b"-"
    digits = text[sign:]
    if not digits.isdigit() or (len(digits) > 1 and digits[:1] == b"0") or len(digits) > 19:
        return None
    return -int(digits) if sign else int(digits)


_ESCAPES = {0x6E: 10, 0x72: 13, 0x74: 9, 0x62: 8, 0x61: 7}
_BLANKS = b" \t\n\r\v\f\0"


def split_words(line: bytes) -> list[bytes] | None:
    """Split an inline request as Redis' `sdssplitargs` does; None where quotes are not closed."""
    words: list[bytes] = []
    position, end = 0, len(line)
    while True:
        while position < end and line[position] in _BLANKS:
            position += 1
        if position >= end:
            return words
        word = bytearray()
        read = _word(line, position, word)
        if read is None:
            return None
        position = read
        words.append(bytes(word))


def _word(line: bytes, position: int, word: bytearray) -> int | None:
    while position < len(line) and line[position] not in _BLANKS:
        char = line[position]
        position += 1
        if char in b"\"'":
            closed = _quoted(line, position, char, word)
            if closed is None or (closed < len(line) and line[closed] not in _BLANKS):
                return None
            return closed
        word.append(char)
    return position


def _quoted(line: bytes, position: int, quote: int, word: bytearray) -> int | None:
    while position < len(line):
        char = line[position]
        if char == quote:
            return position + 1
        if char == 0x5C and quote == 0x22 and _is_hex(line[position + 1 : position + 4]):
            word.append(int(line[position + 2 : position + 4], 16))
            position += 4
        elif char == 0x5C and position + 1 < len(line) and (quote == 0x22 or line[position + 1] == quote):
            following = line[position + 1]
            word.append(_ESCAPES.get(following, following) if quote == 0x22 else following)
            position += 2
        else:
            word.append(char)
            position += 1
    return None


def _is_hex(text: bytes) -> bool:
    return (
        len(text) == 3 and text[:1] == b"x" and all(digit in b"0123456789abcdefABCDEF" for digit in text[1:])
    )
