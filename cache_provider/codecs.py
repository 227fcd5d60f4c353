"""How a value becomes the bytes that are stored, and back.

One codec object serves the double and the Redis adapter alike, so both carry
and both refuse the same values.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast, runtime_checkable

from cache_provider.arguments import INT64_MAX, INT64_MIN
from cache_provider.errors import CodecError, DecodeError, EncodeError
from cache_provider.integers import parse_int64

_JSON_SCALARS: frozenset[type] = frozenset({str, int, bool, type(None)})
_MSGPACK_SCALARS = _JSON_SCALARS | {bytes}

_CONVERSIONS = {
    "bytes": "decode() it if it is text",
    "datetime": "store its isoformat()",
    "date": "store its isoformat()",
    "time": "store its isoformat()",
    "timedelta": "store its total_seconds()",
    "Decimal": "store str() of it",
    "UUID": "store str() of it",
    "set": "store a list",
    "frozenset": "store a list",
}
"""What to do about a refused value, by the name of its type."""


@runtime_checkable
class Codec(Protocol):
    """What an adapter needs of a codec; third parties implement these two methods.

    A codec that wants `incr` to work on what `set` wrote carries an int64 as
    its canonical decimal text, as every codec of this module but `BytesCodec`
    does. Both methods may be called from several threads at once.
    """

    def encode(self, value: Any) -> bytes:
        """Return the bytes to store; raise any exception for a value that cannot be carried."""
        ...

    def decode(self, data: bytes) -> Any:
        """Return the value that `data` stands for, a new one at each call."""
        ...


class JsonCodec:
    """JSON in UTF-8: the default of every adapter.

    Takes None, bool, int, finite float, str, list, tuple (comes back as a
    list) and dict with str keys, nested. Everything that would come back as
    something else is refused: NaN and infinities, bytes, sets, dates, Decimals,
    UUIDs, enums, dataclasses, other keys, lone surrogates and subclasses of the
    types above.
    """

    def __init__(self) -> None:
        # Imported here, so that `import cache_provider` stays cheap.
        from msgspec import json  # noqa: PLC0415 - see above

        self._encode = json.Encoder().encode
        self._decode = json.Decoder().decode

    def __reduce__(self) -> tuple[Any, ...]:
        # msgspec's encoders cannot be pickled; a new codec has its own.
        return type(self), ()

    def encode(self, value: Any) -> bytes:
        """Return `value` as JSON.

        Raises:
            EncodeError: JSON cannot carry it; the message says which part.
        """
        try:
            if not _is_carried(value):
                # Slower, and able to say what and where.
                _refuse_lossy(value, _JSON_SCALARS)
            return self._encode(value)
        except UnicodeEncodeError:
            _refuse_lossy(value, _JSON_SCALARS - {str})
            raise
        except RecursionError:
            raise EncodeError("JSON cannot carry a value nested this deeply, or in itself") from None
        except ValueError as error:
            raise EncodeError(f"JSON cannot carry this value: {_reason(error)}") from error

    def _copy_flat(self, fields: dict[object, object]) -> dict[Any, Any] | None:
        """Return what `decode(encode(fields))` would return, at half the price, for a dict of scalars.

        None for every other dict, and for one that `encode` refuses.
        """
        # The copy is what is looked at: another thread may be changing the original.
        copy = fields.copy()
        for field, item in copy.items():
            # In this order and without calls, for what most dicts are made of: half of what encoding costs.
            if type(field) is str and field.isascii():
                if type(item) is str:
                    if item.isascii():
                        continue
                elif (
                    item is None
                    or type(item) is bool
                    or (type(item) is int and -(2**30 - 1) < item < 2**30 - 1)
                ):
                    continue
            return copy if self._is_flat(copy) else None
        return copy

    def _is_flat(self, fields: dict[object, object]) -> bool:
        """Tell whether there are only scalars in `fields`, and none that `encode` refuses."""
        for item in fields.values():
            if type(item) is not float and type(item) not in _JSON_SCALARS:
                return False
        try:
            self.encode(fields)
        except EncodeError:
            return False
        return True

    def decode(self, data: bytes) -> Any:
        """Return the value of a JSON text.

        Raises:
            DecodeError: `data` is not one JSON text.
        """
        try:
            return self._decode(data)
        except (ValueError, RecursionError) as error:
            raise DecodeError(f"not JSON: {_reason(error)}") from error

    def __repr__(self) -> str:
        return "JsonCodec()"


class BytesCodec:
    """Takes `bytes` and hands back the same bytes; refuses everything else, ints too."""

    def encode(self, value: Any) -> bytes:
        """Return `value`, which must be `bytes`.

        Raises:
            EncodeError: It is something else.
        """
        if type(value) is not bytes:
            raise EncodeError(f"BytesCodec carries bytes only, not {type(value).__name__}")
        return value

    def decode(self, data: bytes) -> bytes:
        """Return `data`."""
        return data

    def __repr__(self) -> str:
        return "BytesCodec()"


class _IntegerTextCodec(ABC):
    """Carries an int64 as decimal text and leaves the rest to `_pack` and `_unpack`.

    The two must never produce or take bytes that start like a decimal number.
    """

    def encode(self, value: Any) -> bytes:
        """Return the bytes to store.

        Raises:
            EncodeError: The codec cannot carry `value`.
        """
        if type(value) is int and INT64_MIN <= value <= INT64_MAX:
            return b"%d" % value
        try:
            return self._pack(value)
        except Exception as error:
            raise EncodeError(f"{self!r} cannot carry {type(value).__name__}: {_reason(error)}") from error

    def decode(self, data: bytes) -> Any:
        """Return the value that `data` stands for.

        Raises:
            DecodeError: `data` is not something this codec wrote.
        """
        number = parse_int64(data)
        if number is not None:
            return number
        try:
            return self._unpack(data)
        except Exception as error:
            raise DecodeError(f"not {self!r}'s: {_reason(error)}") from error

    @abstractmethod
    def _pack(self, value: Any) -> bytes: ...

    @abstractmethod
    def _unpack(self, data: bytes) -> Any: ...

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PickleCodec(_IntegerTextCodec):
    """Python's pickle: carries nearly everything, between Python programs only.

    Loading a pickle runs any code that the writer of its bytes chose. Use it only
    where nobody else can write to the server, never on a shared or public one.
    """

    def __init__(self) -> None:
        import pickle  # noqa: PLC0415 - keeps `import cache_provider` cheap

        self._dumps = pickle.dumps
        self._loads = pickle.loads

    def _pack(self, value: Any) -> bytes:
        return self._dumps(value, protocol=5)

    def _unpack(self, data: bytes) -> Any:
        return self._loads(data)


class MsgpackCodec(_IntegerTextCodec):
    """MessagePack: JSON's values and `bytes`, smaller. Other types are refused as by `JsonCodec`."""

    def __init__(self) -> None:
        from msgspec import msgpack  # noqa: PLC0415 - keeps `import cache_provider` cheap

        self._dumps = msgpack.Encoder().encode
        self._loads = msgpack.Decoder().decode

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()

    def _pack(self, value: Any) -> bytes:
        try:
            _refuse_lossy(value, _MSGPACK_SCALARS)
            return self._dumps(value)
        except UnicodeEncodeError:
            _refuse_lossy(value, _MSGPACK_SCALARS - {str})
            raise

    def _unpack(self, data: bytes) -> Any:
        return self._loads(data)


