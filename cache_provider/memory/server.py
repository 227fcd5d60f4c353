"""`MemoryServer`: to the double what a Redis process is to its clients."""

from typing import TYPE_CHECKING, Any

from cache_provider.arguments import check_integer, check_text
from cache_provider.clock import SYSTEM_CLOCK, Clock
from cache_provider.errors import CacheConfigurationError
from cache_provider.lazy_names import import_for
from cache_provider.memory.eviction import POLICIES, Eviction
from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.listening import Listening
from cache_provider.memory.walking import size, sweep

if TYPE_CHECKING:
    import os
    import ssl

    from redis import ConnectionPool, Redis
    from redis.asyncio import Redis as AsyncRedis


class MemoryServer:
    """A store that several adapters may share, each through its own prefix, as clients share a Redis.

    Args:
        max_size: How many entries it holds at most; held locks do not
            count and are never evicted. With 0 writes return as usual and store
            nothing. None for no bound.
        eviction: What to evict when it is full, after expired entries: `"lru"` the
            least recently used, `"fifo"` the oldest written.
        clock: The clock of all deadlines; the system's by default.

    Raises:
        TypeError: `max_size` is not an int, or `clock` not a `Clock`.
        ValueError: `max_size` is negative.
        CacheConfigurationError: `eviction` is unknown.

    Attributes:
        clock: The clock of all deadlines.
        max_size: How many entries it holds at most.
        eviction: What it evicts when it is full.
    """

    def __init__(
        self, max_size: int | None = None, eviction: Eviction = "lru", clock: Clock | None = None
    ) -> None:
        self._keyspace = keyspace = new_keyspace(max_size, eviction, clock)
        self.clock = keyspace.clock
        self.max_size = keyspace.max_size
        self.eviction = keyspace.eviction

    def __repr__(self) -> str:
        bound = "" if self.max_size is None else f" max_size={self.max_size} eviction={self.eviction}"
        return f"<MemoryServer entries={len(self._keyspace.entries)}{bound} clock={self.clock!r}>"

    @property
    def evictions(self) -> int:
        """How many live entries were evicted to make room."""
        return self._keyspace.evictions

    @property
    def expirations(self) -> int:
        """How many expired entries were removed."""
        return self._keyspace.expirations

    def size(self) -> int:
        """Return the number of live entries, of every prefix; held locks do not count."""
        return size(self._keyspace)

    def sweep(self) -> int:
        """Remove the expired entries that nobody touched, in small pieces; return how many were removed."""
        return sweep(self._keyspace)

    def clear(self) -> None:
        """Remove everything: all prefixes and all locks."""
        self._keyspace.clear()

    # The Redis door: imported only when it is used

    def _overseer(self) -> object:
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
            ImportError: redis-py, of the extra `redis`, is not installed.
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
        """Open a socket through which clients in any language reach this server.

        Args:
            host: The address to listen on, a loopback one.
            port: The port; 0 takes a free one.
            path: A unix path instead of an address.
            password: What clients must send; None requires nothing.
            ssl_context: Serve TLS with it.
            anywhere: Allow an address that is not a loopback one.

        Returns:
            The open socket, a context manager, with `url`, `host`, `port`, `path` and `close()`.

        Raises:
            ValueError: `host` is not a loopback address, and `anywhere` is False.
            OSError: The address is taken.
        """
        listener: Listening = _door("listener").Listener(
            self, host, port, path=path, password=password, ssl_context=ssl_context, anywhere=anywhere
        )
        return listener


def keyspace_of(server: MemoryServer) -> Keyspace:
    """Return what a server holds; for the rest of the package."""
    return server._keyspace  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # it stands beside its class for this


def overseer_of(server: MemoryServer) -> object:
    """Return who is shown every command at the door; None, for nobody, but for a test's server."""
    return server._overseer()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # as above


def new_keyspace(max_size: int | None, eviction: Eviction, clock: Clock | None) -> Keyspace:
    """Return an empty keyspace.

    Raises:
        TypeError, ValueError, CacheConfigurationError: As for `MemoryServer`.
    """
    return Keyspace(
        None if max_size is None else check_integer("max_size", max_size, minimum=0),
        _check_policy(eviction),
        _check_clock(clock),
    )


def _door(room: str) -> Any:
    """Import a room of the Redis door, which stands on this server and so cannot be imported by it."""
    return import_for("redis-py at the door", f"cache_provider.door.{room}")


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
