"""What one key holds, as the server keeps it, and how it looks on the wire.

A payload is one of:

- `bytes`: the wire value itself;
- `int`: an int64 whose wire value is its decimal text;
- `str`, `float`, `bool`, None: a scalar whose wire value is its JSON text;
- `Claim`: a held lock, whose wire value is its token;
- a plain `dict` of scalars, whose wire value is its JSON text;
- `Items` and `Fields` of wire values: a Redis list and hash;
- another `Compound`, which only the Redis door makes and knows.

Immutable scalars are kept decoded where the codec would hand back the same
value: reading one costs no decoding, and what is shared cannot be changed. A
dict of them is copied on each write and on each read, which costs a
fifth of decoding it.
"""

from collections import deque
from collections.abc import Iterable
from functools import cache
from itertools import count
from os import getpid, urandom
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeGuard, cast

from cache_provider.arguments import INT64_MAX, INT64_MIN, is_ascii
from cache_provider.clock import Clock
from cache_provider.codecs import (
    BytesCodec,
    Codec,
    JsonCodec,
    MsgpackCodec,
    PickleCodec,
    decode_for,
    encode_for,
    flat_copier_of,
)
from cache_provider.errors import NotAnIntegerError, WrongTypeError
from cache_provider.exclusion import Mutex
from cache_provider.forking import heed_forks
from cache_provider.integers import parse_int64
from cache_provider.threads import Thread


class Claim:
    """One claim on a lock.

    The maker sets its attributes: an `__init__`, which Python calls from C, takes as long as all
    of the claiming.

    Attributes:
        clock: The clock that judges its lease.
        fence: Its number among the claims on a fenced lock; not set on others.
        tenant: Stands for the adapter whose handle made it.
        thread: The thread that claimed.
        until: When its lease ends, as far as its handle knows.
        number: Of all claims of this process whose token somebody asked for, set at the first time; or the
            whole token, where one who runs the server names the claims.
    """

    __slots__ = ("clock", "fence", "number", "tenant", "thread", "until")

    clock: Clock
    fence: int
    tenant: object
    thread: Thread
    until: int
    number: int | str

    def note_lost(self) -> None:
        """Note that it was found to be gone."""
        self.until = -1

    @property
    def token(self) -> str:
        """What names the claim: process and thread for the reader, the rest for uniqueness."""
        # Numbered and put together when asked for: most claims are never looked at.
        if not hasattr(self, "number"):
            _process.numbering.run(self._take_number)
        if isinstance(self.number, str):
            return self.number
        return f"{_process.number}:{self.thread.ident}:{_process.secret}:{self.number}"

    def _take_number(self) -> None:
        if not hasattr(self, "number"):  # two may ask at once
            self.number = next(_CLAIM_NUMBERS)


class _Process:
    """What tells the claims of this process from those of any other."""

    def __init__(self) -> None:
        self._after_fork()
        heed_forks(self)

    def _after_fork(self) -> None:
        self.number = getpid()
        self.secret = urandom(8).hex()
        self.numbering = Mutex()


_process = _Process()
_CLAIM_NUMBERS = count(1)


class Compound:
    """A payload of several wire values: a key of another type than a value.

    Changed in place, under the mutex only, and behind a new entry each time.

    Attributes:
        kind: What its type is called.
    """

    __slots__ = ()

    kind: ClassVar[str]

    if TYPE_CHECKING:  # the containers that it stands beside have one

        def __len__(self) -> int: ...


class Items(deque[bytes], Compound):
    """A list: wire values, both of whose ends are as near at a million as at one."""

    __slots__ = ()

    kind = "list"

    def push(self, wire: bytes, keep: int) -> int:
        """Append, and keep the newest `keep`; return the length between the two."""
        self.append(wire)
        length = len(self)
        for _ in range(length - keep):
            self.popleft()
        return length


class Fields(dict[str, bytes], Compound):
    """A hash: wire values by field. A class of its own, since a dict is a value."""

    __slots__ = ()

    kind = "hash"

    def put(self, field: str, wire: bytes) -> bool:
        """Set a field; tell whether it is new."""
        is_new = field not in self
        self[field] = wire
        return is_new

    def take(self, names: Iterable[str]) -> int:
        """Remove fields; return how many went."""
        return sum(self.pop(name, None) is not None for name in names)


FlatDict: TypeAlias = dict[str, Any]
Payload: TypeAlias = bytes | str | int | float | bool | Claim | Compound | FlatDict | None

