"""Finding keys by Redis' match patterns."""

from abc import abstractmethod
from collections.abc import Iterator

from cache_provider.interface.bulk import BulkOperations

_PAGE = 100


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

    def scan_iter(self, pattern: str = "*", count: int = _PAGE) -> Iterator[str]:
        """Iterate over the keys that match, each once; `count` keys of work at a time.

        Raises:
            TypeError, ValueError: An argument is not legal; at once, not at the first key.
        """
        # The first page at once: bad arguments are refused here, not where the keys are used.
        return self._each_once(self._pages(pattern, count, self.scan(pattern, count)))

    def count_keys(self, pattern: str = "*") -> int:
        """Return how many keys match, by a scan."""
        return sum(1 for _ in self.scan_iter(pattern))

    def delete_pattern(self, pattern: str) -> int:
        """Remove the keys that match, page by page; return how many live ones went.

        Not atomic: a key that is written meanwhile may stay or go.
        """
        pages = self._pages(pattern, _PAGE, self.scan(pattern, _PAGE))
        return sum(self.mdelete(page) for page in pages)

    @staticmethod
    def _each_once(pages: Iterator[list[str]]) -> Iterator[str]:
        seen: set[str] = set()
        for page in pages:
            for key in page:
                if key not in seen:
                    seen.add(key)
                    yield key

    def _pages(self, pattern: str, count: int, first: tuple[int, list[str]]) -> Iterator[list[str]]:
        cursor, page = first
        yield page
        while cursor:
            cursor, page = self.scan(pattern, count, cursor)
            yield page
