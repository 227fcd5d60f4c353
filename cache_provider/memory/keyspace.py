"""The entries of a server, and the one rule that makes them safe under threads.

An operation reads an entry without the mutex, decides whatever it has to decide
(decoding, comparing and reading clocks included), and then stores a new entry
only if the old one is still there. So the mutex is held for a few dict
operations and never while a codec, a clock or a callback runs.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from operator import itemgetter
from typing import TypeAlias

from cache_provider.arguments import INT64_MAX, deadline_after
from cache_provider.clock import BUILTIN, Clock, SystemClock
from cache_provider.forking import heed_forks
from cache_provider.memory.eviction import Eviction, EvictionQueue
from cache_provider.memory.order import LAST_SLOT, NEVER, KeyOrder, Page
from cache_provider.memory.payload import Claim, Payload
from cache_provider.memory.waiters import WaitingRoom

Entry: TypeAlias = tuple[Payload, int | None, Page]
"""What a key holds, its deadline (milliseconds; None: persistent) and its page. Replaced, never changed."""

_page_of: Callable[[Entry], Page] = itemgetter(2)

ANYTHING: Entry = (None, None, Page(-1))
"""Stands for any state of a key, where `store` is told what it must find."""


class Keyspace:
    """Entries by full key, with deadlines, eviction and the waiters that a change wakes.

    Attributes:
        entries: The entries; read without the mutex, changed only under it.
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
        self.entries: dict[str, Entry] = {}
        self.expirations = 0
        self.evictions = 0
        self._order = KeyOrder()
        self._queue = None if max_size is None else EvictionQueue(eviction)
        self._soonest = NEVER
        self._forget_threads()
        heed_forks(self)

    def after_fork(self) -> None:
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

    def read_many(self, full_keys: list[str]) -> list[Entry | None]:
        """Return the live entries of several keys, all as they were at one moment."""
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
        for position, entry in enumerate(found):
            if entry is not None and entry[1] is not None and entry[1] <= now:
                self._expire(full_keys[position], entry)
                found[position] = None
        return found

    def snapshot(self) -> dict[str, Entry]:
        """Return all entries, expired ones too, as they are at one moment."""
        with self.mutex:
            return self.entries.copy()

    def _look(self, full_key: str) -> Entry | None:
        if self._queue is None:
            return self.entries.get(full_key)
        # Between a write and the eviction it causes there is one entry too many.
        with self.mutex:
            return self.entries.get(full_key)

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
        # `with`, though acquire and release would be faster alone: after a call to
        # acquire the interpreter may switch threads with the mutex held, and eight
        # threads then queue up behind it (four times slower together than one).
        with self.mutex:
            entries = self.entries
            old = entries[full_key] if full_key in entries else None  # noqa: SIM401 - `get` is a call as well
            if old is not seen and seen is not ANYTHING:
                return False
            page = self._order.add(full_key) if old is None else old[2]
            entries[full_key] = (payload, deadline, page)
            if deadline is not None and deadline < page.soonest:
                self._note_deadline(page, deadline)
            if self._queue is not None or self._waiting.queues:
                self._after_writes({full_key: payload}, now)
        return True

    def put(self, full_key: str, payload: Payload, lifetime: int | None) -> None:
        """Store an entry for `lifetime` milliseconds, whatever is there: `store` for the hottest write.

        Raises:
            ValueError: The deadline leaves int64.
        """
        deadline = None
        if lifetime is not None:
            is_plain = type(time.time) is self.plain_time
            now = time.time_ns() // 1_000_000 if is_plain else self.clock.now_ms()
            deadline = now + lifetime
            if deadline > INT64_MAX:
                deadline_after("ttl", now, lifetime)
        if self._queue is not None:
            self.store(full_key, payload, deadline)
            return
        entries = self.entries
        for _ in self.entering:
            try:
                page = entries[full_key][2] if full_key in entries else self._order.add(full_key)
                entries[full_key] = (payload, deadline, page)
                if deadline is not None and deadline < page.soonest:
                    self._note_deadline(page, deadline)
                if self.queues:
                    self._waiting.wake(full_key)
                return
            finally:
                self.mutex.release()

    def add(self, full_key: str, payload: Payload, deadline: int) -> bool:
        """Store an entry if the key has none, not even an expired one; tell whether it is stored."""
        if self._queue is not None:
            return self.store(full_key, payload, deadline, seen=None)
        entries = self.entries
        for _ in self.entering:
            try:
                if full_key in entries:
                    return False
                page = self._order.open
                if len(page.slots) < LAST_SLOT:
                    # `KeyOrder.add` without the call, where the page does not become full.
                    page.slots.append(full_key)
                    page.live += 1
                else:
                    page = self._order.add(full_key)
                entries[full_key] = (payload, deadline, page)
                if deadline < page.soonest:
                    self._note_deadline(page, deadline)
                if self.queues:
                    self._waiting.wake(full_key)
                return True
            finally:
                self.mutex.release()
        return False

    def store_many(self, full_keys: list[str], payloads: list[Payload], deadline: int | None) -> None:
        """Store several entries with one deadline; readers see all of them or none."""
        now = self._now_for_eviction()
        with self.mutex:
            new = self._entries_of(full_keys, payloads, deadline)
            # One call into C, which makes no object on its way: who reads without the mutex sees none or
            # all. From a dict made first it takes half as long again.
            self.entries.update(zip(full_keys, new, strict=True))
            if deadline is not None:
                for page in set(map(_page_of, new)):
                    self._note_deadline(page, deadline)
            if self._queue is not None or self.queues:
                self._after_writes(dict(zip(full_keys, payloads, strict=True)), now)

    def _entries_of(self, full_keys: list[str], payloads: list[Payload], deadline: int | None) -> list[Entry]:
        entries, add = self.entries, self._order.add
        try:
            # All in C, for keys that are there: half the time of a loop.
            pages = list(map(_page_of, map(entries.__getitem__, full_keys)))
        except KeyError:
            pages = [entries[key][2] if key in entries else add(key) for key in full_keys]
        return list(zip(payloads, repeat(deadline), pages, strict=False))

    def redate(self, full_key: str, seen: Entry, deadline: int | None) -> bool:
        """Give an entry another deadline, if it is still what is there; no write, for eviction."""
        payload, _, page = seen
        with self.mutex:
            if self.entries.get(full_key) is not seen:
                return False
            self.entries[full_key] = (payload, deadline, page)
            if deadline is not None:
                self._note_deadline(page, deadline)
            self._waiting.wake(full_key)
        return True

    # Removing

    def remove(self, full_key: str, seen: Entry) -> bool:
        """Remove an entry if it is still what is there."""
        with self.mutex:
            if self.entries.get(full_key) is not seen:
                return False
            self._drop(full_key)
        return True

    def withdraw(self, full_key: str, claim: Claim, now: int) -> bool:
        """Remove a claim whose lease still runs at `now`, if it is what is there: `remove` for locks."""
        entries = self.entries
        for _ in self.entering:
            try:
                if full_key not in entries:
                    return False
                payload, deadline, page = entries[full_key]
                if payload is not claim or deadline is None or deadline <= now or self._queue is not None:
                    return False
                del entries[full_key]
                order = self._order
                if page is order.open and page.slots[-1] == full_key and not order.roomy:
                    # `KeyOrder.remove` without the call, for what comes and goes.
                    page.slots.pop()
                    page.live -= 1
                else:
                    order.remove(full_key, page)
                if self.queues:
                    self._waiting.wake(full_key)
                return True
            finally:
                self.mutex.release()
        return False

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
            self.entries.update({full_key: (None, -NEVER, entry[2]) for full_key, entry in gone.items()})
            for full_key in gone:
                self._drop(full_key)
        return sum(entry[1] is None or entry[1] > now for entry in gone.values())

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
            entry = None if full_key is None else self.entries.get(full_key)
            # A page that was dropped while the sweep was on its way has nothing left to say.
            if full_key is None or entry is None or entry[2] is not page:
                continue
            deadline = entry[1]
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
        self._order.remove(full_key, self.entries.pop(full_key)[2])
        if self._queue is not None:
            self._queue.removed(full_key)
        self._waiting.wake(full_key)

    def _rebuild(self) -> None:
        """Make order and queue anew from the entries."""
        self._order = KeyOrder()
        self._queue = None if self._queue is None else EvictionQueue(self.eviction)
        self._soonest = NEVER
        for full_key, (payload, deadline, _) in list(self.entries.items()):
            page = self._order.add(full_key)
            self.entries[full_key] = (payload, deadline, page)
            if deadline is not None:
                self._note_deadline(page, deadline)
            if self._queue is not None and type(payload) is not Claim:
                self._queue.wrote(full_key)
