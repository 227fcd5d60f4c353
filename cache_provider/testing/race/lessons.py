"""What a search finds out about its scenario on the way, and then heeds from its first schedule on."""

from typing import TypeAlias

Question: TypeAlias = tuple[str, str, tuple[str, ...], str]
"""What a task asks the cache: its name, the operation's, the full keys, and the arguments."""


class Lessons:
    """What one search has learned so far; it begins again whenever that grows.

    Attributes:
        polled: What tasks ask again and again until the answer is another.
        sees_order: Whether anything asks which keys there are, which shows in what order they were made.
        scans: Whether anything walks through the keys by a cursor.
        moves_time: Whether tasks move the clock themselves.
    """

    def __init__(self) -> None:
        self.polled: frozenset[Question] = frozenset()
        self.sees_order = False
        self.scans = False
        self.moves_time = False