def check_codec(codec: object) -> Codec:
    """Return `codec` if it has both methods, the default for None."""
    if codec is None:
        return JsonCodec()
    if isinstance(codec, type) or not isinstance(codec, Codec):
        raise TypeError(f"codec must have encode and decode, not {type(codec).__name__} {codec!r}")
    return codec


def flat_copier_of(codec: Codec) -> Callable[[Any], dict[Any, Any] | None] | None:
    """Return what copies a dict of scalars as `JsonCodec` would bring it back; None for another codec."""
    # By exact type: a subclass may well encode in another way.
    if type(codec) is not JsonCodec:
        return None
    # For the rest of the package, which keeps its hands off what is private.
    return codec._copy_flat  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # see above


def encode_for(codec: Codec, key: str, value: Any) -> bytes:
    """Encode `value` for `key`; whatever the codec raises becomes an `EncodeError` naming the key."""
    try:
        data = cast("object", codec.encode(value))
    except Exception as error:
        story = _story(f"cannot store {type(value).__name__}", key, error)
        what = error.what if isinstance(error, _LossyError) else ""
        remedy = _CONVERSIONS.get(what, "convert it first")
        raise EncodeError(f"{story}; {remedy}, or choose a codec that carries it") from error
    if not isinstance(data, bytes):
        raise EncodeError(f"cannot store under key {key!r}: {codec!r} gave {type(data).__name__}, not bytes")
    return data


