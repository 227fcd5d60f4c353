"""Which cells there are, and running them all."""

from collections import deque
from collections.abc import Iterator

from cache_provider.testing.sweep.cells import Cell, Rules, run_cell
from cache_provider.testing.sweep.kinds import FaultKind, Plan, Strike, plan_name
from cache_provider.testing.sweep.progress import Progress
from cache_provider.testing.sweep.result import SweepResult
from cache_provider.testing.sweep.tape import Passed

Passage = tuple[Passed, ...]

_TWICE = (
    "\n    A sweep runs the scenario twice on the same store: the second run must recover from what a fault"
    "\n    left behind. Make the scenario able to run again, or pass another function as recovery=..."
)


class Rounds:
    """The runs of one sweep.

    Args:
        rules: What is run and asked.
        kinds: The kinds of faults.
        progress: Is told of each cell.
    """

    def __init__(self, rules: Rules, kinds: tuple[FaultKind, ...], progress: Progress) -> None:
        self._rules = rules
        self._kinds = kinds
        self._progress = progress

    def all(self, order: int) -> SweepResult:
        """Run every cell, with up to `order` faults in each.

        Raises:
            AssertionError: The clean run failed, or there was nothing to sweep.
        """
        clean = self._clean()
        operations = clean.passed[: clean.length]
        cells: list[Cell] = []
        waiting = deque((plan, clean) for plan in self._plans((), operations))
        if not waiting:
            raise AssertionError(
                f"nothing to sweep: none of {self._kinds} strikes {len(operations)} operations"
            )
        while waiting:
            cell = run_cell(self._rules, *waiting.popleft())
            cells.append(cell)
            # What failed with one fault is not worth a second.
            if len(cell.plan) < order and cell.verdict == "ok":
                waiting.extend((plan, cell) for plan in self._plans(cell.plan, cell.passed))
            self._progress.count(failed=cell.verdict != "ok", known=len(cells) + len(waiting))
        return SweepResult(operations, self._kinds, tuple(cells))

    def only(self, plan: Plan) -> SweepResult:
        """Run just one cell.

        Raises:
            AssertionError: The clean run failed.
            ValueError: There is no such cell.
        """
        clean = before = self._clean()
        operations = within = clean.passed[: clean.length]
        for length in range(1, len(plan)):
            before = run_cell(self._rules, plan[:length], before)
            within = before.passed
        if plan not in self._plans(plan[:-1], within):
            raise ValueError(
                f"only names a fault that strikes none of {len(within)} operations: {plan_name(plan)}"
            )
        return SweepResult(operations, self._kinds, (run_cell(self._rules, plan, before),))

    def _clean(self) -> Cell:
        cell = run_cell(self._rules, ())
        if cell.verdict != "ok":
            remedy = _TWICE if cell.verdict == "recovery" else ""
            raise AssertionError(f"the clean run failed, {cell.verdict}: {cell.story}{remedy}")
        return cell

    def _plans(self, plan: Plan, passed: Passage) -> Iterator[Plan]:
        """Yield each plan with one fault more, behind the last one of `plan`."""
        for index in range(plan[-1].at + 1 if plan else 0, len(passed)):
            for kind in self._kinds:
                if passed[index].applies(kind):
                    yield (*plan, Strike(index, kind))
