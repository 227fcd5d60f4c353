"""Who says what happens next: one chooser for each schedule."""

from collections.abc import Hashable
from itertools import zip_longest
from random import Random
from typing import NamedTuple, Protocol, TypeAlias

from cache_provider.testing.race.errors import Diverged
from cache_provider.testing.race.options import CLOCK, Option, kind_of
from cache_provider.testing.race.pictures import Picture, changed_key

_FAIR_SHARE = 100
"""How many steps in a row a task has, where others could go on too and nobody decides otherwise.

A task that polls for what another is to do would go on for ever.
"""


Step: TypeAlias = tuple[Option, str, str, str | None]
"""What happened at a step: whose it was, by number and by name, and the name and key of the operation."""


class Scene(Protocol):
    """A schedule, as far as it has come.

    Attributes:
        trail: What has happened so far; it will grow.
    """

    trail: list[Step]

    def picture(self) -> Picture:
        """Return what the store holds now."""
        ...

    def state(self) -> Hashable:
        """Return all that decides what may happen from now on."""
        ...


class Chooser(Protocol):
    """Chooses among the options of each step where there is more than one.

    Attributes:
        sees_all: Whether it is asked where there is only one, too.
        taken: What it has chosen where there were several.
    """

    sees_all: bool
    taken: list[Option]

    def choose(self, options: tuple[Option, ...], running: int, scene: Scene) -> Option:
        """Return one of `options`.

        Args:
            options: At least two; tasks that can go on come first, by number.
            running: The task that went on last.
            scene: The schedule so far.

        Raises:
            Diverged: What is to be chosen is not among them.
        """
        ...


class Fork(NamedTuple):
    """A step at which a schedule could have gone another way.

    Attributes:
        position: How many choices came before it.
        options: What there was to choose from.
        running: The task that went on last.
        trail: What happened in the schedule, before and after.
        steps: How much of that came before.
        picture: What the store held.
        is_forced: Whether a task had to give way after many steps; to let it go on costs an interruption.
    """

    position: int
    options: tuple[Option, ...]
    running: int
    trail: list[Step]
    steps: int
    picture: Picture
    is_forced: bool = False

    def check_again(self, options: tuple[Option, ...], scene: Scene) -> None:
        """Refuse to go on where another schedule that came the same way met something else.

        Raises:
            Diverged: The scenario depends on something besides the schedule.
        """
        before = self.trail[: self.steps]
        changed = difference(before, scene.trail) or changed_key(self.picture, scene.picture())
        if changed is None and options != self.options:
            changed = "other tasks can go on"
        if changed is not None:
            raise Diverged(f"the scenario is not deterministic: after the same choices {changed}. {ADVICE}")


ADVICE = (
    "Something other than the schedule decides: a global left over from the schedule before, "
    "a random value, real time, the order of a set. Create such state inside the scenario, or patch it."
)


def difference(before: list[Step], now: list[Step]) -> str | None:
    """Return where two trails part, in words; None if they do not."""
    if before == now:
        return None
    pairs = enumerate(zip_longest(before, now), start=1)
    row, (was, is_now) = next((row, pair) for row, pair in pairs if pair[0] != pair[1])
    return f"step {row} was {_said(was)}, and now is {_said(is_now)}"


class Path:
    """Goes a given way and then on with as few interruptions as possible.

    Args:
        prefix: The choices to begin with.
        fork: The step of the last of them, as another schedule saw it.

    Attributes:
        taken: The choices that were made.
        forks: The steps after the prefix at which there was a choice.
    """

    sees_all = False

    def __init__(self, prefix: tuple[Option, ...] = (), fork: Fork | None = None) -> None:
        self.taken: list[Option] = []
        self.forks: list[Fork] = []
        self._prefix = prefix
        self._length = len(prefix)
        self._fork = fork
        self._in_a_row = 0

    def choose(self, options: tuple[Option, ...], running: int, scene: Scene) -> Option:
        """Return what the prefix says, and then what interrupts nobody.

        Raises:
            Diverged: The prefix cannot be followed.
            Redundant: What follows need not be run; from a path that knows.
        """
        position = len(self.taken)
        if position < self._length:
            option = self._prefix[position]
            if option not in options:
                raise Diverged(f"choice {position + 1} cannot be made: that task does not wait for its turn")
            if self._fork is not None and self._fork.position == position:
                self._fork.check_again(options, scene)
        else:
            option = self._go_on(options, running)
            is_forced = running in options and option != running
            trail = scene.trail
            fork = Fork(position, options, running, trail, len(trail), scene.picture(), is_forced)
            self.forks.append(fork)
        self.taken.append(option)
        return option

    def check_end(self) -> None:
        """Refuse a schedule that came to its end before all that was to be chosen was chosen.

        Raises:
            Diverged: The scenario depends on something besides the schedule.
        """
        if len(self.taken) < self._length:
            raise Diverged(
                "the scenario is not deterministic: after the same choices it ended "
                f"where it went on before, at choice {len(self.taken) + 1} of {self._length}. {ADVICE}"
            )

    def _go_on(self, options: tuple[Option, ...], running: int) -> Option:
        if running not in options:
            self._in_a_row = 0
            return options[0]
        self._in_a_row += 1
        if self._in_a_row < _FAIR_SHARE:
            return running
        self._in_a_row = 0
        others = [option for option in options if option not in {running, CLOCK} and not kind_of(option)]
        return next((option for option in others if option > running), others[0] if others else running)


def _said(step: Step | None) -> str:
    if step is None:
        return "none"
    option, task, name, key = step
    return name if option == CLOCK else f"task {task}'s {name} {key or ''}".rstrip()


class Priorities:
    """Runs whichever task has the highest of random priorities, which change at random steps (PCT).

    Finds a bug that takes d ordering decisions with a probability of at least
    1/(n·k^(d-1)) for n tasks and k steps (Burckhardt et al., ASPLOS 2010).

    Args:
        random: Where chance comes from.
        steps: About how many choices a schedule has.
        changes: How many times a priority changes.
    """

    sees_all = False

    def __init__(self, random: Random, steps: int, changes: int) -> None:
        self.taken: list[Option] = []
        self._random = random
        self._changes = {random.randrange(max(steps, 1)): -change for change in range(1, changes + 1)}
        self._priorities: dict[Option, float] = {}

    def choose(self, options: tuple[Option, ...], running: int, scene: Scene) -> Option:
        """Return the option with the highest priority."""
        del running, scene
        for option in options:
            if option not in self._priorities:
                self._priorities[option] = 1 + self._random.random()
        position = len(self.taken)
        option = max(options, key=self._priorities.__getitem__)
        if position in self._changes and option != CLOCK:
            # Before its step, so that even a first step may be put off. Which change
            # comes first says nothing about who goes on first.
            self._priorities[option] = self._changes[position]
            option = max(options, key=self._priorities.__getitem__)
        if option == CLOCK or kind_of(option):
            # Lower than everything so far: time and mishaps have one turn each before the others' next.
            self._priorities[option] = -len(self._changes) - 1 - position
        self.taken.append(option)
        return option
