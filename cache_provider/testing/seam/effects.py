"""What each operation does: the one table that all tools of the kit read."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Literal, TypeAlias

from cache_provider.arguments import check_text

TtlEffect: TypeAlias = Literal["replaced", "kept", "kept unless given", "changed"]
"""What becomes of a deadline: the write names a new one or none, it stays as it is, it stays
unless the write names one, or another deadline is all that the write is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What an operation does to the keys, or the lock, that it names.

    Attributes:
        reads: Whether its answer depends on what is there.
        writes: Whether it may change something.
        removes: Whether it may remove what is there; not by a ttl that is over.
        replaces: Whether a value that it is given takes the place of the whole old one.
        ttl: What it does to the deadline of a key that stays.
        conditional: Whether it changes something only if its answer is true.
        blind: Whether what it leaves behind does not depend on what it found.
        counts: Whether it counts as a hit or a miss, and so answers with what is stored.
        waits: Whether it may wait for others.
    """

    reads: bool = False
    writes: bool = False
    removes: bool = False
    replaces: bool = False
    ttl: TtlEffect | None = None
    conditional: bool = False
    blind: bool = False
    counts: bool = False
    waits: bool = False

    @property
    def only_reads(self) -> bool:
        """Whether it looks at what is there and changes nothing."""
        return self.reads and not self.writes

    def happened(self, result: object) -> bool:
        """Tell by its answer whether an operation that may change something did."""
        return self.writes and (not self.conditional or bool(result))


_COUNTED = Effect(reads=True, counts=True)
_LOOK = Effect(reads=True)
_STORE = Effect(writes=True, replaces=True, ttl="replaced", blind=True)
_STORE_IF = Effect(reads=True, writes=True, replaces=True, ttl="replaced", conditional=True)
_REMOVE = Effect(reads=True, writes=True, removes=True, conditional=True, blind=True)
_COUNT_UP = Effect(reads=True, writes=True, ttl="kept")
_REDATE = Effect(reads=True, writes=True, ttl="changed", conditional=True)

EFFECTS: dict[str, Effect] = {
    "get": _COUNTED,
    "set": _STORE,
    "setnx": _STORE_IF,
    "getset": Effect(reads=True, writes=True, replaces=True, ttl="replaced", blind=True, counts=True),
    "getdel": Effect(reads=True, writes=True, removes=True, blind=True, counts=True),
    "delete": _REMOVE,
    "exists": _LOOK,
    "incr": _COUNT_UP,
    "decr": _COUNT_UP,
    "expire": _REDATE,
    "expire_at": _REDATE,
    "persist": _REDATE,
    "ttl": _LOOK,
    "pttl": _LOOK,
    "cas_dict_field": _STORE_IF,
    "compare_and_set": _STORE_IF,
    "compare_and_delete": Effect(reads=True, writes=True, removes=True, conditional=True),
    "mget": _COUNTED,
    "mset": _STORE,
    "mdelete": _REMOVE,
    "mexists": _LOOK,
    "push_limit": Effect(reads=True, writes=True, ttl="kept unless given"),
    "list_range": _COUNTED,
    "hset": Effect(reads=True, writes=True, ttl="kept", blind=True),
    "hget": _COUNTED,
    "hgetall": _COUNTED,
    "hdel": Effect(reads=True, writes=True, removes=True, ttl="kept", conditional=True, blind=True),
    "keys": _LOOK,
    "scan": _LOOK,
    "flush_all": Effect(writes=True, removes=True, blind=True),
    "health_check": Effect(),
    "lock.acquire": Effect(reads=True, writes=True, ttl="replaced", conditional=True, waits=True),
    "lock.release": Effect(writes=True, removes=True, blind=True),
    "lock.locked": _LOOK,
    "lock.owned": _LOOK,
    "lock.extend": _REDATE,
}
"""Every operation that passes the seam. Composed ones (`get_or_set`, ...) pass as their parts."""


def check_operation(operation: str | None) -> str | None:
    """Return `operation` if it is the name of one that passes the seam, or None.

    Raises:
        TypeError: It is not a `str`.
        ValueError: There is no such operation; the message says which there are.
    """
    if operation is None or check_text("operation", operation) in EFFECTS:
        return operation
    known = _commands() if operation.isupper() else list(EFFECTS)
    if operation in known:
        return operation
    close = get_close_matches(operation, known, n=1)
    hint = f"; perhaps {close[0]!r}" if close else ""
    raise ValueError(
        f"operation must be one that the kit sees, not {operation!r}{hint}. "
        f"Known: {', '.join(EFFECTS)}, and the commands of the Redis door in capitals. "
        "(Composed operations pass as their parts.)"
    )


def _commands() -> list[str]:
    """Return the names of all commands, as the seam has them."""
    # Only who names a command needs the door, which enters all of them into the table.
    import_module("cache_provider.door.dispatcher")
    table: Mapping[str, object] = import_module("cache_provider.door.table").COMMANDS
    return [name.replace("|", " ") for name in table]
