"""Running a scenario of coroutines on a face."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

Face = TypeVar("Face")
Result = TypeVar("Result")


class Stage(Generic[Face]):
    """A face's maker, and the time that its values live in.

    Args:
        make: Makes a face; called in the scenario's event loop.
        end: Ends the use of one.
        pass_time: Moves the time by so many seconds.
    """

    def __init__(
        self,
        make: Callable[[], Face],
        end: Callable[[Face], Awaitable[object]],
        pass_time: Callable[[float], object],
    ) -> None:
        self._make = make
        self._end = end
        self.pass_time = pass_time

    def run(self, scenario: Callable[[Face], Coroutine[Any, Any, Result]]) -> Result:
        """Run a scenario on a new face, in a new event loop; return its result."""

        async def play() -> Result:
            face = self._make()
            try:
                return await scenario(face)
            finally:
                await self._end(face)

        return asyncio.run(play())
