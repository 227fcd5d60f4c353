"""Finding keys by Redis' match patterns."""

from abc import abstractmethod
from collections.abc import Iterator

from cache_provider.interface.bulk import BulkOperations

PAGE = 100
"""How many keys of work one step of a composed operation asks for."""


class Walk:
    """A scan on its way: where it is, and what it has found already.

    Attributes:
        cursor: Where to go on.
        is_over: Whether the scan has ended.
    """

    def __init__(self) -> None:
        self.cursor = 0
        self.is_over = False
        self._seen: set[str] = set()

    def page(self, step: tuple[int, list[str]]) -> list[str]:
        """Take one step's answer; return its keys."""
        self.cursor, page = step
        self.is_over = self.cursor == 0
        return page

    def news(self, step: tuple[int, list[str]]) -> list[str]:
        """Take one step's answer; return those of its keys that are new."""
        new = [key for key in dict.fromkeys(self.page(step)) if key not in self._seen]
        self._seen.update(new)
        return new


class PatternOperations(BulkOperations):
    r"""Keys that match a pattern.

    `*` is any run, `?` one byte of UTF-8, `[ab]`, `[a-c]` and `[^a]` classes,
    and `\` escapes. The adapter's prefix is never part of the pattern.
    """

    @abstractmethod
    def keys(self, pattern: str = "*") -> list[str]:
        """Return all live keys that match, as they are at one moment (Redis `KEYS`)."""

    @abstractmethod
    def scan(self, pattern: str = "*", count: int = 100, cursor: int = 0) -> tuple[int, list[str]]:
        """Return some of the keys that match, and where to go on (Redis `SCAN`).

        A key that is there from the first call to the last is returned at least
        once, whatever is added or removed meanwhile.

        Args:
            pattern: What keys must match.
            count: A hint for the work of one call, at least 1.
            cursor: 0 to begin; otherwise what the call before returned.

        Returns:
            The next cursor, 0 at the end, and a page of keys, which may be
            empty while the scan goes on.

        Raises:
            TypeError, ValueError: An argument is not legal.
        """

    def scan_iter(self, pattern: str = "*", count: int = PAGE) -> Iterator[str]:
        """Iterate over the keys that match, each once; `count` keys of work at a time.

        Raises:
            TypeError, ValueError: An argument is not legal; at once, not at the first key.
        """
        # The first step at once: bad arguments are refused here, not where the keys are used.
        return self._walk(pattern, count, self.scan(pattern, count))

    def count_keys(self, pattern: str = "*") -> int:
        """Return how many keys match, by a scan."""
        return sum(1 for _ in self.scan_iter(pattern))

    def delete_pattern(self, pattern: str) -> int:
        """Remove the keys that match, page by page; return how many live ones went.

        Not atomic: a key that is written meanwhile may stay or go.
        """
        walk, removed = Walk(), 0
        while not walk.is_over:
            removed += self.mdelete(walk.page(self.scan(pattern, PAGE, walk.cursor)))
        return removed

    def _walk(self, pattern: str, count: int, first: tuple[int, list[str]]) -> Iterator[str]:
        walk = Walk()
        yield from walk.news(first)
        while not walk.is_over:
            yield from walk.news(self.scan(pattern, count, walk.cursor))
