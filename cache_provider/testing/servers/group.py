"""Servers that belong together: waited for and ended as one."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from cache_provider.testing.servers.failures import ServerError
from cache_provider.testing.servers.patience import wait_until
from cache_provider.testing.servers.process import ServerProcess

PATIENCE = 30.0
"""Real seconds that servers may take to find together, or to replace one that died."""


class ServerGroup:
    """Several started servers; as a context manager it ends them all."""

    def __init__(self, members: Sequence[ServerProcess]) -> None:
        self._members = tuple(members)

    def expect(self, condition: Callable[[], bool], complaint: str) -> None:
        """Wait until the group has brought `condition` about.

        Raises:
            ServerError: It has not, in good time; the message ends with every log.
        """
        if not wait_until(condition, PATIENCE):
            logs = "\n\n".join(f"{member!r}\n{member.log}" for member in self._members)
            raise ServerError(f"{complaint}\n{logs}")

    def stop(self) -> None:
        """End every server and remove all that was made for it."""
        for member in self._members:
            member.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
