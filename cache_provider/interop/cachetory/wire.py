"""How a wire value is handed to the provider's codec, and back."""

from base64 import b64decode, b64encode
from typing import Any

from cache_provider.aio.interface import AnyProvider
from cache_provider.errors import CodecError, DecodeError

_BASE64 = "base64:"
_TEXT = "text:"


class Wire:
    """Stores bytes as marked text where the codec carries no bytes, as JSON does not."""

    def __init__(self, provider: AnyProvider) -> None:
        try:
            self._takes_bytes = provider.as_stored("", b"") == b""
        except CodecError:
            self._takes_bytes = False

    def to_stored(self, value: Any) -> Any:
        """Return what the provider is given for a wire value."""
        if self._takes_bytes:
            return value
        if type(value) is bytes:
            return _BASE64 + b64encode(value).decode("ascii")
        if type(value) is str and value.startswith((_BASE64, _TEXT)):
            return _TEXT + value
        return value

    def from_stored(self, key: str, stored: Any) -> Any:
        """Return the wire value of what the provider gave.

        Raises:
            DecodeError: It is marked as bytes and is none.
        """
        if self._takes_bytes or type(stored) is not str:
            return stored
        if stored.startswith(_TEXT):
            return stored[len(_TEXT) :]
        return _decoded(key, stored) if stored.startswith(_BASE64) else stored


def _decoded(key: str, stored: str) -> bytes:
    try:
        return b64decode(stored[len(_BASE64) :], validate=True)
    except ValueError as error:
        raise DecodeError(f"cannot read under key {key!r}: not base64: {error}") from error
