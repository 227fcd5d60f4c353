"""Which thread is calling: named for its readers, told apart for ever. And how many run at once."""

import sys
import threading

_is_gil_enabled = getattr(sys, "_is_gil_enabled", None)

HAS_GIL: bool = _is_gil_enabled is None or _is_gil_enabled()
"""Whether one thread runs at a time. Where they all do, an import of another package may still end that."""


class Thread:
    """One thread, as long as anybody remembers it.

    Its number alone would not do: the next thread gets the number of one that has ended.

    Attributes:
        ident: Its number, as `threading.get_ident` gives it.
    """

    __slots__ = ("__weakref__", "ident")

    def __init__(self) -> None:
        self.ident = threading.get_ident()


class _Here(threading.local):
    """The calling thread.

    Attributes:
        thread: The thread.
    """

    def __init__(self) -> None:
        self.thread = Thread()


HERE = _Here()
"""Shows every thread itself."""
