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

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, cast

from cache_provider.clock import SYSTEM_CLOCK, Clock, SystemClock
from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks
from cache_provider.memory.entry import ANYTHING, BARE, Entry, Stored, bare_of, entry_of, stored_of
from cache_provider.memory.eviction import Eviction
from cache_provider.memory.ledger import Ledger
from cache_provider.memory.order import NEVER, KeyOrder
from cache_provider.memory.payload import Claim, Payload
from cache_provider.memory.waiters import QueuePlace, WaitingRoom
from cache_provider.time_moves import BUILTIN

T = TypeVar("T")


class Keyspace(Ledger):
    """Entries by full key, with deadlines, eviction and the waiters that a change wakes.

    What is defined here takes the mutex where it needs it; what is inherited is
    for those who hold it already, as the Redis door does for a whole command.

    Args:
        max_size: How many entries it holds at most, locks apart; None for no bound.
        eviction: What it evicts when it is full.
        clock: What every deadline is judged by, except a lease's.
        order: What gives its keys their places.
        beside: Another keyspace, whose mutex it shares.

    Attributes:
        plain_time: What the type of `time.time` is where the hottest paths may read the wall clock
            themselves, which saves them a call; None where they must ask the clock.
        mutex: What every change is made under.
        entering: The way into `mutex`; see `_forget_threads`.
        release: The way out of it.
        claim_names: Makes the tokens of locks; None leaves them random.
        door: What the ways in by Redis' protocol share, once there are any.
    """

    mutex: Mutex
    claim_names: Callable[[], str] | None = None
    door: object = None

    def __init__(
        self,
        max_size: int | None = None,
        eviction: Eviction = "lru",
        clock: Clock = SYSTEM_CLOCK,
        order: KeyOrder | None = None,
        beside: "Keyspace | None" = None,
    ) -> None:
        super().__init__(max_size, eviction, clock, KeyOrder() if order is None else order)
        self.plain_time = BUILTIN if type(clock) is SystemClock else None
        self._latest = NEVER  # the last deadline that was stored
        self._beside = beside
        self._forget_threads()
        heed_forks(self)

    def _after_fork(self) -> None:
        """Take a new mutex and drop the parent's waiters; mend what a thread was in the middle of."""
        interrupted = not self.mutex.lock.acquire(blocking=False)
        self._forget_threads()
        self.put_the_rest()
        if interrupted:
            self.rebuild()

    def _forget_threads(self) -> None:
        self.keep_waiting_in(WaitingRoom())
        # One that it stands beside was made before it, and so has its own new mutex by now.
        self.mutex = Mutex() if self._beside is None else self._beside.mutex
        # The hottest sections stand in a loop over this themselves, which costs half of `with self.mutex`
        # (with 125 ns, for 70). `acquire()` in a line of its own costs as little, but after a call the
        # interpreter may switch threads with the mutex held, and eight threads then queue up behind it:
        # twelve times slower together than one.
        self.entering = self.mutex.entering
        self.release = self.mutex.release
        self.mutex.guard(self)

    def mend(self) -> None:
        """Make whole what an exception from outside left half-done; whoever waits looks again."""
        self.put_the_rest()
        self.rebuild()
        self.waiting.wake_all()

    def require_open(self) -> None:
        """Do nothing; what stands for a keyspace after `close()` raises instead."""

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
        if entry is not None and self.uses is not None:
            self.mutex.run(self.used, full_key)
        return entry

    def read_with(self, full_key: str, copy: Callable[[Payload], T]) -> T | None:
        """Return what `copy` makes, under the mutex, of what a live key holds; None for a missing one."""
        while (entry := self.read(full_key)) is not None:
            for _ in self.entering:
                try:
                    if self.entries.get(full_key) is stored_of(entry):
                        return copy(entry[0])
                    break
                finally:
                    self.mutex.release()
        return None

    def read_many(self, full_keys: list[str]) -> list[Stored | None]:
        """Return what is kept of the live entries of several keys, all as they were at one moment."""
        # Before the entries: what is expired by now and still there was not yet
        # reported gone, so it may count as live for this one moment, or not.
        now = self.clock.now_ms()
        found: list[Stored | None] = []
        for _ in self.entering:
            try:
                found = list(map(self.entries.get, full_keys))
                if self.uses is not None:
                    for full_key in full_keys:
                        self.uses.read(full_key)
                if now < self.order.soonest:
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
        return {full_key: entry_of(stored) for full_key, stored in self.copy().items()}

    def copy(self) -> dict[str, Stored]:
        """Return what is kept of all entries, expired ones too, as it is at one moment."""
        return self.mutex.run(self.entries.copy)

    def was_live(self, full_key: str, stored: Stored, now: int) -> bool:
        """Tell whether an entry that was seen at `now` was live; an expired one is removed."""
        if not isinstance(stored, tuple) or stored[1] is None or stored[1] > now:
            return True
        self._expire(full_key, stored)
        return False

    def _look(self, full_key: str) -> Entry | None:
        # Between a write and the eviction it causes there is one entry too many.
        find = self.entries.get
        stored = find(full_key) if self.uses is None else self.mutex.run(find, full_key)
        return None if stored is None else entry_of(stored)

    def _is_live(self, entry: Entry, deadline: int) -> bool:
        payload = entry[0]
        clock = payload.clock if type(payload) is Claim else self.clock
        return clock.now_ms() < deadline

    # Writing

    def store(  # noqa: C901, PLR0912 - each branch saves a call
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
                    page = self.order.add(full_key)
                else:
                    page = old[2] if type(old) is tuple else self.pages[full_key]
                if deadline is not None:
                    # One number for all that a burst of writes makes: a seventh of what an entry takes.
                    if deadline == self._latest:
                        deadline = self._latest
                    else:
                        self._latest = deadline
                    if deadline < page.soonest:
                        self.order.note(page, deadline)
                if bare is not None:
                    self.pages[full_key] = page
                    entries[full_key] = bare
                else:
                    entries[full_key] = (payload, deadline, page)
                if self.uses is not None or self.waiting.queues:
                    self.after_writes({full_key: payload}, now)
            except BaseException:
                self.mutex.mend()
                raise
            else:
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
                if deadline is None and kinds <= BARE and all(map(self.pages.__contains__, full_keys)):
                    new = cast("list[Stored]", payloads)
                else:
                    entries = self.placed(full_keys, payloads, deadline)
                    new = entries if kinds.isdisjoint(BARE) else list(map(stored_of, entries))
                self.put_at_once(full_keys, new)
                if self.uses is not None or self.queues:
                    self.after_writes(dict(zip(full_keys, payloads, strict=True)), now)
                break
            except BaseException:
                self.mutex.mend()
                raise
            finally:
                self.mutex.release()

    @exclusive("mutex")
    def redate(self, full_key: str, seen: Entry, deadline: int | None) -> bool:
        """Give an entry another deadline, if it is still what is there; no write, for eviction."""
        if self.entries.get(full_key) is not stored_of(seen):
            return False
        self.rewrite(full_key, seen[0], deadline)
        self.wake(full_key)
        return True

    def change(self, full_key: str, seen: Entry, deadline: int | None, step: Callable[[], T]) -> T | None:
        """Have `step` change the list or hash of `seen` in place, under the mutex; an empty one goes.

        Returns:
            What `step` returned; None if `seen` was no longer there, and nothing has changed.
        """
        now = self._now_for_eviction()
        for _ in self.entering:
            try:
                if self.entries.get(full_key) is not stored_of(seen):
                    break
                result = step()
                if seen[0]:
                    self.rewrite(full_key, seen[0], deadline)
                    self.after_writes({full_key: seen[0]}, now)
                else:
                    self.drop(full_key)
            except BaseException:
                self.mutex.mend()
                raise
            else:
                return result
            finally:
                self.mutex.release()
        return None

    # Removing

    @exclusive("mutex")
    def remove(self, full_key: str, seen: Entry) -> bool:
        """Remove an entry if it is still what is there."""
        if self.entries.get(full_key) is not stored_of(seen):
            return False
        self.drop(full_key)
        return True

    @exclusive("mutex")
    def _expire(self, full_key: str, seen: Entry) -> bool:
        """Remove an expired entry if it is still what is there."""
        if self.entries.get(full_key) is not stored_of(seen):
            return False
        self.expire(full_key)
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
                self.put_at_once(gone, [(None, -NEVER, self.page_of(full_key)) for full_key in gone])
                for full_key in gone:
                    self.drop(full_key)
                break
            except BaseException:
                self.mutex.mend()
                raise
            finally:
                self.mutex.release()
        deadlines = [entry_of(stored)[1] for stored in gone.values()]
        return sum(deadline is None or deadline > now for deadline in deadlines)

    @exclusive("mutex")
    def clear(self) -> None:
        """Remove everything, held locks too."""
        self.entries.clear()
        self.rebuild()
        self.waiting.wake_all()

    # Locks

    @exclusive("mutex")
    def withdraw(self, full_key: str, claim: Claim, now: int) -> bool:
        """Remove a claim whose lease still runs at `now`, if it is what is there."""
        stored = self.entries.get(full_key)
        if not isinstance(stored, tuple) or stored[0] is not claim:
            return False
        if stored[1] is None or stored[1] <= now:
            return False
        self.drop(full_key)
        return True

    @exclusive("mutex")
    def enlist(self, full_key: str, place: QueuePlace) -> None:
        """Have a waiter woken, in its turn, when the key is removed or changed."""
        self.waiting.enlist(full_key, place)

    @exclusive("mutex")
    def leave(self, full_key: str, place: QueuePlace, *, claimed: bool) -> None:
        """End an `enlist`; a turn that was not used to claim the key goes to the next.

        So does one whose claim was broken before the claimer had left the queue:
        the wake-up for that went to the claimer, who no longer waits for it.
        """
        self.waiting.leave(full_key, place, claimed=claimed and full_key in self.entries)

    @exclusive("mutex")
    def rouse(self, tenant: object) -> None:
        """Have everybody look again who waits for a lock through one adapter."""
        self.waiting.rouse(tenant)

    def _now_for_eviction(self) -> int:
        """Read the clock before the mutex is taken, where making room may need it."""
        return 0 if self.uses is None else self.clock.now_ms()
