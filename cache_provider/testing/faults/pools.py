"""A pool of connections that has none left to give."""

from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import redis.exceptions

_FULL: type[Exception] = getattr(redis.exceptions, "MaxConnectionsError", redis.exceptions.ConnectionError)


class Pools:
    """The pools of redis-py to a test's server.

    Args:
        is_full: Counts one call for a connection, and tells whether there is none to be had.
    """

    def __init__(self, is_full: Callable[[], bool]) -> None:
        self._is_full = is_full
        self._known: WeakSet[Any] = WeakSet()

    def add(self, pool: Any) -> None:
        """Ask before each connection that a pool gives."""
        if pool in self._known:
            return
        self._known.add(pool)
        give = pool.get_connection

        def get_connection(*arguments: Any, **options: Any) -> Any:
            if self._is_full():
                raise _FULL("Too many connections")
            return give(*arguments, **options)

        pool.get_connection = get_connection
