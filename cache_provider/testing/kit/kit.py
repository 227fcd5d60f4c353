"""`CacheKit`: the caches of one test, and what watches and disturbs them."""

from typing import TYPE_CHECKING

from cache_provider.testing.calls import Calls
from cache_provider.testing.faults import Faults
from cache_provider.testing.kit.judgement import judge
from cache_provider.testing.kit.maker import CacheMaker
from cache_provider.testing.kit.options import KitOptions
from cache_provider.testing.kit.place import Place
from cache_provider.testing.leaks import Leak, LeakWatch

if TYPE_CHECKING:
    from cache_provider.testing.kit.clients import Clients


class CacheKit:
    """What the fixtures hand out, for one test.

    Args:
        place: Where the caches live.
        options: How they are made and judged.

    Attributes:
        place: Where the caches live.
        calls: The record of all their operations.
        faults: What lets their operations fail.
        make: Makes them.
        passed: Whether the test has passed: only then its leaks are judged.
    """

    def __init__(self, place: Place, options: KitOptions) -> None:
        self.place = place
        self.calls = Calls()
        self.faults = Faults(place.clock, place.own_server)
        self.passed = False
        self._options = options
        self._watch = LeakWatch(place.clock)
        # The calls are what the application sees, faults included; the watch
        # sees what reached the store.
        self.make = CacheMaker(place, options, self.calls, self.faults, self._watch)
        self._clients: Clients | None = None
        place.oversee(self.calls, self.faults)

    @property
    def clients(self) -> "Clients":
        """What makes clients of redis-py on the same store."""
        if self._clients is None:
            self._clients = self.place.clients(self._options)
        return self._clients

    def unknown(self) -> dict[str, int]:
        """Return how often clients sent each command that the double does not know."""
        return {} if self._clients is None else self._clients.unknown()

    def leaks(self) -> list[Leak]:
        """Warn of the leaks that deserve a warning; return those that fail the test."""
        options = self._options
        if options.leaks == "off" or not self.passed:
            return []
        found = self._watch.leaks(options.allow_keys, options.allow_locks)
        found += self.place.leaks_of_clients(options)
        return judge(found, options.leaks)

    def close(self) -> None:
        """Remove what the test left, and end the use of its caches."""
        try:
            if self._clients is not None:
                self._clients.close()
        finally:
            self.place.close()
