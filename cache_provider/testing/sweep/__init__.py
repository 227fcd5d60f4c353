"""The fault sweep: every cache operation of a scenario fails in every way, one at a time."""

from cache_provider.testing.sweep.cells import Cell
from cache_provider.testing.sweep.kinds import KINDS
from cache_provider.testing.sweep.result import SweepResult
from cache_provider.testing.sweep.sweeping import sweep

__all__ = ["KINDS", "Cell", "SweepResult", "sweep"]
