"""A server with something of everything in it, and a picture of its whole state."""

import inspect
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cache_provider import (
    BytesCodec,
    CleanupService,
    InMemoryCacheAdapter,
    ManualClock,
    MemoryServer,
    WrongTypeError,
)

HOUR = timedelta(hours=1)
CLASSES: dict[str, type] = {
    kind.__name__: kind for kind in (InMemoryCacheAdapter, MemoryServer, CleanupService, ManualClock)
}


@dataclass(frozen=True)
class Snapshot:
    """All that a refused call could have changed."""

    values: dict[str, bytes]
    lists: dict[str, list[bytes]]
    hashes: dict[str, dict[str, bytes]]
    ttls: dict[str, int | None]
    owned: dict[str, bool]
    healthy: bool
    now_ms: int


class Stage:
    """A cache with a value, a counter, a list, a hash and a held lock.

    Attributes:
        clock: Its clock, which jumps, so that no wait can hang.
        cache: The cache that is called.
        free: A handle on a lock that nobody holds.
        owned: A handle on a lock that it holds.
        rival: A handle on the same lock, which it does not hold.
    """

    def __init__(self) -> None:
        self.clock = ManualClock(autojump=True)
        server = MemoryServer(clock=self.clock)
        self.cache = InMemoryCacheAdapter("app:", "stage", server=server)
        self.cache.set("record", {"state": "old"}, ttl=HOUR)
        self.cache.set("number", 5)
        for item in ("a", "b", "c"):
            self.cache.push_limit("list", item, 3, ttl=HOUR)
        self.cache.hset("hash", "a", 1)
        self.cache.hset("hash", "b", 2)
        self.free = self.cache.get_lock("free", HOUR)
        self.owned = self.cache.get_lock("lock", HOUR)
        self.rival = self.cache.get_lock("lock", HOUR)
        self.renewed = self.cache.get_lock("renewed", HOUR, renew=True)
        self.owned.acquire()
        self._reader = InMemoryCacheAdapter("", "reader", server=server, codec=BytesCodec())

    def call(self, name: str, subject: str, arguments: dict[str, Any]) -> Any:
        """Call what `name` says on `subject`, an attribute of the stage or a class."""
        method = name.partition(".")[2]
        function = getattr(getattr(self, subject), method) if method else CLASSES[subject]
        arguments = dict(arguments)
        positional: list[Any] = []
        for parameter in inspect.signature(function).parameters.values():
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                positional += arguments.pop(parameter.name)
            elif parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and parameter.name in arguments:
                positional.append(arguments.pop(parameter.name))
            else:
                break
        return function(*positional, **arguments)

    def snapshot(self) -> Snapshot:
        """Return the whole state, wire values and locks included."""
        reader = self._reader
        values: dict[str, bytes] = {}
        lists: dict[str, list[bytes]] = {}
        hashes: dict[str, dict[str, bytes]] = {}
        keys = reader.keys()
        for key in keys:
            try:
                values[key] = reader.get(key)
            except WrongTypeError:
                try:
                    lists[key] = reader.list_range(key, 0, -1)
                except WrongTypeError:
                    hashes[key] = reader.hgetall(key)
        return Snapshot(
            values,
            lists,
            hashes,
            {key: reader.ttl(key) for key in keys},
            {name: getattr(self, name).owned() for name in ("free", "owned", "rival")},
            self.cache.health_check(),
            self.clock.now_ms(),
        )
