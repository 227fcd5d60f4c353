"""Keys as Redis has them, bytes, and as a keyspace has them, text."""


def name_of(key: bytes) -> str:
    """Return the full key of a Redis key."""
    return key.decode("utf-8", "surrogateescape")


def key_of(name: str) -> bytes:
    """Return the Redis key of a full key."""
    return name.encode("utf-8", "surrogateescape")
