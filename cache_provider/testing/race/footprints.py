"""What a step touches, and so which steps come to the same in either order."""

from typing import NamedTuple

from cache_provider.fences import fence_key
from cache_provider.testing.race.options import Option, task_of
from cache_provider.testing.race.pictures import in_database
from cache_provider.testing.race.tasks import Pause, Task
from cache_provider.testing.seam import DoorCommand, Operation


class Footprint(NamedTuple):
    """What a step touches.

    Attributes:
        task: Whose it is.
        reads: The full keys it only reads.
        writes: The full keys it may change.
        is_everywhere: Whether it may touch anything.
        is_conditional: Whether it had to wait for what others do.
    """

    task: int
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    is_everywhere: bool = False
    is_conditional: bool = False

    def commutes(self, other: "Footprint") -> bool:
        """Tell whether the two steps come to the same in either order."""
        if self.task == other.task or self.is_everywhere or other.is_everywhere:
            return False
        return self.writes.isdisjoint(other.reads | other.writes) and self.reads.isdisjoint(other.writes)

    def writing(self, *full_keys: str) -> "Footprint":
        """Return the same with more keys that may change."""
        return self._replace(writes=self.writes.union(full_keys))


ORDER = frozenset({"\ud800 order"})
"""Stands for the order of the keys, which an operation that lists keys sees; no key can have such a name."""


def everything(option: Option) -> Footprint:
    """Return the footprint of a step that commutes with none."""
    return Footprint(task_of(option), is_everywhere=True, is_conditional=True)


def footprint(option: Option, task: Task, *, sees_order: bool) -> Footprint:
    """Return what a task's next step touches.

    Args:
        option: The step.
        task: Whose step it is.
        sees_order: Whether anybody sees in what order keys were made.
    """
    if task.call is not None:
        is_reply = isinstance(task.call, Pause) and task.call.is_reply
        return everything(option) if is_reply else Footprint(task.number, writes=task.call.touches)
    operation = task.operation
    if operation is None:
        return everything(option) if task.has_begun else Footprint(task.number)
    if isinstance(operation, DoorCommand):
        return _footprint_at_door(option, operation, sees_order=sees_order)
    if not operation.keys:
        return everything(option)
    keys = frozenset(full_keys_of(operation))
    prefix = operation.provider.key_prefix
    if operation.lock is not None and operation.lock.fenced:
        keys |= {prefix + fence_key(prefix, operation.lock.name)}
    if operation.effect.only_reads:
        return Footprint(task.number, reads=keys)
    return Footprint(task.number, writes=keys | ORDER if sees_order else keys)


def full_keys_of(operation: Operation) -> tuple[str, ...]:
    """Return the keys that an operation names as the whole store has them."""
    if isinstance(operation, DoorCommand):
        return tuple(in_database(operation.database, key) for key in operation.keys)
    prefix = operation.provider.key_prefix
    return tuple(prefix + key for key in operation.keys)


_SCRIPTS = "\ud800 scripts"
"""Stands for the texts of scripts that a server knows."""

_ELSEWHERE = frozenset({"SORT", "SORT_RO", "MOVE", "COPY"})
"""Commands that may touch keys which they do not name, or keys of another database."""


def _footprint_at_door(option: Option, command: DoorCommand, *, sees_order: bool) -> Footprint:
    """Return what a command touches, by the keys that the table of commands finds in it."""
    parts = command.commands or (command,)
    if any(not part.keys or part.name in _ELSEWHERE for part in parts):
        return everything(option)
    reads, writes = set[str](), set[str]()
    for part in parts:
        effect = part.effect
        (reads if effect.only_reads or part.name == "WATCH" else writes).update(full_keys_of(part))
        if part.row is not None and part.row.family == "scripting":
            writes.add(_SCRIPTS)
    reads.update(in_database(index, name) for index, name in command.session.watched)
    if writes and sees_order:
        writes |= ORDER
    return Footprint(task_of(option), frozenset(reads), frozenset(writes))
