"""Leaving out schedules that differ only in the order of operations on different keys.

Where a schedule could have gone another way, it has to only where two of its
steps race: they do not commute, and either could have come first. What is found
so is run with the second of them first (source sets; Abdulla et al., POPL 2014).
An option that was tried at a fork sleeps in the branches beside it until
something happens that does not commute with it: before that, its turn would
only repeat what was tried (Godefroid, Partial-Order Methods, 1996, chapter 5).
Where a task goes on, all that may go wrong with its step is tried as well: that
is another outcome of the same step, not another order. Time that passes commutes
with no step, so it is tried wherever it may pass.
"""

from collections.abc import Callable
from typing import NamedTuple

from cache_provider.testing.race.chooser import Fork, Path, Scene
from cache_provider.testing.race.errors import Redundant
from cache_provider.testing.race.footprints import Footprint
from cache_provider.testing.race.options import CLOCK, Option, kind_of, task_of
from cache_provider.testing.race.orders import Transition, races


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
        steps: All that was done.
        footprint: Says what an option's step touches; set by the code that runs the schedule.
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
        self.steps: list[Transition] = []
        self._asleep = asleep or {}

    def choose(self, options: tuple[Option, ...], running: int, scene: Scene) -> Option:
        if len(self.taken) < self._length:
            option = options[0] if len(options) == 1 else super().choose(options, running, scene)
            is_known = len(self.taken) < self._length
            chances = {} if is_known else self._chances(options)
            self.steps.append(Transition(option, self.footprint(option), options, chances))
            return option
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
        touched = self.footprint(option)
        self.steps.append(Transition(option, touched, options, self._chances(awake)))
        self._asleep = _left_asleep(self._asleep, touched)
        return option

    def _chances(self, options: tuple[Option, ...]) -> dict[Option, Footprint]:
        return {option: self.footprint(option) for option in options if option == CLOCK or kind_of(option)}


class _Node:
    """A crossing on the way that is followed now.

    Attributes:
        crossing: Where it is.
        tried: What was done there in schedules that were run.
        left: What is still to be done there.
    """

    def __init__(self, crossing: _Crossing, chosen: Option) -> None:
        self.crossing = crossing
        self.tried = {chosen: crossing.footprints[chosen]}
        self.left: list[Option] = []
        self._want(task_of(chosen))
        self._want(CLOCK)

    def add(self, initials: list[Option]) -> None:
        """See to it that one of these options is done first here, if none was or will be."""
        fork, asleep, footprints = self.crossing
        possible = [option for option in initials if option in fork.options]
        if not possible:
            for option in footprints:
                self._want(task_of(option))
        elif {*asleep, *self.tried, *self.left}.isdisjoint(possible):
            self._want(task_of(possible[0]))

    def _want(self, task: int) -> None:
        """See to it that a task goes on here, in each way in which its step may go right or wrong."""
        known = {*self.tried, *self.left}
        self.left += [
            option for option in self.crossing.footprints if task_of(option) == task and option not in known
        ]

    def next(self) -> Option | None:
        """Return what is to be done next here; None for nothing."""
        if not self.left:
            return None
        option = self.left.pop()
        self.tried[option] = self.crossing.footprints[option]
        return option


class ReducedFrontier:
    """The schedules that are known, not yet run, and no mere repetition of others, the latest first."""

    def __init__(self) -> None:
        self._is_fresh = True
        self._nodes: list[_Node] = []
        self._taken: list[Option] = []
        self._known = 0

    @property
    def is_empty(self) -> bool:
        """Whether every schedule there is was run."""
        return not self._is_fresh and not any(node.left for node in self._nodes)

    def next(self) -> ReducedPath | None:
        """Return the next schedule to run, or None when none is left."""
        if self._is_fresh:
            self._is_fresh = False
            return ReducedPath()
        while self._nodes:
            node = self._nodes[-1]
            before = dict(node.tried)
            option = node.next()
            if option is not None:
                fork, asleep, footprints = node.crossing
                self._known = fork.steps
                sleeping = _left_asleep({**asleep, **before}, footprints[option])
                return ReducedPath((*self._taken[: fork.position], option), fork, sleeping)
            self._nodes.pop()
        return None

    def learn(self, path: ReducedPath) -> None:
        """Take over the forks that a schedule met, and what its steps show is to be tried there."""
        self._taken = path.taken
        self._nodes += [_Node(crossing, path.taken[crossing.fork.position]) for crossing in path.crossings]
        nodes = iter(self._nodes)
        where = [next(nodes) if len(step.options) > 1 else None for step in path.steps]
        for position, initials in races(path.steps, self._known):
            if (node := where[position]) is not None:
                node.add(initials)


def _left_asleep(asleep: dict[Option, Footprint], step: Footprint) -> dict[Option, Footprint]:
    return {option: touched for option, touched in asleep.items() if touched.commutes(step)}
