"""What a server keeps, and what must be known of it: callers of anything here hold the server's mutex.

A key is written in three steps: `place` gives it a page if it is new, `keep`
notes its deadline and returns what belongs into `entries`, and once it is there
`after_writes` wakes who waits for it and makes room. `rewrite` is the first two
for a key that is there, `drop` takes one out; `put_at_once` is for several.
"""

from collections import deque
from collections.abc import Collection, Mapping
from itertools import repeat

from cache_provider.clock import Clock
from cache_provider.memory.entry import BARE, Change, Entry, Stored, bare_of, entry_of, stored_of
from cache_provider.memory.eviction import Eviction, EvictionQueue
from cache_provider.memory.order import NEVER, KeyOrder, Page
from cache_provider.memory.payload import Claim, Payload
from cache_provider.memory.publication import publish
from cache_provider.memory.waiters import QueuePlace, WaitingRoom


class Ledger:
    """Entries by full key, their places, deadlines and uses, and the waiters that a change wakes.

    Attributes:
        entries: What is kept of the entries; read without the mutex, changed only under it.
        pages: The page of every key that is kept bare, and of some others: it never changes.
        clock: What every deadline is judged by, except a lease's.
        order: The places, and when the next key can expire.
        is_walked: Whether there are places.
        uses: Which key goes next; None where there is no bound.
        waiting: The waiters.
        queues: Those of `waiting`, by full key.
        expirations: How many expired entries were removed.
        evictions: How many live entries were evicted to make room.
    """

    waiting: WaitingRoom
    queues: dict[str, deque[QueuePlace]]

    def __init__(self, max_size: int | None, eviction: Eviction, clock: Clock, order: KeyOrder) -> None:
        self.max_size = max_size
        self.eviction: Eviction = eviction
        self.clock = clock
        self.entries: dict[str, Stored] = {}
        self.pages: dict[str, Page] = {}
        self.expirations: int = 0
        self.evictions = 0
        self.order = order
        self.is_walked = order.is_walked
        self.uses = None if max_size is None else EvictionQueue(eviction)
        # The bulk write that is being published, for a child that is forked in the middle of it.
        self._under_way: tuple[Collection[str], Collection[Stored]] | None = None

    def place_until(self, full_key: str, deadline: int) -> Page:
        """Give a new key a place that nobody who sweeps at the deadline passes by."""
        page = self.order.add(full_key)
        if deadline < page.soonest:
            self.order.note(page, deadline)
        return page

    def publish(self, changes: Mapping[str, Change | None], now: int) -> None:
        """Make the changes of several keys (None: it goes) visible at one moment; wake who waits for them."""
        entries = self.entries
        if len(changes) > 1:
            # Who reads without the mutex comes for it as soon as it meets one of these.
            self.put_at_once(changes, [(None, -NEVER, self.place(key)) for key in changes])
        for full_key, change in changes.items():
            stored = entries.get(full_key)
            if change is None:
                if stored is not None:
                    self.drop(full_key)
            elif change[1] is None and type(stored) in BARE and (bare := bare_of(change[0])) is not None:
                # Its page is known.
                entries[full_key] = bare
            else:
                if stored is None:
                    page = self.order.add(full_key)
                else:
                    page = stored[2] if isinstance(stored, tuple) else self.pages[full_key]
                entries[full_key] = self.keep(full_key, (*change, page))
        if self.uses is not None or self.queues:
            kept = {full_key: change[0] for full_key, change in changes.items() if change is not None}
            self.after_writes(kept, now)

    def expire(self, full_key: str) -> None:
        """Remove an entry that was found to have expired."""
        self.drop(full_key)
        self.expirations += 1

    def expire_due(self, now: int) -> list[str]:
        """Remove all entries that have expired by `now`; return their keys."""
        if now < self.order.soonest:
            return []
        due = self.order.due(now)
        entries = [(key, self.entries.get(key)) for page in due for key in page.slots if key is not None]
        for page in due:
            self.sweep_page(page, now)
        self.order.forget_past()
        return [key for key, stored in entries if stored is not None and key not in self.entries]

    def keep_waiting_in(self, room: WaitingRoom) -> None:
        """Have another room hold the waiters; only before there are any."""
        self.waiting = room
        self.queues = room.queues

    def used(self, full_key: str) -> None:
        """Count a use of the key."""
        if self.uses is not None:
            self.uses.read(full_key)

    def place(self, full_key: str) -> Page:
        """Return the place of a key, which is given one if it is new."""
        return self.page_of(full_key) if full_key in self.entries else self.order.add(full_key)

    def wake(self, full_key: str) -> None:
        """Wake the first waiter for a key, having removed or changed it."""
        self.waiting.wake(full_key)

    def heir(self, full_key: str) -> QueuePlace | None:
        """Return the waiter that is to be handed a key when it is given back, or None."""
        return self.waiting.heir(full_key)

    def page_of(self, full_key: str) -> Page:
        """Return the place of a key that is there."""
        stored = self.entries[full_key]
        return stored[2] if isinstance(stored, tuple) else self.pages[full_key]

    def put_at_once(self, full_keys: Collection[str], new: Collection[Stored]) -> None:
        """Put what is kept of several keys where readers find all of it or nothing."""
        self._under_way = full_keys, new
        publish(self.entries, full_keys, new)
        self._under_way = None

    def put_the_rest(self) -> None:
        """Bring a `put_at_once` to its end in whose middle the process was forked."""
        if self._under_way is not None:
            self.put_at_once(*self._under_way)

    def keep(self, full_key: str, entry: Entry) -> Stored:
        """Note what has to be known of an entry before it is there; return what is kept of it."""
        _, deadline, page = entry
        if deadline is not None:
            if deadline < page.soonest:
                self.order.note(page, deadline)
            return entry
        stored = stored_of(entry)
        if stored is not entry:
            self.pages[full_key] = page
        return stored

    def rewrite(self, full_key: str, payload: Payload, deadline: int | None) -> None:
        """Have a key that is there hold something else."""
        self.entries[full_key] = self.keep(full_key, (payload, deadline, self.page_of(full_key)))

    def placed(self, full_keys: list[str], payloads: list[Payload], deadline: int | None) -> list[Entry]:
        """Return new entries for several keys, having noted what has to be known of them."""
        pages = list(map(self.place, full_keys))
        if deadline is None:
            self.pages.update(zip(full_keys, pages, strict=True))
        else:
            for page in set(pages):
                self.order.note(page, deadline)
        return list(zip(payloads, repeat(deadline), pages, strict=False))

    def after_writes(self, payloads: Mapping[str, Payload], now: int) -> None:
        """Wake who waits for keys that were written, count the writes, and make room."""
        for full_key, payload in payloads.items():
            self.waiting.wake(full_key)
            if self.uses is not None and type(payload) is not Claim:
                self.uses.wrote(full_key)
        # After all of them: making room in between could evict what is yet to be noted.
        if self.uses is not None:
            self._make_room(self.uses, now)

    def _make_room(self, queue: EvictionQueue, now: int) -> None:
        if self.max_size is None or len(queue) <= self.max_size:
            return
        if self.order.soonest <= now:
            for page in self.order.due(now):
                self.sweep_page(page, now)
            self.order.forget_past()
        self._evict(queue, self.max_size)

    def _evict(self, queue: EvictionQueue, max_size: int) -> None:
        while len(queue) > max_size:
            self.drop(queue.first())
            self.evictions += 1

    def sweep_page(self, page: Page, now: int) -> int:
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
                self.drop(full_key)
                removed += 1
            else:
                soonest = min(soonest, deadline)
        page.soonest = soonest
        self.expirations += removed
        return removed

    def drop(self, full_key: str) -> None:
        """Take a key out, and wake who waits for it."""
        stored = self.entries.pop(full_key)
        page = self.pages.pop(full_key, None) or entry_of(stored)[2]
        self.order.remove(full_key, page)
        if self.uses is not None:
            self.uses.removed(full_key)
        if self.queues:
            self.waiting.wake(full_key)

    def rebuild(self) -> None:
        """Make order and queue anew from the entries."""
        self.order = type(self.order)()
        self.pages.clear()
        self.uses = None if self.uses is None else EvictionQueue(self.eviction)
        for full_key, stored in list(self.entries.items()):
            payload, deadline, _ = entry_of(stored)
            entry = (payload, deadline, self.order.add(full_key))
            self.entries[full_key] = self.keep(full_key, entry)
            if self.uses is not None and type(payload) is not Claim:
                self.uses.wrote(full_key)
        if self.uses is not None and self.max_size is not None:
            self._evict(self.uses, self.max_size)
