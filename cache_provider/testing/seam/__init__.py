"""The one seam that the test kit hangs on: a provider that shows every operation to those who ask."""

from cache_provider.testing.seam.asynchronous import AsyncInstrumentedCache, AsyncInstrumentedLock
from cache_provider.testing.seam.command import DoorCommand, oversee
from cache_provider.testing.seam.effects import EFFECTS, Effect, check_operation
from cache_provider.testing.seam.operation import Interceptor, Operation, Proceed, is_holding, proceed_unheard
from cache_provider.testing.seam.passage import Occasional, Watcher
from cache_provider.testing.seam.sites import Site, find_raising_site, find_site, site_of
from cache_provider.testing.seam.synchronous import InstrumentedCache, InstrumentedLock

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
