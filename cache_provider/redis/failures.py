"""The one door through which a client's errors become this package's."""

import redis.exceptions as foreign

from cache_provider.errors import (
    CacheError,
    CacheTimeoutError,
    CacheUnavailableError,
    CounterOverflowError,
    NotAnIntegerError,
    WrongTypeError,
)

FOREIGN = (foreign.RedisError, foreign.RedisClusterException, OSError)
"""What a client may raise."""

_UNAVAILABLE = (
    foreign.ConnectionError,
    foreign.ClusterError,
    foreign.RedisClusterException,
    foreign.ReadOnlyError,
    foreign.MasterDownError,
    OSError,
)


def translated(error: Exception, key: str) -> CacheError:
    """Return this package's error for a client's, naming the caller's key.

    Messages of the server and of redis-py hold no password.
    """
    about = f"key {key!r}: {error}" if key else str(error)
    if isinstance(error, (foreign.TimeoutError, TimeoutError)):
        return CacheTimeoutError(about or "the server answered too late")
    if isinstance(error, _UNAVAILABLE):
        return CacheUnavailableError(about)
    return _refusal(str(error), key) or CacheError(about)


def _refusal(message: str, key: str) -> CacheError | None:
    if "WRONGTYPE" in message:
        return WrongTypeError(f"key {key!r} holds another type than this operation needs")
    if "not an integer" in message:
        return NotAnIntegerError(f"key {key!r} must hold a canonical int64")
    if "would overflow" in message:
        return CounterOverflowError(f"key {key!r}: the result leaves int64")
    if message.startswith(("LOADING", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "NOREPLICAS", "TRYAGAIN")):
        return CacheUnavailableError(message)
    return None
