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
  same way, where nobody waits.
- `UsualLock.acquire` and `UsualLock.release` put a claim where nothing is, and
  take out their own while it is live: claims count for no bound, a key that is
  walked along has to be given its place and to give it up, and only a release
  has somebody to wake.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from cache_provider.clock import Clock, SystemClock
from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks
from cache_provider.memory.entry import ANYTHING, BARE, Entry, Stored, bare_of, entry_of, stored_of
from cache_provider.memory.eviction import Eviction
from cache_provider.memory.ledger import Ledger
from cache_provider.memory.order import NEVER
from cache_provider.memory.payload import Claim, Payload
from cache_provider.memory.waiters import WaitingRoom
from cache_provider.time_moves import BUILTIN


class Keyspace(Ledger):
    """Entries by full key, with deadlines, eviction and the waiters that a change wakes.

    Attributes:
        plain_time: What the type of `time.time` is where the hottest paths may read the wall clock
            themselves, which saves them a call; None where they must ask the clock.
        mutex: What every change is made under.
        entering: The way into `mutex`; see `_forget_threads`.
    """

    def __init__(self, max_size: int | None, eviction: Eviction, clock: Clock) -> None:
        super().__init__(max_size, eviction, clock)
        self.plain_time = BUILTIN if type(clock) is SystemClock else None
        self._forget_threads()
        heed_forks(self)

    def _after_fork(self) -> None:
        """Take a new mutex and drop the parent's waiters; mend what a thread was in the middle of."""
        interrupted = not self.mutex.lock.acquire(blocking=False)
        self._forget_threads()
        if self._under_way is not None:
            self._publish(*self._under_way)
        if interrupted:
            self._rebuild()

    def _forget_threads(self) -> None:
        self.keep_waiting_in(WaitingRoom())
        self.mutex = Mutex()
        # The hottest sections stand in a loop over this themselves, which costs half of `with self.mutex`
        # (with 125 ns, for 70). `acquire()` in a line of its own costs as little, but after a call the
        # interpreter may switch threads with the mutex held, and eight threads then queue up behind it:
        # twelve times slower together than one.
        self.entering = self.mutex.entering

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
            self._note_read(full_key)
        return entry

    def read_many(self, full_keys: list[str]) -> list[Stored | None]:
        """Return what is kept of the live entries of several keys, all as they were at one moment."""
        # Before the entries: what is expired by now and still there was not yet
        # reported gone, so it may count as live for this one moment, or not.
        now = self.clock.now_ms()
        found: list[Stored | None] = []
        for _ in self.entering:
            try:
                found = list(map(self.entries.get, full_keys))
                if self._queue is not None:
                    for full_key in full_keys:
                        self._queue.read(full_key)
                if now < self._soonest:
                    return found
                break
            finally:
                self.mutex.release()
        for position, stored in enumerate(found):
            if isinstance(stored, tuple) and stored[1] is not None and stored[1] <= now:
                self._expire(full_keys[position], stored)
                found[position] = None
        return found

    def snapshot(self) -> dict[str, Entry]:
        """Return all entries, expired ones too, as they are at one moment."""
        return {full_key: entry_of(stored) for full_key, stored in self._copy().items()}

    @exclusive("mutex")
    def _copy(self) -> dict[str, Stored]:
        return self.entries.copy()

    def _look(self, full_key: str) -> Entry | None:
        # Between a write and the eviction it causes there is one entry too many.
        stored = self.entries.get(full_key) if self._queue is None else self._stored(full_key)
        return None if stored is None else entry_of(stored)

    @exclusive("mutex")
    def _stored(self, full_key: str) -> Stored | None:
        return self.entries.get(full_key)

    @exclusive("mutex")
    def _note_read(self, full_key: str) -> None:
        if self._queue is not None:
            self._queue.read(full_key)

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
        for _ in self.entering:
            try:
                entries = self.entries
                old = entries[full_key] if full_key in entries else None  # noqa: SIM401 - `get` is a call as well
                if old is not wanted and wanted is not ANYTHING:
                    break
                if old is None:
                    page = self._order.add(full_key)
                else:
                    page = old[2] if type(old) is tuple else self._pages[full_key]
                if deadline is not None:
                    # One number for all that a burst of writes makes: a seventh of what an entry takes.
                    if deadline == self._latest:
                        deadline = self._latest
                    else:
                        self._latest = deadline
                    if deadline < page.soonest:
                        self._note_deadline(page, deadline)
                if bare is not None:
                    self._pages[full_key] = page
                    entries[full_key] = bare
                else:
                    entries[full_key] = (payload, deadline, page)
                if self._queue is not None or self._waiting.queues:
                    self._after_writes({full_key: payload}, now)
                return True
            finally:
                self.mutex.release()
        return False

    def store_many(self, full_keys: list[str], payloads: list[Payload], deadline: int | None) -> None:
        """Store several entries with one deadline; readers see all of them or none."""
        now = self._now_for_eviction()
        kinds = set(map(type, payloads)) if deadline is None else set[type]()
        for _ in self.entering:
            try:
                new: Sequence[Stored]
                if deadline is None and kinds <= BARE and all(map(self._pages.__contains__, full_keys)):
                    new = cast("list[Stored]", payloads)
                else:
                    entries = self._placed(full_keys, payloads, deadline)
                    new = entries if kinds.isdisjoint(BARE) else list(map(stored_of, entries))
                self._publish(full_keys, new)
                if self._queue is not None or self.queues:
                    self._after_writes(dict(zip(full_keys, payloads, strict=True)), now)
                break
            finally:
                self.mutex.release()

    @exclusive("mutex")
    def redate(self, full_key: str, seen: Entry, deadline: int | None) -> bool:
        """Give an entry another deadline, if it is still what is there; no write, for eviction."""
        wanted = stored_of(seen)
        if self.entries.get(full_key) is not wanted:
            return False
        self._rewrite(full_key, seen[0], deadline)
        self._waiting.wake(full_key)
        return True

    # Removing

    @exclusive("mutex")
    def remove(self, full_key: str, seen: Entry) -> bool:
        """Remove an entry if it is still what is there."""
        wanted = stored_of(seen)
        if self.entries.get(full_key) is not wanted:
            return False
        self._drop(full_key)
        return True

    @exclusive("mutex")
    def withdraw(self, full_key: str, claim: Claim, now: int) -> bool:
        """Remove a claim whose lease still runs at `now`, if it is what is there."""
        stored = self.entries.get(full_key)
        if not isinstance(stored, tuple) or stored[0] is not claim:
            return False
        if stored[1] is None or stored[1] <= now:
            return False
        self._drop(full_key)
        return True

    @exclusive("mutex")
    def _expire(self, full_key: str, seen: Entry) -> bool:
        """Remove an expired entry if it is still what is there."""
        if self.entries.get(full_key) is not seen:
            return False
        self._drop(full_key)
        self.expirations += 1
        return True

    def remove_many(self, full_keys: Iterable[str]) -> int:
        """Remove several keys; readers see them gone at one moment. Return how many were live."""
        now = self.clock.now_ms()
        gone: dict[str, Stored] = {}
        for _ in self.entering:
            try:
                gone = {
                    full_key: self.entries[full_key] for full_key in full_keys if full_key in self.entries
                }
                # All of them look expired before the first is gone.
                self._publish(gone, [(None, -NEVER, self._page(full_key)) for full_key in gone])
                for full_key in gone:
                    self._drop(full_key)
                break
            finally:
                self.mutex.release()
        deadlines = [entry_of(stored)[1] for stored in gone.values()]
        return sum(deadline is None or deadline > now for deadline in deadlines)

    @exclusive("mutex")
    def clear(self) -> None:
        """Remove everything, held locks too."""
        self.entries.clear()
        self._rebuild()
        self._waiting.wake_all()

    def _now_for_eviction(self) -> int:
        """Read the clock before the mutex is taken, where making room may need it."""
        return 0 if self._queue is None else self.clock.now_ms()
