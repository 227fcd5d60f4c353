"""Connections of redis-py: made once, opened once, and copied then."""

from typing import Any, NamedTuple, cast

from cache_provider.door.in_process import LocalSession
from cache_provider.testing.race.prototypes import Prototype, is_plain

COPIED = ("asyncio", "cache_provider", "redis")
"""The packages whose objects each client has for itself."""

SHARED = (__name__, "redis.event")
"""Modules whose objects stay as they are; listeners to events come with options that are objects."""

_OF_A_SESSION = ("index", "last_command", "name", "protocol")


class Setup(NamedTuple):
    """What opening a connection leads to.

    Attributes:
        session: What has become of the session.
        connection: What the connection has noted of the server.
        commands: How many commands it takes.
    """

    session: dict[str, Any]
    connection: dict[str, Any]
    commands: int

    def repeat(self, connection: Any, session: LocalSession) -> None:
        """Have it done to another connection without a command."""
        vars(session).update(self.session)
        session.core.processed += self.commands
        for name, noted in self.connection.items():
            setattr(connection, name, _said_to(session, noted))


def _said_to(session: LocalSession, noted: Any) -> Any:
    """Return what a server says of itself, in which it also says which client it speaks to."""
    if not isinstance(noted, dict):
        return noted
    facts = cast("dict[str | bytes, Any]", noted)
    return {word: session.number if word in ("id", b"id") else value for word, value in facts.items()}


def setup_of(connection: Any, before: dict[str, Any]) -> Setup:
    """Return the setup of a connection that has just been opened.

    Args:
        connection: The connection.
        before: What it consisted of before.
    """
    session: LocalSession = connection.session
    now = cast("dict[str, Any]", vars(connection))
    changed = {name: value for name, value in now.items() if before.get(name, ...) is not value}
    noted = {name: value for name, value in changed.items() if not isinstance(value, LocalSession)}
    state = {name: getattr(session, name) for name in _OF_A_SESSION}
    return Setup(state, noted, session.core.processed)


class Spares:
    """Makes the connections of all pools of one kind.

    Args:
        pool: One of them.
        connection: One of its connections; nobody has used it.
    """

    def __init__(self, pool: Any, connection: Any) -> None:
        options: dict[str, Any] = pool.connection_kwargs
        self._plain = {name: value for name, value in options.items() if is_plain(value)}
        # What a pool and its connections have in common.
        self._common = [name for name in options if name not in self._plain]
        common = [options[name] for name in self._common]
        self._prototype = Prototype(connection, (pool, *common), packages=COPIED, shared=SHARED)

    def connection(self, pool: Any) -> Any:
        """Return a connection for a pool; None if somebody has changed the pool's options."""
        options = pool.connection_kwargs.copy()
        common = [options.pop(name, None) for name in self._common]
        return self._prototype.copy(pool, *common) if options == self._plain else None
