"""`MemoryServer`: to the double what a Redis process is to its clients."""

from collections.abc import Callable, Collection, Iterable
from time import sleep

from cache_provider.arguments import check_integer, check_text
from cache_provider.clock import SYSTEM_CLOCK, Clock
from cache_provider.errors import CacheConfigurationError
from cache_provider.memory.entry import Entry, Stored, entry_of, stored_of
from cache_provider.memory.eviction import POLICIES, Eviction
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.payload import Claim, Fields, Items
from cache_provider.waiting import Gate

_PAGES_PER_BREATH = 8
"""How many pages a sweep looks at before it lets other threads run: well below a millisecond's work."""

_SLOTS = 2**31
"""More than a server can have: two positions below it make an int64."""

_BREATH = 1e-6
"""Real seconds; a sleep of 0 often takes the interpreter back before anybody else had it."""


class MemoryServer(Keyspace):
    """A keyspace that several adapters may share, each through its own prefix.

    Args:
        max_size: How many entries it holds at the most; held locks do not
            count and are never evicted. 0: writes answer as usual and nothing
            stays. None: no bound.
        eviction: What goes when it is full, after expired entries: `"lru"` the
            least recently used, `"fifo"` the oldest written.
        clock: What every deadline is judged by; the system's by default.

    Raises:
        TypeError: `max_size` is no int or `clock` no `Clock`.
        ValueError: `max_size` is negative.
        CacheConfigurationError: `eviction` is unknown.

    Attributes:
        claim_names: Makes the tokens of locks; None leaves them random.
    """

    claim_names: Callable[[], str] | None = None

    def __init__(
        self, max_size: int | None = None, eviction: Eviction = "lru", clock: Clock | None = None
    ) -> None:
        super().__init__(
            None if max_size is None else check_integer("max_size", max_size, minimum=0),
            _check_policy(eviction),
            _check_clock(clock),
        )

    def __repr__(self) -> str:
        bound = "" if self.max_size is None else f" max_size={self.max_size} eviction={self.eviction}"
        return f"<MemoryServer entries={len(self.entries)}{bound} clock={self.clock!r}>"

    # Lists and hashes: changed in place under the mutex, behind a new entry. Each
    # answers None if the entry that the caller saw is no longer there.

    def push(
        self, full_key: str, seen: Entry, items: Items, wire: bytes, *, keep: int, deadline: int | None
    ) -> int | None:
        """Append to the list of `seen`, keep the newest `keep`; return the length between the two."""
        now = self._now_for_eviction()
        with self.mutex:
            if self.entries.get(full_key) is not seen:
                return None
            items.append(wire)
            length = len(items)
            del items[:-keep]
            self._renew(full_key, items, deadline, now)
        return length

    def items(self, full_key: str, seen: Entry, items: Items) -> Items | None:
        """Return a copy of the list of `seen`."""
        with self.mutex:
            return items.copy() if self.entries.get(full_key) is seen else None

    def put_field(self, full_key: str, seen: Entry, fields: Fields, field: str, wire: bytes) -> bool | None:
        """Set a field in the hash of `seen`; tell whether it is new."""
        now = self._now_for_eviction()
        with self.mutex:
            if self.entries.get(full_key) is not seen:
                return None
            is_new = field not in fields
            fields[field] = wire
            self._renew(full_key, fields, seen[1], now)
        return is_new

    def fields(self, full_key: str, seen: Entry, fields: Fields) -> Fields | None:
        """Return a copy of the hash of `seen`."""
        with self.mutex:
            return Fields(fields) if self.entries.get(full_key) is seen else None

    def remove_fields(self, full_key: str, seen: Entry, fields: Fields, names: tuple[str, ...]) -> int | None:
        """Remove fields from the hash of `seen`, and the key with the last one; return how many went."""
        now = self._now_for_eviction()
        with self.mutex:
            if self.entries.get(full_key) is not seen:
                return None
            removed = sum(fields.pop(name, None) is not None for name in names)
            if fields:
                self._renew(full_key, fields, seen[1], now)
            else:
                self._drop(full_key)
        return removed

    def _renew(self, full_key: str, payload: Items | Fields, deadline: int | None, now: int) -> None:
        self._rewrite(full_key, payload, deadline)
        self._after_writes({full_key: payload}, now)

    def require_open(self) -> None:
        """Do nothing; what stands for a server after `close()` raises instead."""

    # Walking

    def scan(self, cursor: int, count: int) -> tuple[int, list[str]]:
        """Return the next cursor (0: the end) and the live keys of the next `count` slots.

        A cursor holds the next slot and the last one that there was when the
        scan began: a scan that is fed by what it finds comes to an end too.
        """
        end, position = divmod(cursor, _SLOTS)
        with self.mutex:
            if not cursor:
                end = self._order.end()
            full_keys, position = self._order.step(position, count, end)
        next_cursor = end * _SLOTS + position if position else 0
        return next_cursor, [full_key for full_key in full_keys if self.peek(full_key) is not None]

    def live_keys(self, select: Callable[[Collection[str]], Iterable[str]] = iter) -> list[str]:
        """Return the live keys that `select` leaves, all as they are at one moment."""
        now = self.clock.now_ms()
        entries = self._copy()
        return [key for key in select(entries) if self._was_live(key, entries[key], now)]

    def size(self) -> int:
        """Return the number of live entries at one moment; held locks do not count."""
        now = self.clock.now_ms()
        return sum(
            self._was_live(full_key, stored, now) and type(entry_of(stored)[0]) is not Claim
            for full_key, stored in self._copy().items()
        )

    def deadlines(self) -> dict[str, int]:
        """Return when keys expire or expired, in milliseconds; those that never will are left out."""
        return {full_key: entry[1] for full_key, entry in self.snapshot().items() if entry[1] is not None}

    def _was_live(self, full_key: str, stored: Stored, now: int) -> bool:
        if not isinstance(stored, tuple) or stored[1] is None or stored[1] > now:
            return True
        self._expire(full_key, stored)
        return False

    def sweep(self) -> int:
        """Remove the expired entries that nobody touched; return how many went.

        Works page by page and lets other threads run between, so that none
        waits long. Costs next to nothing while nothing can have expired.
        """
        now = self.clock.now_ms()
        if now < self._soonest:
            return 0
        with self.mutex:
            due = self._due_pages(now)
        removed = 0
        # The last page first, and let go at once: pages that became empty are dropped from the end, and
        # all of a million keys' in one go would hold everybody up for milliseconds.
        while due:
            with self.mutex:
                removed += self._sweep_page(due.pop(), now)
            if len(due) % _PAGES_PER_BREATH == 0:
                sleep(_BREATH)
        with self.mutex:
            self._forget_past_deadlines()
        return removed

    # Locks

    def store_counted(
        self, full_key: str, claim: Claim, deadline: int, fence_key: str, counted: Entry | None
    ) -> bool:
        """Store a claim on a free lock and its number, at one moment.

        Args:
            full_key: The lock's.
            claim: The claim; its number is set.
            deadline: When its lease ends.
            fence_key: Where the lock counts its claims. It is never evicted.
            counted: What was there when the number was made; None for nothing.

        Returns:
            False if the lock was held or something else was counted; then nothing has changed.
        """
        wanted = None if counted is None else stored_of(counted)
        with self.mutex:
            if full_key in self.entries or self.entries.get(fence_key) is not wanted:
                return False
            page = self._order.add(fence_key) if wanted is None else self._page(fence_key)
            fence = self._keep(fence_key, (claim.fence, counted and counted[1], page))
            held = self._keep(full_key, (claim, deadline, self._order.add(full_key)))
            # The number first: whoever sees the claim sees that it was counted.
            self.entries.update({fence_key: fence, full_key: held})
            self._waiting.wake(fence_key)
            self._waiting.wake(full_key)
        return True

    # Waiting for a key to become free

    def enlist(self, full_key: str, waiter: Gate) -> None:
        """Have `waiter` woken, in its turn, when the key is removed or changed."""
        with self.mutex:
            self._waiting.enlist(full_key, waiter)

    def leave(self, full_key: str, waiter: Gate, *, claimed: bool) -> None:
        """End an `enlist`; a turn that was not used to claim the key goes to the next.

        So does one whose claim was broken before the claimer had left the queue:
        the wake-up for that went to the claimer, who no longer waits for it.
        """
        with self.mutex:
            self._waiting.leave(full_key, waiter, claimed=claimed and full_key in self.entries)


def _check_policy(eviction: object) -> Eviction:
    check_text("eviction", eviction)
    for policy in POLICIES:
        if policy == eviction:
            return policy
    raise CacheConfigurationError(f"eviction must be one of {POLICIES}, not {eviction!r}")


def _check_clock(clock: object) -> Clock:
    if clock is None:
        return SYSTEM_CLOCK
    if not isinstance(clock, Clock):
        raise TypeError(f"clock must be a Clock, not {type(clock).__name__} {clock!r}")
    return clock
