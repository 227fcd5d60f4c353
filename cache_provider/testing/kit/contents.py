"""What a test's store holds, as plain Python values: put there before the test, and shown after it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from cache_provider.arguments import Ttl, check_dict, check_mapping, ttl_ms
from cache_provider.clock import Clock
from cache_provider.codecs import Codec, JsonCodec
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.memory.entry import Entry
from cache_provider.memory.eviction import Eviction
from cache_provider.memory.payload import Claim, Fields, Items, Packer, Payload
from cache_provider.memory.server import MemoryServer, keyspace_of
from cache_provider.testing.faults import Faults
from cache_provider.testing.seam import Interceptor

if TYPE_CHECKING:
    from cache_provider.testing.leaks.clients import ClientWatch

Kind: TypeAlias = Literal["value", "list", "hash"]
"""The types of keys."""


@dataclass(frozen=True, repr=False)
class StoredKey:
    """The contents of a key that are more than a plain value: a list, a hash, or anything with a ttl.

    >>> StoredKey("ada", ttl=60)
    StoredKey('ada', ttl=60)
    >>> StoredKey([1, 2], "list")
    StoredKey([1, 2], 'list')

    Args:
        value: The value; for a list its items, the oldest first; for a hash its fields.
        kind: The type of the key: `"value"`, `"list"` (as made by `push_limit`) or
            `"hash"` (as made by `hset`).
        ttl: How long it lives, as in `set`; None for ever.

    Raises:
        TypeError, ValueError: An argument is not legal.
    """

    value: Any
    kind: Kind = "value"
    ttl: Ttl | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}, not {self.kind!r}")
        if self.kind == "list":
            _check_list(self.value)
        if self.kind == "hash":
            check_dict("value", self.value)
        if self.kind != "value" and not self.value:
            raise ValueError(f"value must not be empty: no {self.kind} is")
        if self.ttl is not None:
            ttl_ms("ttl", self.ttl)

    def __repr__(self) -> str:
        kind = "" if self.kind == "value" else f", {self.kind!r}"
        ttl = "" if self.ttl is None else f", ttl={self.ttl!r}"
        return f"StoredKey({self.value!r}{kind}{ttl})"


class CacheServer(MemoryServer):
    """A test's `MemoryServer`, which can be filled and shown.

    Keys are those of the test's own caches: what is loaded under `"user:1"` is
    what `cache_provider.get("user:1")` returns. Loading is not in the record of
    calls, meets no faults and counts as no leak.

    Args:
        key_prefix: The prefix of the test's own caches.
        codec: How their values become bytes; `JsonCodec()` by default.
        max_size: As for `MemoryServer`.
        eviction: As for `MemoryServer`.
        clock: As for `MemoryServer`.
    """

    def __init__(
        self,
        key_prefix: str,
        codec: Codec | None = None,
        max_size: int | None = None,
        eviction: Eviction = "lru",
        clock: Clock | None = None,
    ) -> None:
        super().__init__(max_size, eviction, clock)
        self._key_prefix = key_prefix
        self._codec = codec
        self._interceptors: tuple[Interceptor, ...] = ()
        self._client_watch: ClientWatch | None = None

    def _overseer(self) -> object:
        if not self._interceptors:
            return None
        from cache_provider.testing.leaks.clients import ClientWatch  # noqa: PLC0415 - imports the door
        from cache_provider.testing.seam.command import DoorWay  # noqa: PLC0415 - see above

        # Innermost: a write whose reply a fault loses has been written.
        self._client_watch = ClientWatch(self.clock)
        journals = [each.journal() for each in self._interceptors if isinstance(each, Faults)]
        return DoorWay((*self._interceptors, *journals, self._client_watch))

    def load(
        self, contents: Mapping[str, Any], *, key_prefix: str | None = None, codec: Codec | None = None
    ) -> None:
        """Put keys into the store, replacing any old contents of these keys; other keys stay.

        A key is given a value, as with `set`: a `list` is a value that is a
        list, not a list of Redis. Use a `StoredKey` for another type of key or for a ttl.
        A key without one gets no ttl, even if the test's caches have a `default_ttl`.

        Args:
            contents: The contents, by key.
            key_prefix: Another prefix for the keys; `""` for keys as the store has them.
            codec: Another codec for the values.

        Raises:
            EncodeError, TypeError, ValueError: Something cannot be stored; then nothing was.
        """
        keys = check_mapping(contents)
        # What is wrong with any of them is found out elsewhere.
        for server in (MemoryServer(clock=self.clock), self):
            cache = InMemoryCacheAdapter(
                self._prefix(key_prefix), server=server, codec=self._codec if codec is None else codec
            )
            for key, held in keys.items():
                _put(cache, key, held if isinstance(held, StoredKey) else StoredKey(held))

    def dump(
        self, *, ttls: bool = True, key_prefix: str | None = None, codec: Codec | None = None
    ) -> dict[str, Any]:
        """Return the contents of the store in the order of its keys, in a form that `load` takes.

        Values that never expire are shown as themselves, everything else as a `StoredKey`.
        Held locks are left out: their tokens differ from run to run. Looking changes nothing,
        not even what would be evicted next.

        Args:
            ttls: Whether to include ttls: the seconds left, to the millisecond. They stand
                still on the clock of `cache_clock`, and run on the system's.
            key_prefix: Show only keys with this prefix, without it; by default that of the
                test's own caches, `""` for all keys.
            codec: Another codec for the values.

        Raises:
            DecodeError: A key holds bytes that the codec cannot read.
        """
        packer = Packer(codec or self._codec or JsonCodec())
        now = self.clock.now_ms()
        contents: dict[str, Any] = {}
        for key, (payload, deadline, _) in self._below(self._prefix(key_prefix)):
            if isinstance(payload, Claim) or (deadline is not None and deadline <= now):
                continue
            ttl = _seconds(deadline - now) if ttls and deadline is not None else None
            contents[key] = _shown(packer, key, payload, ttl)
        return contents

    def _below(self, prefix: str) -> Iterator[tuple[str, Entry]]:
        snapshot = keyspace_of(self).snapshot()
        for full_key in sorted(snapshot):
            if full_key.startswith(prefix):
                yield full_key.removeprefix(prefix), snapshot[full_key]

    def _prefix(self, key_prefix: str | None) -> str:
        return self._key_prefix if key_prefix is None else key_prefix


def show_commands(server: CacheServer, *interceptors: Interceptor) -> None:
    """Have interceptors shown the commands of clients that come by the Redis door."""
    server._interceptors = interceptors  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # beside its class


def client_watch_of(server: CacheServer) -> "ClientWatch | None":
    """Return what looks at what those clients leave behind; None where there was none."""
    return server._client_watch  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # as above


def _check_list(value: object) -> None:
    if not isinstance(value, list):
        raise TypeError(f"value must be a list, not {type(value).__name__}")


def _seconds(milliseconds: int) -> float:
    seconds, rest = divmod(milliseconds, 1000)
    return milliseconds / 1000 if rest else seconds


def _put(cache: InMemoryCacheAdapter, key: str, held: StoredKey) -> None:
    if held.kind == "value":
        cache.set(key, held.value, held.ttl)
        return
    cache.delete(key)
    if held.kind == "list":
        for item in held.value:
            cache.push_limit(key, item, len(held.value))
    else:
        for field, value in held.value.items():
            cache.hset(key, field, value)
    if held.ttl is not None:
        cache.expire(key, held.ttl)


def _shown(packer: Packer, key: str, payload: Payload, ttl: float | None) -> Any:
    """Return what `load` takes for a key."""
    value, kind = _read(packer, key, payload)
    if kind == "value" and ttl is None and not isinstance(value, StoredKey):
        return value
    return StoredKey(value, kind, ttl)


def _read(packer: Packer, key: str, payload: Payload) -> tuple[Any, Kind]:
    if isinstance(payload, Items):
        return [packer.decode(key, wire) for wire in payload], "list"
    if isinstance(payload, Fields):
        return {field: packer.decode(key, wire) for field, wire in sorted(payload.items())}, "hash"
    return packer.unpack(key, payload), "value"
