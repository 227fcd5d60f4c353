"""A place for every key, in pages: what scans and sweeps walk along.

A dict can neither be entered in the middle nor be walked while it changes. So
each key also has a slot in a page, from its creation to its removal: a scan's
cursor is a slot's position, and a sweep takes one page at a time. Both cost the
same per step however many keys there are. Free slots are used again, so there
are never many more slots than there were keys at one time.
"""

from collections.abc import Iterable
from random import choice

PAGE_SIZE = 64
LAST_SLOT = PAGE_SIZE - 1
NEVER = 2**63
"""Later than every deadline: the `soonest` of a page without one."""

_SLOTS = 2**31
"""More than a server can have: two positions below it make an int64."""


class Page:
    """Up to `PAGE_SIZE` slots.

    Attributes:
        number: Its place among the pages.
        slots: The keys; None where one was removed.
        live: How many slots hold a key.
        soonest: No key of the page expires before this moment (milliseconds).
    """

    __slots__ = ("live", "number", "slots", "soonest")

    def __init__(self, number: int) -> None:
        self.number = number
        self.slots: list[str | None] = []
        self.live = 0
        self.soonest = NEVER


NOWHERE = Page(-1)
"""The page of whatever has no place."""
# Nothing is noted on it: no deadline is sooner.
NOWHERE.soonest = -NEVER


class KeyOrder:
    """All pages of a server. The caller holds the server's mutex.

    Attributes:
        is_walked: Whether keys have places, for those who walk along them.
        pages: All of them, by number.
        open: The page in which the next new key gets its slot; it has room.
        roomy: Other pages with room, some dropped meanwhile.
        soonest: No key expires before this moment (milliseconds).
    """

    is_walked = True

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self.pages: list[Page] = []
        self.roomy: list[Page] = []
        self.open = self._new_page()
        self.soonest = NEVER
        for key in keys:
            self.add(key)

    def add(self, key: str) -> Page:
        """Give a new key a slot; return its page."""
        page = self.open
        if len(page.slots) < PAGE_SIZE:
            page.slots.append(key)
        else:
            page.slots[page.slots.index(None)] = key
        page.live += 1
        if page.live == PAGE_SIZE:
            self.open = self._page_with_room()
        return page

    def remove(self, key: str, page: Page) -> None:
        """Free the slot of a removed key; drop the last pages once they are empty, but for one to be open."""
        slots = page.slots
        if slots[-1] == key:
            # What was created last is often removed first: a lock, a flag.
            slots.pop()
        else:
            slots[slots.index(key)] = None
        if page.live == PAGE_SIZE:
            self.roomy.append(page)
        page.live -= 1
        while not self.pages[-1].live and (self.roomy or self.pages[-1] is not self.open):
            self._drop_last()

    def _drop_last(self) -> None:
        page = self.pages.pop()
        if page is self.open:
            self.open = self._page_with_room()

    # Deadlines

    def note(self, page: Page, deadline: int) -> None:
        """Note that a key of the page expires at `deadline`."""
        page.soonest = min(page.soonest, deadline)
        self.soonest = min(self.soonest, deadline)

    def due(self, now: int) -> list[Page]:
        """Return the pages of which keys may have expired."""
        return [page for page in self.pages if page.soonest <= now]

    def forget_past(self) -> None:
        """Look again when the next key can expire, once all pages that were due are swept."""
        self.soonest = min((page.soonest for page in self.pages), default=NEVER)

    # Walking

    def walk(self, cursor: int, count: int) -> tuple[int, list[str]]:
        """Return the next cursor (0: the end) and the keys of the next `count` slots.

        A cursor holds the next slot and the last one that there was when the
        scan began: a scan that is fed by what it finds comes to an end too.
        """
        end, position = divmod(cursor, _SLOTS) if cursor else (len(self.pages) * PAGE_SIZE, 0)
        keys, position = self._step(position, count, end)
        return end * _SLOTS + position if position else 0, keys

    def draw(self) -> str | None:
        """Return the key of some slot; None where that is free."""
        slots = choice(self.pages).slots  # noqa: S311 - no secret
        return choice(slots) if slots else None  # noqa: S311 - no secret

    def _step(self, position: int, count: int, end: int) -> tuple[list[str], int]:
        """Return the keys in up to `count` slots from `position` on, and where to go on.

        The new position is 0 at the end, and otherwise larger than the old one.
        """
        found: list[str] = []
        number, offset = divmod(position, PAGE_SIZE)
        last = min(len(self.pages), end // PAGE_SIZE)
        while count and number < last:
            slots = self.pages[number].slots[offset : offset + count]
            found += [key for key in slots if key is not None]
            count -= len(slots)
            offset += len(slots)
            if offset >= len(self.pages[number].slots):
                number, offset = number + 1, 0
        return found, number * PAGE_SIZE + offset if number < last else 0

    def _page_with_room(self) -> Page:
        while self.roomy:
            page = self.roomy.pop()
            if page.number < len(self.pages) and self.pages[page.number] is page:
                return page
        return self._new_page()

    def _new_page(self) -> Page:
        page = Page(len(self.pages))
        self.pages.append(page)
        return page


class NoOrder(KeyOrder):
    """For a server whose keys nobody walks along: none has a place, and none is looked for."""

    is_walked = False

    def add(self, key: str) -> Page:
        del key
        return NOWHERE

    def remove(self, key: str, page: Page) -> None:
        del key, page
