"""What a step touches, and so which steps come to the same in either order."""

from typing import NamedTuple

from cache_provider.fences import fence_key
from cache_provider.testing.race.options import Option, task_of
from cache_provider.testing.race.tasks import Task


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
        return Footprint(task.number, writes=task.call.touches)
    operation = task.operation
    if operation is None:
        return everything(option) if task.has_begun else Footprint(task.number)
    if not operation.keys:
        return everything(option)
    prefix = operation.provider.key_prefix
    keys = frozenset(prefix + key for key in operation.keys)
    if operation.lock is not None and operation.lock.fenced:
        keys |= {prefix + fence_key(prefix, operation.lock.name)}
    if operation.effect.only_reads:
        return Footprint(task.number, reads=keys)
    return Footprint(task.number, writes=keys | ORDER if sees_order else keys)
