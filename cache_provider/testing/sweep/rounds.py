"""Which cells there are, and running them all."""

from collections import deque
from collections.abc import Iterator

from cache_provider.testing.sweep.cells import Cell, Rules, run_cell
from cache_provider.testing.sweep.kinds import Kind, Plan, Strike
from cache_provider.testing.sweep.progress import Progress
from cache_provider.testing.sweep.result import SweepResult
from cache_provider.testing.sweep.tape import Passed

Passage = tuple[Passed, ...]


class Rounds:
    """The runs of one sweep.

    Args:
        rules: What is run and asked.
        kinds: The kinds of faults.
        progress: Is told of each cell.
    """

    def __init__(self, rules: Rules, kinds: tuple[Kind, ...], progress: Progress) -> None:
        self._rules = rules
        self._kinds = kinds
        self._progress = progress

    def all(self, order: int) -> SweepResult:
        """Run every cell, with up to `order` faults in each.

        Raises:
            AssertionError: The clean run failed, or there was nothing to sweep.
        """
        clean = self._clean()
        cells: list[Cell] = []
        waiting = deque((plan, clean) for plan in self._plans((), clean))
        if not waiting:
            raise AssertionError(f"nothing to sweep: none of {self._kinds} strikes {len(clean)} operations")
        while waiting:
            plan, expected = waiting.popleft()
            cell = run_cell(self._rules, plan, expected)
            cells.append(cell)
            # What failed with one fault is not worth a second.
            if len(plan) < order and cell.verdict == "ok":
                waiting.extend((longer, cell.passed) for longer in self._plans(plan, cell.passed))
            self._progress.count(failed=cell.verdict != "ok", known=len(cells) + len(waiting))
        return SweepResult(clean, self._kinds, tuple(cells))

    def only(self, plan: Plan) -> SweepResult:
        """Run just one cell.

        Raises:
            AssertionError: The clean run failed.
            ValueError: There is no such cell.
        """
        clean = expected = self._clean()
        for length in range(1, len(plan)):
            expected = run_cell(self._rules, plan[:length], expected).passed
        at, kind = plan[-1]
        if at >= len(expected) or not expected[at].applies(kind):
            raise ValueError(
                f"only names a fault that strikes nothing: {plan[-1]} of {len(expected)} operations"
            )
        return SweepResult(clean, self._kinds, (run_cell(self._rules, plan, expected),))

    def _clean(self) -> Passage:
        cell = run_cell(self._rules, (), ())
        if cell.verdict != "ok":
            raise AssertionError(f"the clean run failed, {cell.verdict}: {cell.story}")
        return cell.passed

    def _plans(self, plan: Plan, passed: Passage) -> Iterator[Plan]:
        """Yield each plan with one fault more, behind the last one of `plan`."""
        for index in range(plan[-1].at + 1 if plan else 0, len(passed)):
            for kind in self._kinds:
                if passed[index].applies(kind):
                    yield (*plan, Strike(index, kind))
