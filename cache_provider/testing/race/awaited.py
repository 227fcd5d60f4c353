"""What of asyncio a coroutine waits for, and who has it: for reports of those who wait for ever."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from cache_provider.testing.race.guests import Coroutine
from cache_provider.testing.race.loop import RaceLoop
from cache_provider.testing.seam import Site, site_of

_holders: WeakKeyDictionary[object, list[Coroutine]] = WeakKeyDictionary()
"""By lock or semaphore: who took it in a schedule, and has not given it back."""

_PRIMITIVES = (
    asyncio.Lock,
    asyncio.Condition,
    asyncio.Event,
    asyncio.Semaphore,
    asyncio.Queue,
    asyncio.Barrier,
)


def noting_who_takes(real: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
    """Return a stand-in for `acquire` that notes which coroutine of a schedule did it."""

    @wraps(real)
    async def acquire(lock: Any) -> Any:
        taken = await real(lock)
        if isinstance(asyncio.get_running_loop(), RaceLoop) and (running := asyncio.current_task()):
            _holders.setdefault(lock, []).append(running)
        return taken

    return acquire


def noting_who_gives(real: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a stand-in for `release` that notes that one coroutine less has it."""

    @wraps(real)
    def release(lock: Any) -> Any:
        result = real(lock)
        if holders := _holders.get(lock):
            running = asyncio.current_task()
            holders.remove(running if running in holders else holders[0])
        return result

    return release


def describe(running: Coroutine, name_of: Callable[[Coroutine], str | None]) -> str:
    """Return what a coroutine waits for, as in "Lock, held by B".

    Args:
        running: The coroutine.
        name_of: Returns how reports call one.
    """
    owners: list[object] = [frame.f_locals.get("self") for frame in _frames(running)]
    found = [owner for owner in owners if issubclass(type(owner), _PRIMITIVES)]
    if not found:
        return "something other than the cache"
    # A condition waits by its lock, and a barrier by its condition.
    holders = map(name_of, _holders.get(found[-1], []))
    names = " and ".join(name for name in holders if name is not None)
    return type(found[0]).__name__ + (f", held by {names}" if names else "")


def awaited_at(running: Coroutine) -> Site | None:
    """Return the user's line at which a coroutine awaits something."""
    sites = [site_of(frame) for frame in _frames(running)]
    return next((site for site in reversed(sites) if site.line), None)


def _frames(running: Coroutine) -> Iterator[FrameType]:
    """Yield the frames of what a coroutine awaits, the outermost first."""
    awaited: Any = running.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is not None:
            yield frame
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
