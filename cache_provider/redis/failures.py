"""The one door through which a client's errors become this package's."""

import re
from collections.abc import Callable
from traceback import walk_tb

import redis.exceptions as foreign

from cache_provider.errors import (
    CacheAccessError,
    CacheError,
    CacheTimeoutError,
    CacheUnavailableError,
    CounterOverflowError,
    NotAnIntegerError,
    WrongTypeError,
)

_TAKEN_AWAY = (AttributeError, TypeError, ValueError)
"""What redis-py stumbles into where its connection is closed by another thread while it reads or sends."""

_TAKEN_AWAY_EARLIER = "Buffer is closed."
"""What redis-py 5 says of it to coroutines, by a plain `RedisError`; later an `OSError`."""

_WHERE_TAKEN = (
    "redis",
    "hiredis",
    "socket",
    "ssl",
    "selectors",
    "asyncio",
    "cache_provider.redis.connections",
)
"""Where it does so. Raised elsewhere, by a credential provider or our own code, they mean what they say."""

FOREIGN = (foreign.RedisError, foreign.RedisClusterException, OSError, *_TAKEN_AWAY)
"""What a client may raise."""

_NO_ACCESS = (
    foreign.AuthenticationError,
    foreign.AuthorizationError,
    foreign.AuthenticationWrongNumberOfArgsError,
    foreign.NoPermissionError,
)
_LATE = (foreign.TimeoutError, TimeoutError)
_UNAVAILABLE = (
    foreign.ConnectionError,
    foreign.ClusterError,
    foreign.RedisClusterException,
    foreign.AskError,
    foreign.TryAgainError,
    foreign.OutOfMemoryError,
    foreign.ReadOnlyError,
    OSError,
    *_TAKEN_AWAY,
)

_NO_ACCESS_CODES = ("NOAUTH", "WRONGPASS", "NOPERM")
_UNAVAILABLE_CODES = (
    "ASK",
    "BUSY",
    "CLUSTERDOWN",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "MOVED",
    "NOREPLICAS",
    "OOM",
    "READONLY",
    "TRYAGAIN",
)
_NO_ACCESS_WORDS = (
    "The user executing the script can't",
    # What redis-py shows of a MULTI that was refused, as only a missing right does.
    "EXEC without MULTI",
)
_CODES = "|".join((*_NO_ACCESS_CODES, *_UNAVAILABLE_CODES, "WRONGTYPE"))
_code_of = re.compile(
    # At the start; behind the place in a script, where Redis 6 shows what a command in it met; or as the
    # reason why nothing of a transaction happened.
    rf"(?:^-?|user_script: ?\d+: -?|^Transaction discarded because of: )({_CODES})\b"
).search

_redirected = re.compile(r"(?:(?:MOVED|ASK) )?\d+ (\S*:\d+)").fullmatch


def translated(error: Exception, key: str) -> CacheError:
    """Return this package's error for a client's, naming the caller's key.

    Neither the message, nor that of the client's error afterwards, shows an
    argument of a command: it may be a value. Those of the server and of
    redis-py hold no password.

    Raises:
        AttributeError, TypeError, ValueError: `error`, if it is no client's.
    """
    if isinstance(error, _TAKEN_AWAY) and not isinstance(error, OSError) and not _is_of_transport(error):
        raise error
    text = _without_arguments(error)
    kind = _kind(error, text)
    if kind in _OWN_WORDS:
        return kind(_OWN_WORDS[kind](key))
    story = _redirection(text)
    return kind(f"key {key!r}: {story}" if key else story)


_OWN_WORDS: dict[type[CacheError], Callable[[str], str]] = {
    WrongTypeError: lambda key: f"key {key!r} holds another type than this operation needs",
    NotAnIntegerError: lambda key: f"key {key!r} must hold a canonical int64",
    CounterOverflowError: lambda key: f"key {key!r}: the result leaves int64",
}


def _is_of_transport(error: Exception) -> bool:
    """Tell whether an error was raised where connections are read and written."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    module: str = frames[-1].f_globals.get("__name__", "") if frames else ""
    return module.startswith(_WHERE_TAKEN)


def _kind(error: Exception, text: str) -> type[CacheError]:
    # Wrong passwords are errors of the connection for redis-py, so they are asked for first.
    if isinstance(error, _NO_ACCESS) or isinstance(error.__cause__, _NO_ACCESS):
        return CacheAccessError
    if isinstance(error, _LATE):
        return CacheTimeoutError
    if isinstance(error, _UNAVAILABLE):
        return CacheUnavailableError
    return _kind_of_refusal(text)


def _kind_of_refusal(text: str) -> type[CacheError]:
    """Tell by the server's own words: redis-py has classes for some alone, and not in every version."""
    found = _code_of(text)
    code = found[1] if found else ""
    if code in _NO_ACCESS_CODES or any(words in text for words in _NO_ACCESS_WORDS):
        return CacheAccessError
    if code in _UNAVAILABLE_CODES or text == _TAKEN_AWAY_EARLIER:
        return CacheUnavailableError
    if code == "WRONGTYPE":
        return WrongTypeError
    if "value is not an integer" in text:
        return NotAnIntegerError
    return CounterOverflowError if "would overflow" in text else CacheError


def _without_arguments(error: Exception) -> str:
    """Return an error's text without what it shows of a command, and let the error itself show no more."""
    text = str(error) or type(error).__name__
    if isinstance(error, _TAKEN_AWAY) and not isinstance(error, OSError):
        clean = "the connection was closed while it was in use"
    elif isinstance(error, foreign.InvalidResponse):
        clean = "the server answered what is not Redis' protocol"
    else:
        # Redis-py quotes the whole command that failed in a pipeline.
        clean = text.rpartition(" of pipeline caused error: ")[2]
        clean = clean.partition(", with args beginning with")[0]
        clean = re.sub(r"access the '.*' (key|channel)", r"access this \1", clean, flags=re.DOTALL)
        clean = re.sub(r"access one of the keys .*", "access this key", clean)
    if clean != text:
        error.args = (clean,)
    return clean


def _redirection(text: str) -> str:
    """Put into words what is a slot and an address in the server's, behind MOVED or ASK or without them."""
    redirected = _redirected(text)
    if redirected is None:
        return text
    return f"it is kept by another node of a Cluster, {redirected[1]}: connect by redis+cluster://"
