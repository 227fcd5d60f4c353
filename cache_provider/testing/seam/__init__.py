"""The one seam of the test kit: a provider that shows every operation to interceptors.

A server can do the same with the commands at its Redis door; that part is imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING

from cache_provider.testing.seam.asynchronous import AsyncInstrumentedCache, AsyncInstrumentedLock
from cache_provider.testing.seam.effects import EFFECTS, Effect, check_operation
from cache_provider.testing.seam.operation import Interceptor, Operation, Proceed, is_holding, proceed_unheard
from cache_provider.testing.seam.passage import Occasional, Watcher
from cache_provider.testing.seam.sites import Site, find_raising_site, find_site, site_of
from cache_provider.testing.seam.synchronous import InstrumentedCache, InstrumentedLock

if TYPE_CHECKING:
    from cache_provider.testing.seam.command import DoorCommand, oversee

__all__ = [
    "EFFECTS",
    "AsyncInstrumentedCache",
    "AsyncInstrumentedLock",
    "DoorCommand",
    "Effect",
    "InstrumentedCache",
    "InstrumentedLock",
    "Interceptor",
    "Occasional",
    "Operation",
    "Proceed",
    "Site",
    "Watcher",
    "check_operation",
    "find_raising_site",
    "find_site",
    "is_holding",
    "oversee",
    "proceed_unheard",
    "site_of",
]

_AT_THE_DOOR = frozenset({"DoorCommand", "oversee"})


def __getattr__(name: str) -> object:
    """Import what is about commands when it is first asked for."""
    if name not in _AT_THE_DOOR:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.command"), name)
