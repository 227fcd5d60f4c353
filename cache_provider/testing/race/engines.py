"""What runs one schedule after another: with threads, or with coroutines."""

from collections.abc import Awaitable, Callable

from cache_provider.testing.race.clients import ClientFactory
from cache_provider.testing.race.coroutines import CoroutineRun
from cache_provider.testing.race.racer import AsyncRace, Race
from cache_provider.testing.race.stage import Stage
from cache_provider.testing.race.surroundings import Surroundings
from cache_provider.testing.race.threads import ThreadRun
from cache_provider.testing.race.visitors import Visitors
from cache_provider.testing.race.workers import Pool


class ThreadEngine:
    """Runs a scenario whose tasks are threads.

    Attributes:
        run: The schedule that is run now.
        visitors: Who may look at the caches of schedules that are over.
        surroundings: What stands in for chance and time.
    """

    def __init__(self, scenario: Callable[[Race], object], patience: float, seed: int) -> None:
        self.run: ThreadRun | None = None
        self.visitors = Visitors(patience)
        self.surroundings = Surroundings(seed)
        self._scenario = scenario
        self._pool = Pool()
        self._clients = ClientFactory()

    def perform(self, stage: Stage) -> None:
        """Run the scenario on `stage`, to its end."""
        run = self.run = ThreadRun(stage, self._pool, self.visitors, self._clients)
        self.surroundings.begin(stage, run.whose, run.sleep)
        race = Race(run)
        run.run(lambda: self._scenario(race))
        self._pool.give_all_back()

    def close(self) -> None:
        """End all threads, except those that never come back."""
        self._pool.close()


class CoroutineEngine:
    """Runs a scenario whose tasks are coroutines.

    Attributes:
        run: The schedule that is run now.
        visitors: Who may look at the caches of schedules that are over.
        surroundings: What stands in for chance and time.
    """

    def __init__(
        self, scenario: Callable[[AsyncRace], Awaitable[object]], patience: float, seed: int
    ) -> None:
        self.run: CoroutineRun | None = None
        self.visitors = Visitors(patience)
        self.surroundings = Surroundings(seed)
        self._scenario = scenario
        self._clients = ClientFactory()

    def perform(self, stage: Stage) -> None:
        """Run the scenario on `stage`, to its end."""
        run = self.run = CoroutineRun(stage, self.visitors, self._clients)
        self.surroundings.begin(stage, run.whose, run.sleep)
        race = AsyncRace(run)
        run.run(lambda: self._scenario(race))

    def close(self) -> None:
        """Do nothing: a schedule closes its own loop."""
