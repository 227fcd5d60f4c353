"""Which thread is calling: named for whoever reads it, told apart for ever."""

import threading


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