_KEPT_DECODED: dict[type, tuple[type, ...]] = {
    JsonCodec: (str, int, float, bool, type(None)),
    PickleCodec: (int,),
    MsgpackCodec: (int,),
    BytesCodec: (bytes,),
}


class Packer:
    """Packs values into payloads and back with one codec.

    Attributes:
        kept: The types of payloads that are, for this codec, the value itself.
        copy_flat: For the codec whose dicts are kept as records, what makes one of a dict or None.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        # By exact type: a subclass may well encode in another way. A set of its own for each packer: where
        # threads run at once, those of separate caches would take turns at counting the references of one.
        self.kept = frozenset(_KEPT_DECODED.get(type(codec), ()))
        self.copy_flat = flat_copier_of(codec)

    def pack(self, key: str, value: Any) -> Payload:
        """Return the payload of `value`.

        Raises:
            EncodeError: The codec refuses it.
        """
        # An ASCII str is what tests store most, and no JSON codec refuses one.
        if type(value) is str and str in self.kept and value.isascii():
            return value
        if self.copy_flat is not None and value.__class__ is dict:
            fields = self.copy_flat(value)
            if fields is not None:
                return fields
        wire = self.encode(key, value)
        if type(value) not in self.kept or (type(value) is int and not INT64_MIN <= value <= INT64_MAX):
            return wire
        return cast("Payload", value)

    def pack_many(self, values: dict[str, Any]) -> list[Payload]:
        """Return the payloads of several values.

        Raises:
            EncodeError: The codec refuses one.
        """
        payloads = list(values.values())
        # ASCII strings, which are all alike to `pack`, need not be looked at one by one.
        if str in self.kept and set(map(type, payloads)) == {str} and is_ascii(payloads):
            return payloads
        return [self.pack(key, value) for key, value in values.items()]

    def unpack(self, key: str, payload: Payload) -> Any:
        """Return the value of a payload, a new one wherever it could be changed.

        Raises:
            WrongTypeError: The payload is a collection.
            DecodeError: The codec cannot read it.
        """
        if type(payload) in self.kept:
            return payload
        if self.copy_flat is not None and _is_record(payload):
            return payload.copy()
        return self.decode(key, wire_of(key, payload))

    def encode(self, key: str, value: Any) -> bytes:
        """Return the wire value, as a list or a hash holds it."""
        return encode_for(self.codec, key, value)

    def decode(self, key: str, wire: bytes) -> Any:
        """Return the value of a wire value."""
        return decode_for(self.codec, key, wire)


def _is_record(payload: Payload) -> TypeGuard[FlatDict]:
    return type(payload) is dict


def wire_of(key: str, payload: Payload) -> bytes:
    """Return the wire value of a payload.

    Raises:
        WrongTypeError: The payload is a collection.
    """
    if isinstance(payload, bytes):
        return payload
    if isinstance(payload, Claim):
        return payload.token.encode()
    check_value(key, payload)
    return _json().encode(payload)


def check_value(key: str, payload: Payload) -> None:
    """Refuse the payload of a key that holds no value.

    Raises:
        WrongTypeError: It is of another type.
    """
    if isinstance(payload, Compound):
        raise wrong_type(key, "value", payload)


def integer_of(key: str, payload: Payload) -> int:
    """Return the integer that a counter operation finds.

    Raises:
        WrongTypeError: The payload is a collection.
        NotAnIntegerError: Its wire value is not a canonical int64.
    """
    if type(payload) is int:
        return payload
    number = parse_int64(wire_of(key, payload))
    if number is None:
        raise NotAnIntegerError(f"key {key!r} must hold a canonical int64")
    return number


def items_of(key: str, payload: Payload) -> Items:
    """Return the payload of a list key.

    Raises:
        WrongTypeError: It is something else.
    """
    if isinstance(payload, Items):
        return payload
    raise wrong_type(key, "list", payload)


def fields_of(key: str, payload: Payload) -> Fields:
    """Return the payload of a hash key.

    Raises:
        WrongTypeError: It is something else.
    """
    if isinstance(payload, Fields):
        return payload
    raise wrong_type(key, "hash", payload)


def wrong_type(key: str, expected: str, payload: Payload) -> WrongTypeError:
    """Return the error for a key of another type, as Redis' WRONGTYPE."""
    found = payload.kind if isinstance(payload, Compound) else "value"
    return WrongTypeError(f"key {key!r} holds a {found}; this operation needs a {expected}")


@cache
def _json() -> JsonCodec:
    return JsonCodec()
