"""The race explorer: every order of the operations that concurrent tasks make on a cache."""

from cache_provider.testing.race.errors import (
    BlockedOutside,
    Deadlock,
    Diverged,
    Failure,
    Livelock,
    NotEnough,
    NothingExplored,
    RaceError,
    StrayThread,
)
from cache_provider.testing.race.explorer import explore
from cache_provider.testing.race.objects import NotLinearizable, explore_object
from cache_provider.testing.race.racer import AsyncRace, Race, Spawned
from cache_provider.testing.race.result import Result

__all__ = [
    "AsyncRace",
    "BlockedOutside",
    "Deadlock",
    "Diverged",
    "Failure",
    "Livelock",
    "NotEnough",
    "NotLinearizable",
    "NothingExplored",
    "Race",
    "RaceError",
    "Result",
    "Spawned",
    "StrayThread",
    "explore",
    "explore_object",
]
