"""Which steps of a schedule happen before which, and which race."""

from collections.abc import Iterator
from typing import NamedTuple

from cache_provider.testing.race.footprints import Footprint
from cache_provider.testing.race.options import CLOCK, Option, task_of


class Transition(NamedTuple):
    """A step of a schedule.

    Attributes:
        option: What was done.
        touched: What it touched.
        options: What could have been done instead, itself included.
        chances: What could have happened of itself, time and mishaps, and what that would have touched.
    """

    option: Option
    touched: Footprint
    options: tuple[Option, ...]
    chances: dict[Option, Footprint]


class _Next(NamedTuple):
    """A step that a task made or could have made.

    Attributes:
        position: How many steps came before it.
        option: What it is.
        touched: What it touches.
        own: What happens before it for what its task did before, or who made that task: as bits.
        last: The step of the same task before it; -1 for none.
    """

    position: int
    option: Option
    touched: Footprint
    own: int
    last: int


class _HappensBefore:
    """Which steps happen before which: as bits, one for each step.

    Args:
        steps: The schedule.
    """

    def __init__(self, steps: list[Transition]) -> None:
        self._steps = steps
        self._before: list[int] = []
        self._born: dict[int, int] = {CLOCK: 0}
        for number, step in enumerate(steps):
            for option in step.options:
                self._born.setdefault(task_of(option), number)
            self._before.append(self._all_before(self.next(number, step.option, step.touched)))

    def next(self, position: int, option: Option, touched: Footprint) -> _Next:
        """Return what a task did after so many steps, or could have done."""
        task = task_of(option)
        mine = (
            number for number in range(position - 1, -1, -1) if task_of(self._steps[number].option) == task
        )
        last = next(mine, -1)
        # A task is made by the step before the first at which it could go on.
        parent = self._born[task] - 1 if last < 0 else last
        return _Next(position, option, touched, self._with(parent), last)

    def _with(self, number: int) -> int:
        return 0 if number < 0 else self._before[number] | 1 << number

    def _all_before(self, step: _Next) -> int:
        found = step.own
        for number in range(step.position - 1, -1, -1):
            if not found >> number & 1 and not self._steps[number].touched.commutes(step.touched):
                found |= self._with(number)
        return found

    def races(self, later: _Next) -> Iterator[tuple[int, list[Option]]]:
        """Yield the steps that a later one could have come before, and what to begin with there."""
        before = self._before_it(later)
        covered = 0
        for earlier in range(later.position - 1, -1, -1):
            if (later.own | covered) >> earlier & 1:
                continue
            if self._steps[earlier].touched.commutes(later.touched):
                continue
            initials = self._initials(earlier, later, before)
            is_certain = not later.touched.is_conditional
            # A task that stood there already: whether it could go on is known. Time may have been let pass by
            # what came in between.
            is_known = later.last < earlier and (later.option != CLOCK or initials == [CLOCK])
            if is_known and not is_certain:
                if later.option not in self._steps[earlier].options:
                    continue
                is_certain = True
            if is_certain:
                covered |= self._with(earlier)
            yield earlier, initials

    def _before_it(self, step: _Next) -> int:
        if step.position < len(self._steps) and step.option == self._steps[step.position].option:
            return self._before[step.position]
        return self._all_before(step)

    def _initials(self, earlier: int, later: _Next, before: int) -> list[Option]:
        """Return what may come first of all that leads to the later step without the earlier one."""
        without = [
            number for number in range(earlier + 1, later.position) if not self._before[number] >> earlier & 1
        ]
        mask = sum(1 << number for number in without)
        first = [self._steps[number].option for number in without if not self._before[number] & mask]
        return first if before & mask else [*first, later.option]


def races(steps: list[Transition], known: int) -> Iterator[tuple[int, list[Option]]]:
    """Yield the steps that another one could have come before, and what to begin with there to have it so.

    What could have happened of itself races as what was done does: it touches more, and may no longer be
    able to happen after another task's step.

    Args:
        steps: The schedule.
        known: How many of its first steps were looked at before.
    """
    order = _HappensBefore(steps)
    for number in range(known, len(steps)):
        step = steps[number]
        yield from order.races(order.next(number, step.option, step.touched))
        for option, touched in step.chances.items():
            is_its_own = task_of(option) == task_of(step.option)
            yield from order.races(order.next(number if is_its_own else number + 1, option, touched))
