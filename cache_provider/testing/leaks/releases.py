"""What is known of the locks that were released: whether one was released twice."""

from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakKeyDictionary

from cache_provider.aio.lock import AnyLock
from cache_provider.testing.leaks.leak import Leak
from cache_provider.testing.seam.operation import Operation
from cache_provider.testing.seam.sites import Site
from cache_provider.threads import Thread


@dataclass(frozen=True)
class _Twice:
    """A release of a lock that its handle had given back before."""

    name: str
    first: Site
    second: Site
    at_ms: int

    def leak(self, now_ms: int) -> Leak:
        first = f"{self.first} in {self.first.function}: {self.first.text}"
        story = f"lock {self.name!r} had been released at {first}; released again"
        age = timedelta(milliseconds=now_ms - self.at_ms)
        return Leak("double release", self.name, self.second, age, story)


class Releases:
    """The last release of each claim, as far as the seam saw it; not thread-safe.

    A handle that threads share may hold a claim for each of them, so a release
    is compared with the last one of its own claimant.
    """

    def __init__(self) -> None:
        self._last: WeakKeyDictionary[AnyLock, dict[Thread | None, Site]] = WeakKeyDictionary()
        self._twice: list[_Twice] = []

    def note_claim(self, operation: Operation) -> None:
        """Remember that there is something to give back again."""
        if operation.lock is not None and operation.lock in self._last:
            self._last[operation.lock].pop(operation.claimant, None)

    def note(self, operation: Operation, site: Site, now_ms: int) -> None:
        """Remember a release that raised nothing."""
        if operation.lock is None:
            return
        last = self._last.setdefault(operation.lock, {})
        first = last.setdefault(operation.claimant, site)
        if first is not site:
            self._twice.append(_Twice(operation.key or "", first, site, now_ms))

    def leaks(self, now_ms: int) -> list[Leak]:
        """Return the double releases, in their order."""
        return [twice.leak(now_ms) for twice in self._twice]
