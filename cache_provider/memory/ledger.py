"""What a server keeps, and what must be known of it: whoever calls anything here holds the server's mutex."""

from collections import deque
from collections.abc import Collection, Mapping
from itertools import repeat

from cache_provider.clock import Clock
from cache_provider.memory.entry import Change, Entry, Stored, entry_of, stored_of
from cache_provider.memory.eviction import Eviction, EvictionQueue
from cache_provider.memory.order import NEVER, KeyOrder, Page
from cache_provider.memory.payload import Claim, Payload
from cache_provider.memory.publication import publish
from cache_provider.memory.waiters import WaitingRoom
from cache_provider.waiting import Gate


class Ledger:
    """Entries by full key, their places, deadlines and uses, and the waiters that a change wakes.

    Attributes:
        entries: What is kept of the entries; read without the mutex, changed only under it.
        clock: What every deadline is judged by, except a lease's.
        is_walked: Whether the keys have places, for those who walk along them.
        queues: The waiters by full key.
        expirations: How many expired entries were removed.
        evictions: How many live entries went to make room.
    """

    is_walked = True
    queues: dict[str, deque[Gate]]

    def __init__(self, max_size: int | None, eviction: Eviction, clock: Clock) -> None:
        self.max_size = max_size
        self.eviction: Eviction = eviction
        self.clock = clock
        self.entries: dict[str, Stored] = {}
        # The page of every key that is kept bare, and of some others: it never changes.
        self._pages: dict[str, Page] = {}
        self.expirations: int = 0
        self.evictions = 0
        self._order = self._new_order()
        self._queue = None if max_size is None else EvictionQueue(eviction)
        self._soonest = NEVER
        self._latest = NEVER  # the last deadline that was stored
        # The bulk write that is being published, for a child that is forked in the middle of it.
        self._under_way: tuple[Collection[str], Collection[Stored]] | None = None

    def _new_order(self) -> KeyOrder:
        return KeyOrder()

    def place_until(self, full_key: str, deadline: int) -> Page:
        """Give a new key a place that nobody who sweeps at the deadline passes by."""
        page = self._order.add(full_key)
        if deadline < page.soonest:
            self._note_deadline(page, deadline)
        return page

    def give_up_place(self, full_key: str, page: Page) -> None:
        """Free the place of a key that is gone."""
        self._order.remove(full_key, page)

    def publish(self, changes: Mapping[str, Change | None], now: int) -> None:
        """Make the changes of several keys (None: it goes) visible at one moment; wake who waits for them."""
        entries = self.entries
        if len(changes) > 1:
            # Who reads without the mutex comes for it as soon as it meets one of these.
            self._publish(changes, [(None, -NEVER, self._place(key)) for key in changes])
        for full_key, change in changes.items():
            if change is None:
                if full_key in entries:
                    self._drop(full_key)
            else:
                entries[full_key] = self._keep(full_key, (*change, self._place(full_key)))
        if self._queue is not None or self.queues:
            kept = {full_key: change[0] for full_key, change in changes.items() if change is not None}
            self._after_writes(kept, now)

    def expire(self, full_key: str) -> None:
        """Remove an entry that was found to have expired."""
        self._drop(full_key)
        self.expirations += 1

    def expire_due(self, now: int) -> list[str]:
        """Remove all entries that have expired by `now`; return their keys."""
        if now < self._soonest:
            return []
        due = self._due_pages(now)
        entries = [(key, self.entries.get(key)) for page in due for key in page.slots if key is not None]
        for page in due:
            self._sweep_page(page, now)
        self._forget_past_deadlines()
        return [key for key, stored in entries if stored is not None and key not in self.entries]

    def keep_waiting_in(self, room: WaitingRoom) -> None:
        """Have another room hold the waiters; only before there are any."""
        self._waiting = room
        self.queues = room.queues

    def used(self, full_key: str) -> None:
        """Count a use of the key."""
        if self._queue is not None:
            self._queue.read(full_key)

    def _place(self, full_key: str) -> Page:
        return self._page(full_key) if full_key in self.entries else self._order.add(full_key)

    def wake(self, full_key: str) -> None:
        """Wake whoever waits first for a key, having removed or changed it."""
        self._waiting.wake(full_key)

    def _page(self, full_key: str) -> Page:
        stored = self.entries[full_key]
        return stored[2] if isinstance(stored, tuple) else self._pages[full_key]

    def _publish(self, full_keys: Collection[str], new: Collection[Stored]) -> None:
        self._under_way = full_keys, new
        publish(self.entries, full_keys, new)
        self._under_way = None

    def _keep(self, full_key: str, entry: Entry) -> Stored:
        """Note what has to be known of an entry before it is there; return what is kept of it."""
        _, deadline, page = entry
        stored = stored_of(entry)
        if stored is not entry:
            self._pages[full_key] = page
        elif deadline is not None:
            self._note_deadline(page, deadline)
        return stored

    def _rewrite(self, full_key: str, payload: Payload, deadline: int | None) -> None:
        self.entries[full_key] = self._keep(full_key, (payload, deadline, self._page(full_key)))

    def _placed(self, full_keys: list[str], payloads: list[Payload], deadline: int | None) -> list[Entry]:
        """Return new entries for several keys, having noted what has to be known of them."""
        pages = [self._page(key) if key in self.entries else self._order.add(key) for key in full_keys]
        if deadline is None:
            self._pages.update(zip(full_keys, pages, strict=True))
        else:
            for page in set(pages):
                self._note_deadline(page, deadline)
        return list(zip(payloads, repeat(deadline), pages, strict=False))

    def _after_writes(self, payloads: Mapping[str, Payload], now: int) -> None:
        for full_key, payload in payloads.items():
            self._waiting.wake(full_key)
            if self._queue is not None and type(payload) is not Claim:
                self._queue.wrote(full_key)
        # After all of them: making room in between could evict what is yet to be noted.
        if self._queue is not None:
            self._make_room(self._queue, now)

    def _make_room(self, queue: EvictionQueue, now: int) -> None:
        if self.max_size is None or len(queue) <= self.max_size:
            return
        if self._soonest <= now:
            for page in self._due_pages(now):
                self._sweep_page(page, now)
            self._forget_past_deadlines()
        while len(queue) > self.max_size:
            self._drop(queue.first())
            self.evictions += 1

    def _note_deadline(self, page: Page, deadline: int) -> None:
        page.soonest = min(page.soonest, deadline)
        self._soonest = min(self._soonest, deadline)

    def _forget_past_deadlines(self) -> None:
        self._soonest = min((page.soonest for page in self._order.pages), default=NEVER)

    def _due_pages(self, now: int) -> list[Page]:
        return [page for page in self._order.pages if page.soonest <= now]

    def _sweep_page(self, page: Page, now: int) -> int:
        """Remove what has expired of one page; return how many entries went."""
        removed, soonest = 0, NEVER
        # From the end, where a slot is freed without a search.
        for full_key in page.slots[::-1]:
            stored = None if full_key is None else self.entries.get(full_key)
            # A page that was dropped while the sweep was on its way has nothing left to say.
            if full_key is None or not isinstance(stored, tuple) or stored[2] is not page:
                continue
            deadline = stored[1]
            if deadline is None:
                continue
            if deadline <= now:
                self._drop(full_key)
                removed += 1
            else:
                soonest = min(soonest, deadline)
        page.soonest = soonest
        self.expirations += removed
        return removed

    def _drop(self, full_key: str) -> None:
        stored = self.entries.pop(full_key)
        page = self._pages.pop(full_key, None) or entry_of(stored)[2]
        self._order.remove(full_key, page)
        if self._queue is not None:
            self._queue.removed(full_key)
        self._waiting.wake(full_key)

    def _rebuild(self) -> None:
        """Make order and queue anew from the entries."""
        self._order = self._new_order()
        self._pages.clear()
        self._queue = None if self._queue is None else EvictionQueue(self.eviction)
        self._soonest = NEVER
        for full_key, stored in list(self.entries.items()):
            payload, deadline, _ = entry_of(stored)
            entry = (payload, deadline, self._order.add(full_key))
            self.entries[full_key] = self._keep(full_key, entry)
            if self._queue is not None and type(payload) is not Claim:
                self._queue.wrote(full_key)
