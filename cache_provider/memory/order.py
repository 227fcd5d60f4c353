"""The order in which keys were created, in pages: what scans and sweeps walk along.

A dict can neither be entered in the middle nor be walked while it changes. So
each key also has a slot in a page, from its creation to its removal: a scan's
cursor is a slot's position, and a sweep takes one page at a time. Both cost the
same per step however many keys there are.
"""

from bisect import bisect_left
from collections.abc import Iterable
from operator import attrgetter

PAGE_SIZE = 64
NEVER = 2**63
"""Later than every deadline: the `soonest` of a page without one."""

_serial = attrgetter("serial")


class Page:
    """Up to `PAGE_SIZE` slots.

    Attributes:
        serial: Its number; pages are numbered as they are opened.
        slots: The keys; None where one was removed.
        live: How many slots hold a key.
        soonest: No key of the page expires before this moment (milliseconds).
    """

    __slots__ = ("live", "serial", "slots", "soonest")

    def __init__(self, serial: int) -> None:
        self.serial = serial
        self.slots: list[str | None] = []
        self.live = 0
        self.soonest = NEVER


class CreationOrder:
    """All pages of a server. The caller holds the server's mutex."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._open = Page(0)
        self.pages = [self._open]
        for key in keys:
            self.add(key)

    def add(self, key: str) -> Page:
        """Give a new key the next slot; return its page."""
        page = self._open
        if len(page.slots) == PAGE_SIZE:
            page = self._open = Page(page.serial + 1)
            self.pages.append(page)
        page.slots.append(key)
        page.live += 1
        return page

    def remove(self, key: str, page: Page) -> None:
        """Free the slot of a removed key; drop a page that became empty."""
        slots = page.slots
        page.live -= 1
        if slots[-1] == key:
            # What was created last is often removed first: a lock, a flag.
            slots.pop()
        else:
            slots[slots.index(key)] = None
        if not page.live:
            self._drop(page)

    def step(self, position: int, count: int) -> tuple[list[str], int]:
        """Return the keys in up to `count` slots from `position` on, and where to go on.

        The new position is 0 at the end, and otherwise larger than the old one.
        """
        found: list[str] = []
        serial, offset = divmod(position, PAGE_SIZE)
        index = bisect_left(self.pages, serial, key=_serial)
        while index < len(self.pages):
            page = self.pages[index]
            if page.serial != serial:
                serial, offset = page.serial, 0
            slots = page.slots[offset : offset + count]
            found += [key for key in slots if key is not None]
            count -= len(slots)
            offset += len(slots)
            if not count and offset < len(page.slots):
                return found, serial * PAGE_SIZE + offset
            index += 1
            if not count and index < len(self.pages):
                return found, self.pages[index].serial * PAGE_SIZE
        return found, 0

    def _drop(self, page: Page) -> None:
        page.soonest = NEVER
        if page is self._open:
            page.slots.clear()
        else:
            del self.pages[bisect_left(self.pages, page.serial, key=_serial)]
