"""Leaving out schedules that come to a state that was met before.

The promise that makes this sound: what a task does next depends on nothing but
what it has read from the cache. Then the store, what every task has read and
what it waits for are the whole state, and what follows from it was explored
when it was met first.
"""

from collections.abc import Hashable
from typing import Any, TypeAlias

from cache_provider.testing.race.chooser import Fork, Path, Scene
from cache_provider.testing.race.errors import Redundant
from cache_provider.testing.race.options import Option
from cache_provider.testing.race.tasks import Task

_PLAIN = (str, bytes, int, float, bool, type(None), list, dict, tuple)

State: TypeAlias = Hashable


class History:
    """What the tasks of a schedule have read, in a form that compares at once.

    Args:
        known: Numbers for all beginnings of such tales that any schedule has met.
    """

    def __init__(self, known: dict[Hashable, int]) -> None:
        self._known = known
        self._read: dict[str, int] = {}

    def add(self, task: Task, what: str, result: Any = None) -> None:
        """Note that a task did something, and what it came to."""
        told = repr(result) if isinstance(result, _PLAIN) else object()
        tale = (self._read.get(task.name, 0), what, told)
        self._read[task.name] = self._known.setdefault(tale, len(self._known) + 1)

    def of(self, task: Task) -> int:
        """Return a number for all that a task has read."""
        return self._read.get(task.name, 0)


class StatePath(Path):
    """Goes a given way, and then on until it comes to a state that was met before.

    Args:
        met: The states that were met so far; grows.
        known: As for `History`.
        prefix: The choices to begin with.
        fork: The step of the last of them, as another schedule saw it.
    """

    sees_all = True

    def __init__(
        self,
        met: set[State],
        known: dict[Hashable, int],
        prefix: tuple[Option, ...] = (),
        fork: Fork | None = None,
    ) -> None:
        super().__init__(prefix, fork)
        self.history = History(known)
        self._met = met

    def choose(self, options: tuple[Option, ...], running: int, scene: Scene) -> Option:
        """Return what the prefix says, and then what interrupts nobody.

        Raises:
            Redundant: What follows is known.
        """
        is_alone = len(options) == 1
        if len(self.taken) >= self._length and not is_alone:
            state = scene.state()
            if state in self._met:
                raise Redundant
            self._met.add(state)
        return options[0] if is_alone else super().choose(options, running, scene)


class StateFrontier:
    """The schedules that are known, not yet run, and lead to states that nobody has looked for."""

    def __init__(self) -> None:
        self._met: set[State] = set()
        self._known: dict[Hashable, int] = {}
        self._paths = [StatePath(self._met, self._known)]

    @property
    def is_empty(self) -> bool:
        """Whether every state there is was met."""
        return not self._paths

    def next(self) -> StatePath | None:
        """Return the next schedule to run, or None when none is left."""
        return self._paths.pop() if self._paths else None

    def learn(self, path: StatePath) -> None:
        """Take over the forks that a schedule met."""
        for fork in path.forks:
            chosen = path.taken[fork.position]
            prefix = path.taken[: fork.position]
            self._paths += [
                StatePath(self._met, self._known, (*prefix, option), fork)
                for option in fork.options
                if option != chosen
            ]
