"""The options of commands that give a key a deadline."""

from cache_provider.arguments import INT64_MAX
from cache_provider.door.numbers import in_int64, integer
from cache_provider.door.replies import Refusal
from cache_provider.door.view import View

UNITS = {b"EX": (1000, False), b"PX": (1, False), b"EXAT": (1000, True), b"PXAT": (1, True)}
"""Milliseconds of each unit, and whether it is a moment on the clock."""


def invalid_expiry(command: str) -> Refusal:
    """Return the error for a time that makes no sense."""
    return Refusal(f"ERR invalid expire time in '{command}' command")


def duration(option: bytes, text: bytes, command: str) -> tuple[int, bool]:
    """Return the milliseconds that EX, PX, EXAT or PXAT with its number means, and whether from 1970 on."""
    unit, absolute = UNITS[option]
    number = integer(text)
    if number <= 0 or number > INT64_MAX // unit:
        raise invalid_expiry(command)
    return number * unit, absolute


def option_deadline(view: View, option: bytes, text: bytes, command: str) -> int:
    """Return the deadline that EX, PX, EXAT or PXAT with its number gives."""
    milliseconds, absolute = duration(option, text, command)
    return moment(view, milliseconds, absolute=absolute, command=command)


def moment(view: View, milliseconds: int, *, absolute: bool, command: str) -> int:
    """Return the deadline that a number of milliseconds means."""
    deadline = milliseconds if absolute else view.now + milliseconds
    if not in_int64(deadline):
        raise invalid_expiry(command)
    return deadline
