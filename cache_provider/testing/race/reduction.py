"""Leaving out schedules that differ only in the order of operations on different keys (sleep sets).

An option that was tried at a fork sleeps in the branches beside it until
something happens that does not commute with it: before that, its turn would
only repeat what was tried. Every order of steps that do not commute is still
run (Godefroid, Partial-Order Methods, 1996, chapter 5).
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from cache_provider.testing.race.chooser import Fork, Path, Scene
from cache_provider.testing.race.errors import Redundant
from cache_provider.testing.race.footprints import Footprint
from cache_provider.testing.race.options import Option


class _Crossing(NamedTuple):
    """A fork, with what slept there and what the options touch."""

    fork: Fork
    asleep: dict[Option, Footprint]
    footprints: dict[Option, Footprint]


class ReducedPath(Path):
    """Goes a given way, and then on with whatever does not sleep.

    Args:
        prefix: The choices to begin with.
        fork: The step of the last of them, as another schedule saw it.
        asleep: What sleeps after the prefix.

    Attributes:
        crossings: The steps after the prefix at which there was a choice.
        footprint: Says what an option's step touches; set by whoever runs the schedule.
    """

    sees_all = True
    footprint: Callable[[Option], Footprint]

    def __init__(
        self,
        prefix: tuple[Option, ...] = (),
        fork: Fork | None = None,
        asleep: dict[Option, Footprint] | None = None,
    ) -> None:
        super().__init__(prefix, fork)
        self.crossings: list[_Crossing] = []
        self._asleep = asleep or {}

    def choose(self, options: tuple[Option, ...], running: int, scene: Scene) -> Option:
        if len(self.taken) < self._length:
            return options[0] if len(options) == 1 else super().choose(options, running, scene)
        awake = tuple(option for option in options if option not in self._asleep)
        if not awake:
            raise Redundant
        option = running if running in awake else awake[0]
        if len(options) > 1:
            trail = scene.trail
            fork = Fork(len(self.taken), options, running, trail, len(trail), scene.picture())
            footprints = {other: self.footprint(other) for other in awake}
            self.crossings.append(_Crossing(fork, self._asleep, footprints))
            self.taken.append(option)
        self._asleep = _left_asleep(self._asleep, self.footprint(option))
        return option


class ReducedFrontier:
    """The schedules that are known, not yet run, and no mere repetition of others."""

    def __init__(self) -> None:
        self._paths: deque[ReducedPath] = deque([ReducedPath()])

    @property
    def is_empty(self) -> bool:
        """Whether every schedule there is was run."""
        return not self._paths

    def next(self) -> ReducedPath | None:
        """Return the next schedule to run, or None when none is left."""
        return self._paths.pop() if self._paths else None

    def learn(self, path: ReducedPath) -> None:
        """Take over the forks that a schedule met."""
        for fork, asleep, footprints in path.crossings:
            chosen = path.taken[fork.position]
            tried = {**asleep, chosen: footprints[chosen]}
            for option, touched in footprints.items():
                if option != chosen:
                    prefix = (*path.taken[: fork.position], option)
                    self._paths.append(ReducedPath(prefix, fork, _left_asleep(tried, touched)))
                    tried[option] = touched


def _left_asleep(asleep: dict[Option, Footprint], step: Footprint) -> dict[Option, Footprint]:
    return {option: touched for option, touched in asleep.items() if touched.commutes(step)}
