"""Noticing, in real time, that a task does not come back to the cache."""

import sys
from types import FrameType

from cache_provider.testing.seam import Site


def frames() -> dict[int, FrameType]:
    """Return what each thread is doing, by its identifier."""
    # Documented, for all its name.
    return sys._current_frames()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


def outside(name: str, site: Site, seconds: float) -> str:
    """Return what to say of a task that is blocked outside the cache."""
    return (
        f"{name} did not come back to the cache for {seconds:g} s; it is at {site}: {site.text}\n"
        "The explorer sees only the cache, and lets one task run at a time. If this line waits for another\n"
        "task (a lock, an event, a queue), that task cannot go on. If it is only slow, set a longer watchdog."
    )
