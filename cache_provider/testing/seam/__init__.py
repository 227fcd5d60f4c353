"""The one seam that the test kit hangs on: a provider that shows every operation to whoever asks."""

from cache_provider.testing.seam.asynchronous import AsyncInstrumentedCache, AsyncInstrumentedLock
from cache_provider.testing.seam.operation import Interceptor, Operation, Proceed
from cache_provider.testing.seam.sites import Site, find_site, site_of
from cache_provider.testing.seam.synchronous import InstrumentedCache, InstrumentedLock

__all__ = [
    "AsyncInstrumentedCache",
    "AsyncInstrumentedLock",
    "InstrumentedCache",
    "InstrumentedLock",
    "Interceptor",
    "Operation",
    "Proceed",
    "Site",
    "find_site",
    "site_of",
]
