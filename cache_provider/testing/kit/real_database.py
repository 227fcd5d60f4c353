"""`RealDatabase`: a database of a Redis or Valkey server for one test, which nobody else uses meanwhile."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import redis
import redis.asyncio

from cache_provider.clock import monotonic
from cache_provider.errors import CacheConfigurationError, LockNotOwnedError
from cache_provider.interface.lock import DistributedLock
from cache_provider.masking import masked
from cache_provider.redis.adapter import RedisCacheAdapter
from cache_provider.testing.kit.clients import Clients, client_options
from cache_provider.testing.kit.loops import LoopEnds
from cache_provider.testing.kit.options import KitOptions
from cache_provider.testing.kit.real_server import RealServer
from cache_provider.testing.kit.real_time import check_time
from cache_provider.waiting import Patience, Waiter

if TYPE_CHECKING:
    from redis import Redis
    from redis.asyncio import Redis as AsyncRedis

_Redis: Any = redis.Redis
_AsyncRedis: Any = redis.asyncio.Redis
"""redis-py is typed in parts."""

_SCHEMES = ("redis", "rediss", "unix")
_LEASE = 600.0
"""Seconds; a run that is killed keeps its databases for so long. While a test runs they are renewed."""
_PATIENCE = 30.0
"""Real seconds to wait for a database that another test has."""
_PAUSE = 0.05
_RANGE = re.compile(r"(\d+)(?:-(\d+))?")


def numbers_of(databases: str) -> list[int]:
    """Return the numbers that `--cache-provider-databases` names.

    Raises:
        CacheConfigurationError: It names none.
    """
    numbers: list[int] = []
    for part in databases.split(","):
        found = _RANGE.fullmatch(part.strip())
        if found is None:
            raise CacheConfigurationError(
                f"--cache-provider-databases must be like 1-15 or 3,5, not {databases!r}"
            )
        first, last = int(found[1]), int(found[2] or found[1])
        numbers += range(first, last + 1)
    return numbers


def _database_of(url: str) -> int:
    parts = urlsplit(url)
    named = dict(parse_qsl(parts.query)).get("db") or (
        "" if parts.scheme == "unix" else parts.path.strip("/")
    )
    return int(named) if named.isdecimal() else 0


def url_of(url: str, number: int) -> str:
    """Return the URL of another database of a server.

    Raises:
        CacheConfigurationError: It is no URL of one server, which alone has several.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise CacheConfigurationError(f"tests with cache_redis need one of {_SCHEMES}, not {masked(url)}")
    query = urlencode({**dict(parse_qsl(parts.query)), "db": number})
    return f"{parts.scheme}://{parts.netloc}{parts.path}?{query}"


class DatabaseLease:
    """The sole use of one database, for one test.

    Args:
        url: The server, with the database in which it is noted who uses which.
        numbers: The databases to choose from.

    Raises:
        CacheConfigurationError: None of them is to be had; the message says why.

    Attributes:
        url: Where the database is.
    """

    def __init__(self, url: str, numbers: list[int]) -> None:
        self._notes = RedisCacheAdapter(url, key_prefix="cache_provider:database:")
        try:
            self._lock, self.url = self._take(url, numbers)
        except BaseException:
            self._notes.close()
            raise

    def _take(self, url: str, numbers: list[int]) -> tuple[DistributedLock, str]:
        until = monotonic() + _PATIENCE
        while True:
            filled: list[int] = []
            for number in numbers:
                lock = self._notes.get_lock(str(number), timeout=_LEASE, renew=True)
                if not lock.acquire(blocking=False):
                    continue
                if number != _database_of(url) and _is_empty(url_of(url, number)):
                    return lock, url_of(url, number)
                lock.release()
                filled.append(number)
            if len(filled) == len(numbers) or monotonic() >= until:
                raise CacheConfigurationError(_no_database(numbers, filled))
            Waiter().wait(Patience(self._notes.clock, None), at_most=_PAUSE)

    def empty(self) -> None:
        """Remove all that is in the database.

        Raises:
            LockNotOwnedError: By now it may be somebody else's.
        """
        if not self._lock.owned():
            raise LockNotOwnedError(f"a test did not renew the lease of its database for {_LEASE:g} s")
        with _Redis.from_url(self.url) as client:
            client.flushdb()

    def give_back(self) -> None:
        """Let others have the database."""
        try:
            self._lock.release()
        finally:
            self._notes.close()


def _is_empty(url: str) -> bool:
    with _Redis.from_url(url) as client:
        return int(client.dbsize()) == 0


def _no_database(numbers: list[int], filled: list[int]) -> str:
    taken = [number for number in numbers if number not in filled]
    return (
        f"there is no database for a test with cache_redis: {filled or 'none'} are not empty and so are "
        f"left alone, {taken or 'none'} are taken; see --cache-provider-databases"
    )


class RealDatabase(RealServer):
    """A database that nobody else uses, for providers and clients of one test.

    Args:
        url: Where the server is.
        databases: The numbers of those that a test may take.

    Raises:
        CacheConfigurationError: The URL cannot work, or none of them is to be had.
        CacheUnavailableError: The server does not answer.
    """

    def __init__(self, url: str, databases: str) -> None:
        self._lease = DatabaseLease(url, numbers_of(databases))
        super().__init__(self._lease.url, "")

    def clients(self, options: KitOptions) -> Clients:
        if options.database:
            raise CacheConfigurationError(
                "database= is for the double only: here each test has a database of its own"
            )
        return _RealClients(self._lease.url, options, self._note_moved_time)

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._lease.give_back()

    def _empty(self) -> None:
        self._lease.empty()


class _HonestConnection:
    """What a test's connections to a real server do besides, before redis-py's class among the bases."""

    forbid: Callable[[], object]

    def send_packed_command(self, *arguments: Any, **options: Any) -> Any:
        check_time("a command", self.forbid)
        return super().send_packed_command(*arguments, **options)  # type: ignore[misc] # redis-py's


class _HonestAsyncConnection(_HonestConnection):
    loops: LoopEnds

    async def connect(self) -> None:
        await self.loops.attend()
        await super().connect()  # type: ignore[misc] # redis-py's


class _RealClients(Clients):
    """Clients of a database; none may be used while the test has moved the time of its own process."""

    def __init__(self, url: str, options: KitOptions, forbid: Callable[[], object]) -> None:
        self._url = url
        self._options = client_options(options)
        self._forbid = staticmethod(forbid)
        self._opened: list[Redis] = []
        self._loops: list[LoopEnds] = []

    def redis(self) -> "Redis":
        client: Redis = _Redis.from_url(self._url, **self._options)
        pool = client.connection_pool
        extra = {"forbid": self._forbid}
        pool.connection_class = type("Connection", (_HonestConnection, pool.connection_class), extra)
        self._opened.append(client)
        return client

    def async_redis(self) -> "AsyncRedis":
        client: AsyncRedis = _AsyncRedis.from_url(self._url, **self._options)
        loops = LoopEnds(client.aclose)
        pool = client.connection_pool
        extra = {"forbid": self._forbid, "loops": loops}
        pool.connection_class = type("Connection", (_HonestAsyncConnection, pool.connection_class), extra)
        self._loops.append(loops)
        return client

    def url(self) -> str:
        return self._url

    def close(self) -> None:
        for loops in self._loops:
            loops.close()
        for client in self._opened:
            client.close()
