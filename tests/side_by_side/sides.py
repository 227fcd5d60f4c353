"""The two that are compared: each an empty server, its time, and adapters on it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from cache_provider import (
    CacheProviderInterface,
    InMemoryCacheAdapter,
    ManualClock,
    MemoryServer,
    RedisCacheAdapter,
)
from cache_provider.memory.payload import Fields, Items, Payload, wire_of
from cache_provider.memory.server import keyspace_of
from cache_provider.testing.contract import Terms
from cache_provider.testing.contract.remote import BRING_NEARER

Cache: TypeAlias = CacheProviderInterface

GRID = 100
"""Seconds: all ttls are an odd multiple of half of it, and time passes in multiples of it."""


@dataclass(frozen=True)
class Held:
    """What a server holds under one full key.

    Attributes:
        kind: `"value"`, `"list"` or `"hash"`.
        content: The wire values; of a hash, its fields and theirs in turn.
        left: How many seconds are left, on the grid; None: persistent.
    """

    kind: str
    content: tuple[bytes, ...]
    left: int | None


State: TypeAlias = dict[bytes, Held]


class Side(ABC):
    """One empty server.

    Attributes:
        start: Where its time starts.
    """

    start: datetime

    @abstractmethod
    def connect(self, terms: Terms) -> Cache:
        """Return an adapter on the server."""

    @abstractmethod
    def pass_time(self, seconds: int) -> None:
        """Let every key be so much closer to its end."""

    @abstractmethod
    def moment(self, seconds: int) -> datetime:
        """Return what the server calls the moment `seconds` from now."""

    @abstractmethod
    def state(self) -> State:
        """Return all that is on the server, and change nothing."""


class DoubleSide(Side):
    """The double, on a clock that only `pass_time` moves."""

    def __init__(self, start: datetime, adapter: Callable[..., Cache] = InMemoryCacheAdapter) -> None:
        self.start = start
        self._adapter = adapter
        self._clock = ManualClock(start)
        self._server = MemoryServer(clock=self._clock)

    def connect(self, terms: Terms) -> Cache:
        """Return another adapter on the same server."""
        return self._adapter(server=self._server, **vars(terms))

    def pass_time(self, seconds: int) -> None:
        """Move the clock."""
        self._clock.advance(seconds)

    def moment(self, seconds: int) -> datetime:
        """Return the clock's time and some seconds."""
        return self._clock.now() + timedelta(seconds=seconds)

    def state(self) -> State:
        """Return the live entries.

        Not read through an adapter: that would remove the expired ones, and the
        operation that comes next must meet them.
        """
        now = self._clock.now_ms()
        return {
            full_key.encode(): _held(payload, None if deadline is None else deadline - now)
            for full_key, (payload, deadline, _) in keyspace_of(self._server).snapshot().items()
            if deadline is None or deadline > now
        }


def _held(payload: Payload, left_ms: int | None) -> Held:
    left = on_grid(left_ms)
    if isinstance(payload, Items):
        return Held("list", tuple(payload), left)
    if isinstance(payload, Fields):
        return Held("hash", _flat({field.encode(): wire for field, wire in payload.items()}), left)
    return Held("value", (wire_of("", payload),), left)


def _flat(fields: dict[bytes, bytes]) -> tuple[bytes, ...]:
    # Sorted: Redis promises no order of fields.
    return tuple(word for field in sorted(fields) for word in (field, fields[field]))


def on_grid(milliseconds: int | None) -> int | None:
    """Return a remaining time in seconds, with what really passed on the server since taken out.

    Whatever the operations, each deadline stays an odd number of half steps of
    the grid away, less the few real milliseconds since it was set. So rounding
    hides less than half a step of real time, and nothing else.
    """
    return None if milliseconds is None else milliseconds // (GRID * 1000) * GRID + GRID // 2


_STATE = """
local found = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind, content = redis.call('TYPE', key).ok, nil
  if kind == 'list' then content = redis.call('LRANGE', key, 0, -1)
  elseif kind == 'hash' then content = redis.call('HGETALL', key)
  else kind, content = 'value', {redis.call('GET', key)} end
  found[#found + 1] = {key, kind, content, string.format('%.0f', redis.call('PTTL', key))}
end
return found
"""


class RealSide(Side):
    """A real server, emptied. Its time passes by taking it from what every key has left.

    Its clock stays where it is, so a moment on the calendar comes earlier by
    all the time that has passed.
    """

    def __init__(self, client: Any, adapter: Callable[..., Cache] = RedisCacheAdapter) -> None:
        client.flushall()
        self._adapter = adapter
        self._client = client
        self._state = client.register_script(_STATE)
        self._age = client.register_script(BRING_NEARER)
        seconds, microseconds = client.time()
        self.start = datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=microseconds // 1000)

    def connect(self, terms: Terms) -> Cache:
        """Return another adapter on the same server."""
        return self._adapter(client=self._client, **vars(terms))

    def pass_time(self, seconds: int) -> None:
        """Take the time from every key; what has none left goes."""
        self._age(keys=self._client.keys(), args=[seconds * 1000])

    def moment(self, seconds: int) -> datetime:
        """Return the start and some seconds: the few that really passed since are no matter on the grid."""
        return self.start + timedelta(seconds=seconds)

    def state(self) -> State:
        """Return everything, at one moment."""
        return {key: _found(kind, content, int(left)) for key, kind, content, left in self._state()}


def _found(kind: bytes, content: list[bytes], left_ms: int) -> Held:
    fields = _flat(dict(zip(content[::2], content[1::2], strict=True))) if kind == b"hash" else tuple(content)
    return Held(kind.decode(), fields, on_grid(None if left_ms < 0 else left_ms))
