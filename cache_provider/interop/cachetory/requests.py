"""What each method of both backends does, in steps that serve threads and coroutines alike."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, cast, runtime_checkable

from cache_provider.aio.interface import AnyProvider
from cache_provider.arguments import check_flag, check_key, duration_ms, moment_ms, ttl_ms
from cache_provider.interop.cachetory.wire import Wire
from cache_provider.steps import Steps

_MISSING = object()


@runtime_checkable
class _Sized(Protocol):
    """What a double has besides, and answers at once."""

    def cleanup_expired(self) -> int:
        """Remove expired entries that nobody touched."""
        ...

    def get_store_size(self) -> int:
        """Count the live entries."""
        ...


class Requests:
    """The requests of one backend.

    Args:
        provider: Where they go.
    """

    def __init__(self, provider: AnyProvider) -> None:
        self._provider = provider
        self._wire = Wire(provider)
        self._double = provider if isinstance(provider, _Sized) else None

    def get(self, key: str) -> Steps[Any]:
        """Read one value."""
        stored = yield self._provider.get(key, _MISSING)
        if stored is _MISSING:
            raise KeyError(key)
        return self._wire.from_stored(key, stored)

    def get_many(self, keys: tuple[str, ...]) -> Steps[list[tuple[str, Any]]]:
        """Read several values in one step."""
        found: dict[str, Any] = yield self._provider.mget(keys)
        return [(key, self._wire.from_stored(key, found[key])) for key in keys if key in found]

    def set(self, key: str, value: Any, time_to_live: timedelta | None, if_not_exists: bool) -> Steps[bool]:
        """Write one value."""
        value = self._wire.to_stored(value)
        try:
            if time_to_live is not None:
                ttl_ms("time_to_live", time_to_live)
            write = self._provider.setnx if check_flag("if_not_exists", if_not_exists) else self._provider.set
        except (TypeError, ValueError):
            # What stands before them in the signature is wrong first, if it is wrong too.
            self._provider.as_stored(key, value)
            raise
        self._sweep()
        stored: bool = yield write(key, value, time_to_live)
        return stored

    def set_many(self, items: Iterable[tuple[str, Any]]) -> Steps[None]:
        """Write several values in one step."""
        mapping = {key: self._wire.to_stored(value) for key, value in _pairs(items)}
        self._sweep()
        yield self._provider.mset(mapping)

    def expire_in(self, key: str, time_to_live: timedelta | None) -> Steps[None]:
        """Set a deadline from now."""
        check_key(key)
        if time_to_live is None:
            yield self._provider.persist(key)
        else:
            duration_ms("time_to_live", time_to_live)
            yield self._provider.expire(key, time_to_live)

    def expire_at(self, key: str, deadline: datetime | None) -> Steps[None]:
        """Set a deadline on the calendar."""
        check_key(key)
        if deadline is not None:
            moment_ms("deadline", deadline)
        yield self._provider.expire_at(key, deadline)

    def delete(self, key: str) -> Steps[bool]:
        """Remove one key."""
        deleted: bool = yield self._provider.delete(key)
        return deleted

    def delete_many(self, keys: tuple[str, ...]) -> Steps[None]:
        """Remove several keys."""
        yield self._provider.mdelete(keys)

    def clear(self) -> Steps[None]:
        """Remove every key."""
        yield self._provider.flush_all()

    def live_entries(self) -> int:
        """Count what a double holds, without waiting."""
        if self._double is None:
            raise TypeError(
                f"size cannot ask {self._provider!r}, which is not a double: await count() instead"
            )
        return self._double.get_store_size()

    def _sweep(self) -> None:
        """Let what has expired go as new values come; costs next to nothing while nothing has."""
        if self._double is not None:
            self._double.cleanup_expired()


def _pairs(items: object) -> Iterable[tuple[str, Any]]:
    if not isinstance(items, Iterable):
        raise TypeError(f"items must be an iterable of pairs, not {type(items).__name__}")
    return [_pair(item) for item in cast("Iterable[object]", items)]


def _pair(item: object) -> tuple[str, Any]:
    refusal = TypeError(f"items must be pairs of key and value, not {type(item).__name__}")
    if not isinstance(item, (tuple, list)):
        raise refusal
    pair = cast("Sequence[object]", item)
    if len(pair) != 2:
        raise refusal
    return check_key(pair[0]), pair[1]
