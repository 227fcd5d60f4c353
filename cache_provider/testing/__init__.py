"""What a test suite needs around a cache: the kit that watches and disturbs it, and real servers to start.

Each tool has a package of its own here; its names can be imported from this one
too, and are looked up when they are first asked for. `contract` and `servers`
are imported by their own names.
"""

import importlib
import typing

if typing.TYPE_CHECKING:
    from cache_provider.testing.calls import Call, Calls
    from cache_provider.testing.faults import Faults
    from cache_provider.testing.kit import CacheLeakWarning, StoredKey
    from cache_provider.testing.leaks import Leak, LeakWatch
    from cache_provider.testing.race import explore
    from cache_provider.testing.seam import (
        AsyncInstrumentedCache,
        AsyncInstrumentedLock,
        InstrumentedCache,
        InstrumentedLock,
        Interceptor,
        Operation,
        Proceed,
        Site,
    )
    from cache_provider.testing.sweep import SweepResult, sweep

__all__ = [
    "AsyncInstrumentedCache",
    "AsyncInstrumentedLock",
    "CacheLeakWarning",
    "Call",
    "Calls",
    "Faults",
    "InstrumentedCache",
    "InstrumentedLock",
    "Interceptor",
    "Leak",
    "LeakWatch",
    "Operation",
    "Proceed",
    "Site",
    "StoredKey",
    "SweepResult",
    "explore",
    "sweep",
]

_HOMES = {
    "calls": ("Call", "Calls"),
    "faults": ("Faults",),
    "kit": ("CacheLeakWarning", "StoredKey"),
    "leaks": ("Leak", "LeakWatch"),
    "race": ("explore",),
    "seam": (
        "AsyncInstrumentedCache",
        "AsyncInstrumentedLock",
        "InstrumentedCache",
        "InstrumentedLock",
        "Interceptor",
        "Operation",
        "Proceed",
        "Site",
    ),
    "sweep": ("SweepResult", "sweep"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Import a name's package when the name is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = importlib.import_module(f"{__name__}.{_HOME_OF[name]}")
    # The package `sweep`, which can be called, is there by now and goes before the function of its name.
    return globals().setdefault(name, getattr(home, name))
