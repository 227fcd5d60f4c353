"""Letting baldur's own `CleanupService` sweep a double."""

from typing import Any, Protocol, runtime_checkable

from baldur.adapters.cache import memory_adapter as upstream


@runtime_checkable
class Sweepable(Protocol):
    """What a double can do that a server does by itself."""

    def cleanup_expired(self) -> int:
        """Remove expired entries that nobody touched; return how many."""
        ...


def register_double(face: Sweepable, provider: object) -> None:
    """Add a face over a double to those that baldur sweeps; it is not kept alive by that.

    Baldur has no public way: its service walks the set in which its own double
    counts its instances.
    """
    if isinstance(provider, Sweepable):
        untyped: Any = upstream.InMemoryCacheAdapter
        untyped._instances.add(face)  # noqa: SLF001 - see above