def decode_for(codec: Codec, key: str, data: bytes) -> Any:
    """Decode what `key` holds; whatever the codec raises becomes a `DecodeError` naming the key."""
    try:
        return codec.decode(data)
    except Exception as error:
        raise DecodeError(_story("cannot read", key, error)) from error


def _story(failure: str, key: str, error: Exception) -> str:
    detail = _reason(error)
    if not isinstance(error, CodecError) and str(error):
        detail = f"{type(error).__name__}: {detail}"
    return f"{failure} under key {key!r}: {detail}"


def _reason(error: Exception) -> str:
    """Return what an error says; its name where it says nothing."""
    return str(error) or type(error).__name__


class _LossyError(EncodeError):
    """Carries the way to the refused part, put together from the inside out."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.path = ""

    def __str__(self) -> str:
        return f"cannot carry {self.what}" + (f" (at ${self.path})" if self.path else "")


def _is_carried(value: Any) -> bool:
    """Tell whether `_refuse_lossy` lets a value pass to JSON, in half the time."""
    kind = cast("type[object]", type(value))
    if kind in _JSON_SCALARS:
        return True
    if kind is float:
        return math.isfinite(value)
    if kind is dict:
        for key in value:
            if type(key) is not str:
                return False
        value = value.values()
    elif kind is not list and kind is not tuple:
        return False
    for item in value:  # noqa: SIM110 - `all` takes twice as long
        # Most items are scalars: not calling for them halves the time.
        if type(item) not in _JSON_SCALARS and not _is_carried(item):
            return False
    return True


def _refuse_lossy(value: object, scalars: frozenset[type]) -> None:
    """Refuse what msgspec would silently turn into something else.

    It writes NaN as null, sets as lists, dates and bytes as strings and int
    keys as strings: each is a value that does not come back.
    """
    kind = type(value)
    if kind in scalars:
        return
    if kind is float:
        if not math.isfinite(cast("float", value)):
            raise _LossyError(f"the float {value!r}")
    elif kind is str:
        _refuse_lone_surrogates(cast("str", value))
    elif kind is dict:
        _refuse_lossy_fields(cast("Mapping[object, object]", value), scalars)
    elif kind is list or kind is tuple:
        _refuse_lossy_items(cast("Sequence[object]", value), scalars)
    else:
        raise _LossyError(kind.__name__)


def _refuse_lone_surrogates(text: str) -> None:
    """Refuse what UTF-8 cannot carry; asked for only where an encoder has failed already."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _LossyError("a str with a lone surrogate") from None


def _refuse_lossy_fields(fields: Mapping[object, object], scalars: frozenset[type]) -> None:
    for key, item in fields.items():
        if type(key) is not str:
            raise _LossyError(f"{type(key).__name__} as a key")
        if str not in scalars:
            _refuse_lone_surrogates(key)
        # Most fields are scalars: not calling for them halves the time of a small dict.
        if type(item) not in scalars:
            try:
                _refuse_lossy(item, scalars)
            except _LossyError as error:
                error.path = f".{key}{error.path}"
                raise


def _refuse_lossy_items(items: Sequence[object], scalars: frozenset[type]) -> None:
    for position, item in enumerate(items):
        if type(item) not in scalars:
            try:
                _refuse_lossy(item, scalars)
            except _LossyError as error:
                error.path = f"[{position}]{error.path}"
                raise
