"""Connections for commands that block, which must not keep other operations from theirs."""

from inspect import Parameter, signature
from typing import Any, NamedTuple

import redis

_pools: Any = redis.ConnectionPool
_NAMELESS = signature(_pools.get_connection).parameters["command_name"].default is not Parameter.empty
"""Whether a pool hands a connection out without being told what for, as from redis-py 5.3 on."""


class Lent(NamedTuple):
    """A connection for one blocking command.

    Attributes:
        connection: redis-py's.
        pool: The client's pool that it came from; None for one of the lender's own.
    """

    connection: Any
    pool: Any


class Lender:
    """Lends connections of a client's pools while half of them are left, and then its own.

    Those of a pool have mostly been opened before, which costs no greeting. Who
    waits for a lock with the last one would wait for ever: its holder needs one
    to give it back.
    """

    def __init__(self) -> None:
        self._own: list[Any] = []
        self._count = 0

    def pool_to_ask(self, pool: Any) -> Any:
        """Return the pool if it has enough connections to lend one; None if not."""
        limit: int = getattr(pool, "max_connections", 0)
        return pool if self._count < limit // 2 else None

    def ask(self, pool: Any) -> Any:
        """Return a connection of a pool; or an awaitable of one."""
        self._count += 1
        try:
            return pool.get_connection() if _NAMELESS else pool.get_connection("BLPOP")
        except BaseException:
            self._count -= 1
            raise

    def own(self, source: Any) -> Lent:
        """Return a connection of the lender's own, made as `source`, a pool or a node, makes its own."""
        made = [each for each in self._own if isinstance(each, source.connection_class)]
        if not made:
            return Lent(source.connection_class(**source.connection_kwargs), None)
        self._own.remove(made[-1])
        return Lent(made[-1], None)

    def take_back(self, lent: Lent) -> Any:
        """Keep one of its own for later, or give it back to its pool; the result may be awaitable."""
        if lent.pool is None:
            self._own.append(lent.connection)
            return None
        self._count -= 1
        return lent.pool.release(lent.connection)

    def close(self) -> list[Any]:
        """Return those of its own, for the caller to close; they are lent no more."""
        own, self._own = self._own, []
        return own
