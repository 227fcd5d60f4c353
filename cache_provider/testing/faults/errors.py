"""The errors a fault may raise: those that the Redis adapter raises, and no others."""

import copy
from typing import Any, TypeAlias, cast

from cache_provider import errors
from cache_provider.door.mishaps import ConnectionLostError
from cache_provider.door.replies import Refusal
from cache_provider.errors import CacheError, CacheTimeoutError
from cache_provider.testing.seam.operation import Operation

ErrorOrClass: TypeAlias = CacheError | type[CacheError]
"""What a fault raises: an error, or the class of one."""

Harm: TypeAlias = ErrorOrClass | Refusal | ConnectionLostError
"""What a fault raises at a command besides: what a server does."""

_KNOWN = tuple(
    sorted(name for name, value in vars(errors).items() if isinstance(value, type) and name != "CacheError")
)


def check_error(error: object) -> ErrorOrClass:
    """Return `error` if it is one of `cache_provider.errors`, a class or an instance.

    Raises:
        TypeError: It is anything else. A test of a failure that cannot happen proves nothing.
    """
    kind: type[Any] = error if isinstance(error, type) else type(error)
    if issubclass(kind, CacheError) and vars(errors).get(kind.__name__) is kind:
        return cast("ErrorOrClass", error)
    raise TypeError(f"error must be one that an adapter raises ({', '.join(_KNOWN)}), not {error!r}")


def made_for(error: Harm, operation: Operation, *, after: bool | None = None) -> Exception:
    """Return the error to raise at `operation`, a new one each time; it says when, if that is known.

    At a command, which no adapter of ours stands before, the connection ends instead.
    """
    if isinstance(error, Refusal):
        return Refusal(error.text)
    if isinstance(error, ConnectionLostError):
        return ConnectionLostError(timed_out=error.timed_out)
    if operation.is_command:
        kind = error if isinstance(error, type) else type(error)
        return ConnectionLostError(timed_out=issubclass(kind, CacheTimeoutError))
    if isinstance(error, CacheError):
        return copy.copy(error)
    what = " ".join([operation.name, *map(repr, operation.keys)])
    effect = {None: "", True: ": it took effect, its reply is lost", False: ": it had no effect"}[after]
    return error(f"injected fault at {what}{effect}")
