"""Adapters that travel to another process, as what they were made with."""

from typing import Any


class Travelling:
    """Pickled as its arguments; made anew on the other side, with a client of its own.

    The pickle holds the URL with its password. What was counted stays behind.
    """

    _made_with: dict[str, Any]

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make another one.

        Raises:
            TypeError: It was made from a client, which cannot travel.
        """
        name = type(self).__name__
        if self._made_with["url"] is None:
            raise TypeError(f"cannot pickle a {name} that was made from a client: make it from a URL")
        return _made, (type(self), self._made_with)


def _made(kind: type[Travelling], arguments: dict[str, Any]) -> Travelling:
    return kind(**arguments)
