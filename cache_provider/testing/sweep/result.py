"""What a sweep found."""

from dataclasses import dataclass

from cache_provider.testing.sweep.cells import Cell
from cache_provider.testing.sweep.kinds import FaultKind
from cache_provider.testing.sweep.matrix import by_cause, draw, explain
from cache_provider.testing.sweep.tape import Passed

_SHOWN = 10
"""How many causes of failures are explained; the matrix shows all cells."""


@dataclass(frozen=True)
class SweepResult:
    """What a sweep found; its `str` is the whole report.

    Attributes:
        operations: The operations of the clean run.
        kinds: The kinds of faults that were swept.
        cells: The outcome of each fault, or pair of faults.
    """

    operations: tuple[Passed, ...]
    kinds: tuple[FaultKind, ...]
    cells: tuple[Cell, ...]

    @property
    def failures(self) -> list[Cell]:
        """The cells that failed."""
        return [cell for cell in self.cells if cell.verdict != "ok"]

    @property
    def matrix(self) -> str:
        """The matrix, with one row per operation and one column per kind."""
        return draw(self.operations, self.kinds, self.cells)

    def assert_clean(self) -> None:
        """Raise an `AssertionError` with the whole report if a cell failed."""
        if self.failures:
            raise AssertionError(str(self))

    def __str__(self) -> str:
        failures = self.failures
        parts = [f"{self._summary()}\n\n{self.matrix}"]
        groups = by_cause(failures)
        parts += [explain(cells) for cells in groups[:_SHOWN]]
        if len(groups) > _SHOWN:
            parts.append(f"... and {len(groups) - _SHOWN} more causes")
        return "\n\n".join(parts)

    def _summary(self) -> str:
        count = f"{len(self.cells)} cells of a sweep over {len(self.operations)} operations"
        return f"{len(self.failures)} of {count} failed" if self.failures else f"all {count} passed"
