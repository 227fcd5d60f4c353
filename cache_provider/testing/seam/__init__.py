"""The one seam that the test kit hangs on: a provider that shows every operation to whoever asks."""

from cache_provider.testing.seam.asynchronous import AsyncInstrumentedCache, AsyncInstrumentedLock
from cache_provider.testing.seam.effects import EFFECTS, Effect, check_operation
from cache_provider.testing.seam.operation import Interceptor, Operation, Proceed
from cache_provider.testing.seam.sites import Site, find_raising_site, find_site, site_of
from cache_provider.testing.seam.synchronous import InstrumentedCache, InstrumentedLock

__all__ = [
    "EFFECTS",
    "AsyncInstrumentedCache",
    "AsyncInstrumentedLock",
    "Effect",
    "InstrumentedCache",
    "InstrumentedLock",
    "Interceptor",
    "Operation",
    "Proceed",
    "Site",
    "check_operation",
    "find_raising_site",
    "find_site",
    "site_of",
]
