"""What leaks are told in, whichever door they came by."""

from cache_provider.testing.leaks.leak import LeakKind

KEY_STORIES: dict[LeakKind, str] = {
    "no ttl": "key {key!r} was written without a ttl",
    "lost ttl": "key {key!r} lost its ttl by a write without one",
}


def outlived(name: str, late_ms: int) -> str:
    """Return what is told of a lock whose lease was over for that long."""
    return f"lock {name!r} outlived its lease, which was over {late_ms / 1000:g} s earlier; acquired"
