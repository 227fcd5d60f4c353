"""The table of commands: what each is called, takes, touches and does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, TypeAlias

from cache_provider.door.replies import Reply
from cache_provider.integers import parse_int64

Arguments: TypeAlias = Sequence[bytes]
"""What follows a command's name."""

Run: TypeAlias = Callable[[Any, Arguments], Reply]
"""What a command does with a view and its arguments: a `View`, which knows nothing of commands."""
FindKeys: TypeAlias = Callable[[Arguments], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Keys:
    """Where a command's keys are among its words; the command itself is word 0.

    Attributes:
        first: The first key's place; 0 where the command has none.
        last: The last key's place, from the end where negative.
        step: How far apart they are.
        find: What finds keys that are elsewhere.
    """

    first: int = 0
    last: int = 0
    step: int = 0
    find: FindKeys | None = None

    def of(self, arguments: Arguments) -> list[bytes]:
        """Return the keys among the arguments of one call."""
        if self.find is not None:
            return list(self.find(arguments))
        if not self.first:
            return []
        last = self.last if self.last >= 0 else len(arguments) + 1 + self.last
        return list(arguments[self.first - 1 : last : self.step])


NONE = Keys()
FIRST = Keys(1, 1, 1)
SECOND = Keys(2, 2, 1)
TWO = Keys(1, 2, 1)
ALL = Keys(1, -1, 1)
ALL_BUT_LAST = Keys(1, -2, 1)
EVERY_OTHER = Keys(1, -1, 2)


def counted(place: int, first: int = 0) -> Keys:
    """Return the keys of a command that says at `place` how many follow; one more may stand at `first`."""

    def find(arguments: Arguments) -> list[bytes]:
        number = parse_int64(arguments[place - 1]) if len(arguments) >= place else None
        alone = list(arguments[first - 1 : first]) if first else []
        return alone + list(arguments[place : place + max(0, number or 0)])

    return Keys(first, first, 1 if first else 0, find)


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command.

    Attributes:
        name: In capitals; of a subcommand with its container's before a bar.
        arity: How many words it takes, its name included; at least as many where negative.
        run: What it does.
        keys: Where its keys are.
        flags: What else Redis says of it.
        writes: Whether it changes keys.
        family: The group it belongs to.
        shown: The name as errors show it.
        words: Of how many words the name consists.
        least: How many words it takes at least, its name included.
        most: How many at most.
    """

    name: str
    arity: int
    run: Run
    keys: Keys
    flags: frozenset[str]
    family: str
    writes: bool = field(init=False)
    shown: str = field(init=False)
    words: int = field(init=False)
    least: int = field(init=False)
    most: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "writes", "write" in self.flags)
        object.__setattr__(self, "shown", self.name.lower())
        object.__setattr__(self, "words", 2 if "|" in self.name else 1)
        object.__setattr__(self, "least", abs(self.arity))
        object.__setattr__(self, "most", self.arity if self.arity >= 0 else inf)


COMMANDS: dict[str, CommandRow] = {}
"""Every command by its name; subcommands under `CONTAINER|NAME`."""

SUBCOMMANDS: dict[str, dict[str, CommandRow]] = {}
"""The subcommands of each container."""


def command(name: str, arity: int, flags: str, keys: Keys = NONE) -> Callable[[Run], Run]:
    """Enter the decorated function into the table.

    Args:
        name: The command's name; `CONTAINER|NAME` for a subcommand.
        arity: How many words it takes; its container is a word as well.
        flags: What Redis says of it, in its words.
        keys: Where its keys are.
    """

    def enter(run: Run) -> Run:
        family = run.__module__.rpartition(".")[2]
        entry = CommandRow(name, arity, run, keys, frozenset(flags.split()), family)
        COMMANDS[name] = entry
        container, bar, sub = name.partition("|")
        if bar:
            SUBCOMMANDS.setdefault(container, {})[sub] = entry
        return run

    return enter
