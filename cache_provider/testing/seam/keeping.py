"""Keeping what values were at a moment, whatever becomes of them."""

import pickle
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

NEVER_CHANGES = frozenset({str, bytes, int, float, bool, type(None), datetime, timedelta})

_CONTAINERS = frozenset({list, dict, tuple, set, frozenset, bytearray})


class Uncopied:
    """Stands in a record for a value that cannot be copied.

    Args:
        text: What it looks like.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class Pickled:
    """A value as bytes: less than its objects take, and a fresh copy for each reader."""

    __slots__ = ("_payload",)

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    def value(self) -> Any:
        """Return a copy of the value."""
        try:
            return pickle.loads(self._payload)  # noqa: S301 - these bytes never left the process
        except Exception:  # noqa: BLE001 - a class may refuse to be made again, in its own way
            return Uncopied("<cannot be unpickled>")


class Keeper:
    """Keeps values for one record, equal ones once: what is read a hundred times takes the room of one."""

    def __init__(self) -> None:
        self._pickled: dict[bytes, Pickled] = {}

    def keep(self, value: Any) -> Any:
        """Return `value` as it is now, in a form that `kept` makes a copy from."""
        return value if type(value) in NEVER_CHANGES else self._copied(value)

    def clear(self) -> None:
        """Forget which values were kept: none is shared with those."""
        self._pickled = {}

    def _copied(self, value: Any) -> Any:
        # Of other classes only `deepcopy` knows all the ways in which they want to be copied.
        if type(value) not in _CONTAINERS:
            return _snapshot(value)
        try:
            payload = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        except Exception:  # noqa: BLE001 - what cannot be pickled refuses in its own way
            return _snapshot(value)
        return self._pickled.setdefault(payload, Pickled(payload))


class _Careless(Keeper):
    """Keeps the values themselves, for records whose readers do not care what became of them."""

    def keep(self, value: Any) -> Any:
        return value


CARELESS = _Careless()


def kept(form: Any) -> Any:
    """Return the value that `Keeper.keep` was given, as it was then."""
    return form.value() if type(form) is Pickled else form


def _snapshot(value: Any) -> Any:
    try:
        return deepcopy(value)
    except Exception:  # noqa: BLE001 - a value of any class may refuse to be copied, in its own way
        return Uncopied(object.__repr__(value))
