"""What a server knows besides its keys."""

from cache_provider.door.core import Core
from cache_provider.door.session import Session
from cache_provider.memory.keyspace import Keyspace


def scripts_between_commands(keyspace: Keyspace) -> frozenset[str] | None:
    """Return the scripts that a server knows, None while it knows more of any client than its keys show."""
    core = keyspace.door
    if not isinstance(core, Core):
        return frozenset()
    return None if any(map(_is_about_something, core.sessions.values())) else frozenset(core.scripts)


def _is_about_something(session: Session) -> bool:
    """Tell whether a client watches, waits or listens, or is in a transaction."""
    is_amid = session.wait is not None or session.queued is not None
    return is_amid or bool(session.watched or session.listening)
