"""`Life`: an adapter's, from its making to `close`."""

from cache_provider.errors import CacheClosedError


class Life:
    """Tells what an adapter sends by that it was closed, whichever thread did so."""

    def __init__(self) -> None:
        self._story: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the adapter was closed."""
        return self._story is not None

    def end(self, story: str) -> None:
        """Have `require` raise `story` from now on."""
        self._story = story

    def require(self) -> None:
        """Raise `CacheClosedError` once the adapter is closed."""
        if self._story is not None:
            raise CacheClosedError(self._story)
