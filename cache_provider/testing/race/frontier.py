"""Which schedules are still to be run: depth first, those with the fewest interruptions before the others."""

from collections import defaultdict
from typing import NamedTuple

from cache_provider.testing.race.chooser import Fork, Path
from cache_provider.testing.race.options import Option, price


class _Branch(NamedTuple):
    """A schedule that another one passed by.

    Attributes:
        taken: The choices of the schedule that passed it by.
        fork: Where it leaves that schedule.
        option: What it does there instead.
        price: How many interruptions it has.
    """

    taken: list[Option]
    fork: Fork
    option: Option
    price: int


class Frontier:
    """The schedules that are known and not yet run.

    Each schedule is the way of an earlier one up to a fork, another option
    there, and then whatever interrupts nobody. So each is met exactly once, and
    never costs less than the one it leaves.

    Args:
        bound: The most interruptions a schedule may have; None for no bound.

    Attributes:
        bound: The same; it may be lifted.
        size: How many schedules are known and not yet run.
        price: How many interruptions the schedule has that `next` returned last.
    """

    def __init__(self, bound: int | None) -> None:
        self.bound = bound
        self.size = 1
        self._branches: defaultdict[int, list[_Branch]] = defaultdict(list)
        self._is_fresh = True
        self.price = 0

    @property
    def is_empty(self) -> bool:
        """Whether every schedule there is was run, beyond the bound too."""
        return not self._is_fresh and not any(self._branches.values())

    @property
    def finished_bound(self) -> int:
        """The most interruptions of which every schedule was run; -1 for none."""
        if self._is_fresh:
            return -1
        return min((cost - 1 for cost, branches in self._branches.items() if branches), default=self.price)

    def next(self) -> Path | None:
        """Return the next schedule to run, or None when none is left within the bound."""
        if self._is_fresh:
            self._is_fresh = False
            self.size -= 1
            return Path()
        cheapest = min((cost for cost, branches in self._branches.items() if branches), default=self.price)
        if cheapest > self.price:
            # So that what was met first is what comes first.
            self._branches[cheapest].reverse()
            self.price = cheapest
        branches = self._branches[self.price]
        if not branches or (self.bound is not None and self.price > self.bound):
            return None
        self.size -= 1
        taken, fork, option, _ = branches.pop()
        return Path((*taken[: fork.position], option), fork)

    def learn(self, path: Path) -> None:
        """Take over the forks that a schedule met."""
        for fork in path.forks:
            chosen = path.taken[fork.position]
            for option in fork.options:
                if option != chosen:
                    cost = self.price + fork.is_forced + price(option, fork.options, fork.running)
                    self._branches[cost].append(_Branch(path.taken, fork, option, cost))
                    self.size += 1
