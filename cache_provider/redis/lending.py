"""Connections for commands that block, which must not keep other operations from theirs."""

from inspect import Parameter, signature
from typing import Any, NamedTuple

import redis

from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks
from cache_provider.redis.places import PoolPlaces
from cache_provider.steps import Steps

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
    to give it back. So what is lent takes a place, as an operation does.

    Args:
        places: Those of the client's pools.
    """

    def __init__(self, places: PoolPlaces) -> None:
        self._places = places
        self._after_fork()
        heed_forks(self)

    def _after_fork(self) -> None:
        """Have nothing: all connections are the parent's."""
        self._mutex = Mutex()
        self._own: list[Any] = []
        self._count = 0

    def lend(self, pool: Any, source: Any) -> Steps[Lent]:
        """Return a connection of a pool that has one to lend; if not, one made as `source` makes its own."""
        if not self._may_ask(pool):
            return self._lend_own(source)
        try:
            connection = yield pool.get_connection() if _NAMELESS else pool.get_connection("BLPOP")
        except BaseException:
            self._end_loan()
            raise
        return Lent(connection, pool)

    def take_back(self, lent: Lent) -> Steps[None]:
        """Keep one of its own for later, or give it back to its pool."""
        if lent.pool is None:
            self._keep(lent.connection)
            return
        try:
            yield lent.pool.release(lent.connection)
        finally:
            self._end_loan()

    @exclusive("_mutex")
    def close(self) -> list[Any]:
        """Return those of its own, for the caller to close; they are lent no more."""
        own, self._own = self._own, []
        return own

    @exclusive("_mutex")
    def _may_ask(self, pool: Any) -> bool:
        if self._count >= getattr(pool, "max_connections", 0) // 2 or not self._places.take_free():
            return False
        self._count += 1
        return True

    @exclusive("_mutex")
    def _end_loan(self) -> None:
        self._count -= 1
        self._places.give_back()

    @exclusive("_mutex")
    def _lend_own(self, source: Any) -> Lent:
        made = [each for each in self._own if isinstance(each, source.connection_class)]
        if not made:
            return Lent(source.connection_class(**source.connection_kwargs), None)
        self._own.remove(made[-1])
        return Lent(made[-1], None)

    @exclusive("_mutex")
    def _keep(self, connection: Any) -> None:
        self._own.append(connection)
