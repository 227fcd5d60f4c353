"""The fault sweep: every cache operation of a scenario fails in every way, one at a time."""

import sys
from types import ModuleType

from cache_provider.testing.sweep.cells import Cell
from cache_provider.testing.sweep.kinds import KINDS
from cache_provider.testing.sweep.result import SweepResult
from cache_provider.testing.sweep.sweeping import sweep

__all__ = ["KINDS", "Cell", "SweepResult", "sweep"]


class _CallablePackage(ModuleType):
    """This package: as an attribute of `cache_provider.testing` it stands where the function is sought."""

    __call__ = staticmethod(sweep)


sys.modules[__name__].__class__ = _CallablePackage
