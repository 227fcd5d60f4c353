"""What a server refuses for a state of its own, which settings bring about: no memory, no replicas."""

from collections.abc import Collection, Mapping
from typing import Self

from cache_provider.door.names import key_of
from cache_provider.door.replies import Refusal
from cache_provider.door.session import Session
from cache_provider.door.table import CommandRow
from cache_provider.door.view import View

USED_MEMORY = 1024 * 1024
"""What INFO says is used: about what a Redis takes that holds nothing. A `maxmemory` below it is exceeded."""

_NO_MEMORY = "OOM command not allowed when used memory > 'maxmemory'."
_NO_REPLICAS = "NOREPLICAS Not enough good replicas to write."
_NEVER_QUEUED = frozenset({"EXEC", "DISCARD", "QUIT", "RESET"})


class Limits:
    """What is refused.

    Args:
        is_full: Whether there is no memory for more.
        lacks_replicas: Whether replicas are asked for: there are none.
    """

    def __init__(self, *, is_full: bool, lacks_replicas: bool) -> None:
        self._is_full = is_full
        self._lacks_replicas = lacks_replicas

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> Self | None:
        """Return what is refused under some settings, None where nothing is."""
        is_full = 0 < int(settings["maxmemory"]) < USED_MEMORY
        lacks_replicas = "0" not in (settings["min-replicas-to-write"], settings["min-replicas-max-lag"])
        return cls(is_full=is_full, lacks_replicas=lacks_replicas) if is_full or lacks_replicas else None

    def check(self, session: Session, command: CommandRow) -> None:
        """Raise what a command of a client is refused with, if it is."""
        flags, queued = command.flags, session.queued
        if command.name == "EXEC":
            flags = flags.union(*(entry.flags for entry, _ in queued or ()))
        elif queued is not None and command.name not in _NEVER_QUEUED:
            # What is queued takes memory, too.
            flags |= {"denyoom"}
        refusal = self.refusal(flags)
        if refusal is not None:
            raise refusal

    def check_script(self, flags: Collection[bytes]) -> None:
        """Raise what a script is refused with that says by flags what it does, if it is."""
        if b"no-writes" in flags:
            return
        if self._lacks_replicas:
            raise Refusal(_NO_REPLICAS)
        if self._is_full and b"allow-oom" not in flags:
            raise Refusal(
                "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"
            )

    def refusal(self, flags: Collection[str]) -> Refusal | None:
        """Return what a command with those flags is refused with."""
        if self._is_full and "denyoom" in flags:
            return Refusal(_NO_MEMORY)
        return Refusal(_NO_REPLICAS) if self._lacks_replicas and "write" in flags else None

    def evict(self, view: View, policy: str) -> None:
        """Remove the keys that a policy gives up where there is no memory: all that it may."""
        if not self._is_full or policy == "noeviction":
            return
        for name in view.names():
            found = view.entry(name)
            if found is not None and (policy.startswith("allkeys") or found[1] is not None):
                view.remove(key_of(name))
                view.notify("e", "evicted", key_of(name))
