"""The entries of a server, and the one rule that makes them safe under threads.

An operation reads an entry without the mutex, decides whatever it has to decide
(decoding, comparing and reading clocks included), and then stores a new entry
only if the old one is still there. So the mutex is held for a few dict
operations and never while a codec, a clock or a callback runs.

The hottest operations do the usual case themselves, for a call into here would
be a tenth of their time or more. These, and no others, rely on how it is here:

- `MemoryValues.get` reads `entries` without the mutex: what is found is a bare
  scalar, or a tuple that is live before its deadline. All else it leaves to `read`.
- `MemoryValues.set` puts a payload in the place of one of its kind, under the
  mutex: where there is no bound and nobody waits, the entry keeps its page, and
  that page knows of a deadline as early. All else it leaves to `store`.
- `MemoryCounters.incr` puts a bare small int in the place of another, in the
  same way; who waits is not woken, since the key does not become free.
- `ProcessLock.acquire` and `ProcessLock.release` put a claim where nothing is,
  and take out their own while it is live, in the table of locks: it has no bound
  and no order, so there is neither a page nor a deadline to note, and only
  a release has somebody to wake.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import cast

from cache_provider.clock import Clock, SystemClock
from cache_provider.forking import heed_forks
from cache_provider.memory.entry import ANYTHING, BARE, Entry, Stored, bare_of, entry_of, stored_of
from cache_provider.memory.eviction import Eviction, EvictionQueue
from cache_provider.memory.order import NEVER, KeyOrder, Page
from cache_provider.memory.payload import Claim, Payload
from cache_provider.memory.waiters import WaitingRoom
from cache_provider.time_moves import BUILTIN


class Keyspace:
    """Entries by full key, with deadlines, eviction and the waiters that a change wakes.

    Attributes:
        entries: What is kept of the entries; read without the mutex, changed only under it.
        clock: What every deadline is judged by, except a lease's.
        plain_time: What the type of `time.time` is where the hottest paths may read the wall clock
            themselves, which saves them a call; None where they must ask the clock.
        mutex: What every change is made under.
        entering: Another way into `mutex`; see `_forget_threads`.
        queues: The waiters by full key.
        expirations: How many expired entries were removed.
        evictions: How many live entries went to make room.
    """

    def __init__(self, max_size: int | None, eviction: Eviction, clock: Clock) -> None:
        self.max_size = max_size
        self.eviction: Eviction = eviction
        self.clock = clock
        self.plain_time = BUILTIN if type(clock) is SystemClock else None
        self.entries: dict[str, Stored] = {}
        # The page of every key that is kept bare, and of some others: it never changes.
        self._pages: dict[str, Page] = {}
        self.expirations = 0
        self.evictions = 0
        self._order = self._new_order()
        self._queue = None if max_size is None else EvictionQueue(eviction)
        self._soonest = NEVER
        self._forget_threads()
        heed_forks(self)

    def _new_order(self) -> KeyOrder:
        return KeyOrder()

    def _after_fork(self) -> None:
        """Take a new mutex and drop the parent's waiters; mend what a thread was in the middle of."""
        interrupted = self.mutex.locked()
        self._forget_threads()
        if interrupted:
            self._rebuild()

    def _forget_threads(self) -> None:
        self._waiting = WaitingRoom()
        self.queues = self._waiting.queues
        self.mutex = threading.Lock()
        # `for _ in self.entering: try: … finally: self.mutex.release()` is `with self.mutex` for the
        # hottest sections, at half its price (with 125 ns, for 70). `acquire()` in a line of its own
        # costs as little, but after a call the interpreter may switch threads with the mutex held, and
        # eight threads then queue up behind it: twelve times slower together than one.
        self.entering = iter(self.mutex.acquire, False)

    # Reading

    def peek(self, full_key: str) -> Entry | None:
        """Return the live entry of a key, or None; an expired one is removed.

        Reads no clock for a persistent key, and takes no mutex for a live one
        where there is no bound.
        """
        while True:
            entry = self._look(full_key)
            if entry is None or entry[1] is None or self._is_live(entry, entry[1]):
                return entry
            # Reported gone, it must stay gone even if the clock steps back. And
            # if something else is there by now, that is what must be looked at.
            if self._expire(full_key, entry):
                return None

    def read(self, full_key: str) -> Entry | None:
        """Return what `peek` returns, and count it as a use of the key."""
        entry = self.peek(full_key)
        if entry is not None and self._queue is not None:
            with self.mutex:
                self._queue.read(full_key)
        return entry

    def read_many(self, full_keys: list[str]) -> list[Stored | None]:
        """Return what is kept of the live entries of several keys, all as they were at one moment."""
        # Before the entries: what is expired by now and still there was not yet
        # reported gone, so it may count as live for this one moment, or not.
        now = self.clock.now_ms()
        with self.mutex:
            found = list(map(self.entries.get, full_keys))
            if self._queue is not None:
                for full_key in full_keys:
                    self._queue.read(full_key)
            if now < self._soonest:
                return found
        for position, stored in enumerate(found):
            if isinstance(stored, tuple) and stored[1] is not None and stored[1] <= now:
                self._expire(full_keys[position], stored)
                found[position] = None
        return found

    def snapshot(self) -> dict[str, Entry]:
        """Return all entries, expired ones too, as they are at one moment."""
        return {full_key: entry_of(stored) for full_key, stored in self._copy().items()}

    def _copy(self) -> dict[str, Stored]:
        with self.mutex:
            return self.entries.copy()

    def _look(self, full_key: str) -> Entry | None:
        if self._queue is None:
            stored = self.entries.get(full_key)
        else:
            # Between a write and the eviction it causes there is one entry too many.
            with self.mutex:
                stored = self.entries.get(full_key)
        return None if stored is None else entry_of(stored)

    def _is_live(self, entry: Entry, deadline: int) -> bool:
        payload = entry[0]
        clock = payload.clock if type(payload) is Claim else self.clock
        return clock.now_ms() < deadline

    # Writing

    def store(
        self, full_key: str, payload: Payload, deadline: int | None, seen: Entry | None = ANYTHING
    ) -> bool:
        """Store an entry; with `seen`, only if that (None: no entry) is what is there.

        Returns:
            False if something else was there; then nothing has changed.
        """
        now = self._now_for_eviction()
        wanted = seen if seen is None or seen is ANYTHING else stored_of(seen)
        bare = None if deadline is not None else bare_of(payload)
        # `with`, though acquire and release would be faster alone: after a call to
        # acquire the interpreter may switch threads with the mutex held, and eight
        # threads then queue up behind it (four times slower together than one).
        with self.mutex:
            entries = self.entries
            old = entries[full_key] if full_key in entries else None  # noqa: SIM401 - `get` is a call as well
            if old is not wanted and wanted is not ANYTHING:
                return False
            if old is None:
                page = self._order.add(full_key)
            else:
                page = old[2] if type(old) is tuple else self._pages[full_key]
            if bare is not None:
                self._pages[full_key] = page
                entries[full_key] = bare
            else:
                entries[full_key] = (payload, deadline, page)
            if deadline is not None and deadline < page.soonest:
                self._note_deadline(page, deadline)
            if self._queue is not None or self._waiting.queues:
                self._after_writes({full_key: payload}, now)
        return True

    def store_many(self, full_keys: list[str], payloads: list[Payload], deadline: int | None) -> None:
        """Store several entries with one deadline; readers see all of them or none."""
        now = self._now_for_eviction()
        kinds = set(map(type, payloads)) if deadline is None else set[type]()
        with self.mutex:
            new: Sequence[Stored]
            if deadline is None and kinds <= BARE and all(map(self._pages.__contains__, full_keys)):
                new = cast("list[Stored]", payloads)
            else:
                entries = self._placed(full_keys, payloads, deadline)
                new = entries if kinds.isdisjoint(BARE) else list(map(stored_of, entries))
            # One call into C, which makes no object on its way: who reads without the mutex sees none or
            # all. From a dict made first it takes half as long again.
            self.entries.update(zip(full_keys, new, strict=True))
            if self._queue is not None or self.queues:
                self._after_writes(dict(zip(full_keys, payloads, strict=True)), now)

    def redate(self, full_key: str, seen: Entry, deadline: int | None) -> bool:
        """Give an entry another deadline, if it is still what is there; no write, for eviction."""
        wanted = stored_of(seen)
        with self.mutex:
            if self.entries.get(full_key) is not wanted:
                return False
            self._rewrite(full_key, seen[0], deadline)
            self._waiting.wake(full_key)
        return True

    # Removing

    def remove(self, full_key: str, seen: Entry) -> bool:
        """Remove an entry if it is still what is there."""
        wanted = stored_of(seen)
        with self.mutex:
            if self.entries.get(full_key) is not wanted:
                return False
            self._drop(full_key)
        return True

    def withdraw(self, full_key: str, claim: Claim, now: int) -> bool:
        """Remove a claim whose lease still runs at `now`, if it is what is there."""
        with self.mutex:
            stored = self.entries.get(full_key)
            if not isinstance(stored, tuple) or stored[0] is not claim:
                return False
            if stored[1] is None or stored[1] <= now:
                return False
            self._drop(full_key)
        return True

    def _expire(self, full_key: str, seen: Entry) -> bool:
        """Remove an expired entry if it is still what is there."""
        with self.mutex:
            if self.entries.get(full_key) is not seen:
                return False
            self._drop(full_key)
            self.expirations += 1
        return True

    def remove_many(self, full_keys: Iterable[str]) -> int:
        """Remove several keys; readers see them gone at one moment. Return how many were live."""
        now = self.clock.now_ms()
        with self.mutex:
            gone = {full_key: self.entries[full_key] for full_key in full_keys if full_key in self.entries}
            # One call into C makes all of them look expired before the first is gone.
            self.entries.update({full_key: (None, -NEVER, self._page(full_key)) for full_key in gone})
            for full_key in gone:
                self._drop(full_key)
        deadlines = [entry_of(stored)[1] for stored in gone.values()]
        return sum(deadline is None or deadline > now for deadline in deadlines)

    def clear(self) -> None:
        """Remove everything, held locks too."""
        with self.mutex:
            self.entries.clear()
            self._rebuild()
            self._waiting.wake_all()

    def _now_for_eviction(self) -> int:
        """Read the clock before the mutex is taken, where making room may need it."""
        return 0 if self._queue is None else self.clock.now_ms()

    # Under the mutex

    def wake(self, full_key: str) -> None:
        """Wake whoever waits first for a key, having removed or changed it."""
        self._waiting.wake(full_key)

    def _page(self, full_key: str) -> Page:
        stored = self.entries[full_key]
        return stored[2] if isinstance(stored, tuple) else self._pages[full_key]

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
