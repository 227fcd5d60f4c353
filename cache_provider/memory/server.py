"""`MemoryServer`: to the double what a Redis process is to its clients."""

from collections.abc import Callable, Collection, Iterable
from importlib import import_module
from random import choice
from time import sleep
from typing import TYPE_CHECKING, Any

from cache_provider.arguments import check_integer, check_text
from cache_provider.clock import SYSTEM_CLOCK, Clock
from cache_provider.errors import CacheConfigurationError
from cache_provider.exclusion import exclusive
from cache_provider.memory.entry import Entry, Stored, entry_of, stored_of
from cache_provider.memory.eviction import POLICIES, Eviction
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.listening import Listening
from cache_provider.memory.order import Page
from cache_provider.memory.payload import Claim, Fields, Items
from cache_provider.memory.publication import publish
from cache_provider.memory.waiters import QueuePlace

if TYPE_CHECKING:
    import os
    import ssl

    from redis import ConnectionPool, Redis
    from redis.asyncio import Redis as AsyncRedis

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
        TypeError: `max_size` is not an int, or `clock` not a `Clock`.
        ValueError: `max_size` is negative.
        CacheConfigurationError: `eviction` is unknown.

    Attributes:
        claim_names: Makes the tokens of locks; None leaves them random.
        door: What the ways in by Redis' protocol share, once there are any.
    """

    claim_names: Callable[[], str] | None = None
    door: object = None

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
        for _ in self.entering:
            try:
                if self.entries.get(full_key) is not seen:
                    break
                items.append(wire)
                length = len(items)
                for _ in range(length - keep):
                    items.popleft()
                self._renew(full_key, items, deadline, now)
                return length
            finally:
                self.mutex.release()
        return None

    @exclusive("mutex")
    def items(self, full_key: str, seen: Entry, items: Items) -> list[bytes] | None:
        """Return a copy of the list of `seen`."""
        return list(items) if self.entries.get(full_key) is seen else None

    def put_field(self, full_key: str, seen: Entry, fields: Fields, field: str, wire: bytes) -> bool | None:
        """Set a field in the hash of `seen`; tell whether it is new."""
        now = self._now_for_eviction()
        for _ in self.entering:
            try:
                if self.entries.get(full_key) is not seen:
                    break
                is_new = field not in fields
                fields[field] = wire
                self._renew(full_key, fields, seen[1], now)
                return is_new
            finally:
                self.mutex.release()
        return None

    @exclusive("mutex")
    def fields(self, full_key: str, seen: Entry, fields: Fields) -> Fields | None:
        """Return a copy of the hash of `seen`."""
        return Fields(fields) if self.entries.get(full_key) is seen else None

    def remove_fields(self, full_key: str, seen: Entry, fields: Fields, names: tuple[str, ...]) -> int | None:
        """Remove fields from the hash of `seen`, and the key with the last one; return how many went."""
        now = self._now_for_eviction()
        for _ in self.entering:
            try:
                if self.entries.get(full_key) is not seen:
                    break
                removed = sum(fields.pop(name, None) is not None for name in names)
                if fields:
                    self._renew(full_key, fields, seen[1], now)
                else:
                    self._drop(full_key)
                return removed
            finally:
                self.mutex.release()
        return None

    def _renew(self, full_key: str, payload: Items | Fields, deadline: int | None, now: int) -> None:
        self._rewrite(full_key, payload, deadline)
        self._after_writes({full_key: payload}, now)

    # The Redis door: imported only when it is used

    def overseer(self) -> object:
        """Return who is shown every command at the door; None, for nobody, but for a test's server."""
        return None

    def redis(self, **options: Any) -> "Redis":
        """Return a client of redis-py on this server, without a socket.

        >>> client = MemoryServer().redis(decode_responses=True)
        >>> client.set("greeting", "hello")
        True
        >>> client.get("greeting")
        'hello'

        Args:
            options: Those of redis-py's connections: `db`, `decode_responses`, `protocol`, …

        Raises:
            ImportError: redis-py is not installed.
        """
        client: Redis = _door("connections").client(self, options)
        return client

    def async_redis(self, **options: Any) -> "AsyncRedis":
        """Return a client of `redis.asyncio` on this server; see `redis`."""
        client: AsyncRedis = _door("async_connections").client(self, options)
        return client

    def connection_pool(self, **options: Any) -> "ConnectionPool":
        """Return a pool of redis-py for libraries that are configured with one; see `redis`."""
        pool: ConnectionPool = _door("connections").connection_pool(self, options)
        return pool

    def listen(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        path: "str | os.PathLike[str] | None" = None,
        password: str | None = None,
        ssl_context: "ssl.SSLContext | None" = None,
        anywhere: bool = False,
    ) -> Listening:
        """Open a socket at which clients of any language find this server.

        Args:
            host: The address to listen on, a loopback one.
            port: The port; 0 takes a free one.
            path: A unix path instead of an address.
            password: What clients have to show; None asks for nothing.
            ssl_context: Makes it TLS.
            anywhere: Take another address than a loopback one.

        Returns:
            The open socket, a context manager, with `url`, `host`, `port`, `path` and `close()`.

        Raises:
            ValueError: `host` is not a loopback address, and `anywhere` was not asked for.
            OSError: The address is taken.
        """
        listener: Listening = _door("listener").Listener(
            self, host, port, path=path, password=password, ssl_context=ssl_context, anywhere=anywhere
        )
        return listener

    def require_open(self) -> None:
        """Do nothing; what stands for a server after `close()` raises instead."""

    # Walking

    def scan(self, cursor: int, count: int) -> tuple[int, list[str]]:
        """Return the next cursor (0: the end) and the live keys of the next `count` slots.

        A cursor holds the next slot and the last one that there was when the
        scan began: a scan that is fed by what it finds comes to an end too.
        """
        next_cursor, full_keys = self._step(cursor, count)
        return next_cursor, [full_key for full_key in full_keys if self.peek(full_key) is not None]

    @exclusive("mutex")
    def _step(self, cursor: int, count: int) -> tuple[int, list[str]]:
        return self.walk(cursor, count)

    def walk(self, cursor: int, count: int) -> tuple[int, list[str]]:
        """Do what `scan` does, under the mutex, and return expired keys too."""
        end, position = divmod(cursor, _SLOTS)
        if not cursor:
            end = self._order.end()
        full_keys, position = self._order.step(position, count, end)
        return end * _SLOTS + position if position else 0, full_keys

    def draw(self) -> str | None:
        """Return the key of some slot, under the mutex; None where that is free."""
        slots = choice(self._order.pages).slots  # noqa: S311 - no secret
        return choice(slots) if slots else None  # noqa: S311 - no secret

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
        due = self._pages_due(now)
        removed = 0
        # The last page first, and let go at once: pages that became empty are dropped from the end, and
        # all of a million keys' in one go would hold everybody up for milliseconds.
        while due:
            removed += self._swept(due.pop(), now)
            if len(due) % _PAGES_PER_BREATH == 0:
                sleep(_BREATH)
        self._look_ahead()
        return removed

    @exclusive("mutex")
    def _pages_due(self, now: int) -> list[Page]:
        return self._due_pages(now)

    @exclusive("mutex")
    def _swept(self, page: Page, now: int) -> int:
        return self._sweep_page(page, now)

    @exclusive("mutex")
    def _look_ahead(self) -> None:
        self._forget_past_deadlines()

    # Locks

    @exclusive("mutex")
    def store_counted(
        self,
        full_key: str,
        claim: Claim,
        deadline: int,
        seen: Entry | None,
        heir: QueuePlace | None,
        *,
        fence_key: str,
        counted: Entry | None,
    ) -> bool:
        """Store a claim on a lock and its number, at one moment.

        Args:
            full_key: The lock's.
            claim: The claim; its number is set.
            deadline: When its lease ends.
            seen: What it takes the place of; None for nothing.
            heir: For whom it is made, as in `hand_over`; None for who makes it.
            fence_key: Where the lock counts its claims. It is never evicted.
            counted: What was there when the number was made; None for nothing.

        Returns:
            False if anything of that is not so any more; then nothing has changed.
        """
        if not (self._is(fence_key, counted) and self._is(full_key, seen) and self._is_next(full_key, heir)):
            return False
        fence = self._keep(fence_key, (claim.fence, counted and counted[1], self._place(fence_key)))
        held = self._keep(full_key, (claim, deadline, self._place(full_key)))
        publish(self.entries, (fence_key, full_key), (fence, held))
        self._waiting.wake(fence_key)
        self._hand(full_key, claim, heir)
        return True

    @exclusive("mutex")
    def hand_over(self, full_key: str, claim: Claim, deadline: int, seen: Entry, heir: QueuePlace) -> bool:
        """Put the claim of an heir in the place of one that is given back; tell whether that was possible."""
        if not (self._is(full_key, seen) and self._is_next(full_key, heir)):
            return False
        self._rewrite(full_key, claim, deadline)
        self._hand(full_key, claim, heir)
        return True

    def _is(self, full_key: str, seen: Entry | None) -> bool:
        return self.entries.get(full_key) is (None if seen is None else stored_of(seen))

    def _is_next(self, full_key: str, heir: QueuePlace | None) -> bool:
        return heir is None or self._waiting.heir(full_key) is heir

    def _hand(self, full_key: str, claim: Claim, heir: QueuePlace | None) -> None:
        if heir is None:
            self._waiting.wake(full_key)
        elif not self._waiting.hand(full_key, claim):
            # Its event loop is gone: nobody would give the claim back.
            self._drop(full_key)

    # Waiting for a key to become free

    @exclusive("mutex")
    def enlist(self, full_key: str, place: QueuePlace) -> None:
        """Have a waiter woken, in its turn, when the key is removed or changed."""
        self._waiting.enlist(full_key, place)

    @exclusive("mutex")
    def leave(self, full_key: str, place: QueuePlace, *, claimed: bool) -> None:
        """End an `enlist`; a turn that was not used to claim the key goes to the next.

        So does one whose claim was broken before the claimer had left the queue:
        the wake-up for that went to the claimer, who no longer waits for it.
        """
        self._waiting.leave(full_key, place, claimed=claimed and full_key in self.entries)

    @exclusive("mutex")
    def find_heir(self, full_key: str) -> QueuePlace | None:
        """Return what `heir` returns."""
        return self.heir(full_key)


def _door(room: str) -> Any:
    """Import a room of the Redis door, which stands on this server and so cannot be imported by it."""
    return import_module(f"cache_provider.door.{room}")


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
