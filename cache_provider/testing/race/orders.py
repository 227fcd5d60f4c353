"""Which steps of a schedule happen before which, and which race."""

from collections.abc import Iterator
from typing import NamedTuple

from cache_provider.testing.race.footprints import Footprint
from cache_provider.testing.race.options import Option, task_of


class Transition(NamedTuple):
    """A step of a schedule.

    Attributes:
        option: What was done.
        touched: What it touched.
        options: What could have been done instead, itself included.
    """

    option: Option
    touched: Footprint
    options: tuple[Option, ...]


class _HappensBefore:
    """Which steps happen before which: as bits, one for each step.

    Attributes:
        own: By step: what happens before it for what its task did before, or who made that task.
        before: By step: all that happens before it.
        last: By step: the step of the same task before it; -1 for none.
    """

    def __init__(self, steps: list[Transition]) -> None:
        self.own: list[int] = []
        self.before: list[int] = []
        self.last: list[int] = []
        latest: dict[int, int] = {}
        born: dict[int, int] = {}
        for number, step in enumerate(steps):
            for option in step.options:
                born.setdefault(task_of(option), number)
            task = task_of(step.option)
            self.last.append(latest.get(task, -1))
            # A task is made by the step before the first at which it could go on.
            parent = latest.get(task, born[task] - 1)
            self.own.append(self._with(parent))
            self.before.append(self._all_before(steps, step))
            latest[task] = number

    def _with(self, number: int) -> int:
        return 0 if number < 0 else self.before[number] | 1 << number

    def _all_before(self, steps: list[Transition], step: Transition) -> int:
        found = self.own[-1]
        for number in range(len(self.before) - 1, -1, -1):
            if not found >> number & 1 and not steps[number].touched.commutes(step.touched):
                found |= self._with(number)
        return found


def races(steps: list[Transition], known: int) -> Iterator[tuple[int, list[Option]]]:
    """Yield the steps that another one could have come before, and what to begin with there to have it so.

    Args:
        steps: The schedule.
        known: How many of its first steps were looked at before.
    """
    order = _HappensBefore(steps)
    for later in range(known, len(steps)):
        covered = 0
        for earlier in range(later - 1, -1, -1):
            if (order.own[later] | covered) >> earlier & 1:
                continue
            if steps[earlier].touched.commutes(steps[later].touched):
                continue
            is_certain = not steps[later].touched.is_conditional
            if order.last[later] < earlier and not is_certain:
                # It stood there already: whether it could go on is known.
                if steps[later].option not in steps[earlier].options:
                    continue
                is_certain = True
            if is_certain:
                covered |= order.before[earlier] | 1 << earlier
            yield earlier, _initials(steps, order, earlier, later)


def _initials(steps: list[Transition], order: _HappensBefore, earlier: int, later: int) -> list[Option]:
    """Return what may come first of all that leads to the later step without the earlier one."""
    without = [
        number
        for number in range(earlier + 1, later + 1)
        if number == later or not order.before[number] >> earlier & 1
    ]
    mask = sum(1 << number for number in without)
    return [
        steps[number].option
        for number in without
        if not (order.own[later] if number == later else order.before[number]) & mask
    ]
