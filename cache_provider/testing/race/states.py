"""Leaving out schedules that come to a state that was met before.

The promise that makes this sound: what a task does next depends on nothing but
what it has read from the cache. Then the store, what every task has read and
what it waits for are the whole state, and what follows from it was explored
when it was met first.
"""

from collections.abc import Hashable
from typing import Any, TypeAlias, cast

from cache_provider.testing.race.blocking import LockWait
from cache_provider.testing.race.chooser import Fork, Path, Scene
from cache_provider.testing.race.errors import Redundant
from cache_provider.testing.race.options import Option
from cache_provider.testing.race.pictures import Picture
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
        told: Hashable = repr(cast("object", result)) if isinstance(result, _PLAIN) else object()
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


def comparable_store(picture: Picture, now_ms: int, *, ordered: bool) -> Hashable:
    """Return what a store holds as something that compares.

    Args:
        picture: What it holds.
        now_ms: The time, since what counts is how long a key still lives.
        ordered: Whether it matters in which order keys were made.
    """
    entries = ((full_key, _comparable(kept, now_ms)) for full_key, kept in picture.items())
    return tuple(entries) if ordered else frozenset(entries)


def _comparable(kept: object, now_ms: int) -> Hashable:
    if not isinstance(kept, tuple):
        return type(kept), kept
    payload, deadline = cast("tuple[object, int | None]", kept)
    left = None if deadline is None else max(deadline - now_ms, 0)
    return type(payload).__name__, repr(payload), left


def comparable_tasks(tasks: list[Task], history: History, now_ms: int) -> Hashable:
    """Return what tasks have read and what they wait for as something that compares.

    Those that have ended too: what they came to is what the scenario judges.
    """
    return frozenset((task.name, history.of(task), _waits(task, now_ms)) for task in tasks)


def _waits(task: Task, now_ms: int) -> Hashable:
    wait = task.wait
    if not task.is_parked or wait is None:
        return task.is_done, task.is_parked, task.has_begun
    left = None if wait.until_ms is None else max(wait.until_ms - now_ms, 0)
    is_late = wait.is_late if isinstance(wait, LockWait) else None
    return type(wait), left, is_late, wait.is_over(now_ms)
