"""The way of operations past the interceptors to a provider."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

from cache_provider.aio.interface import AnyProvider
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.steps import Steps
from cache_provider.testing.seam.operation import Interceptor, Operation, Proceed


class Watcher(ABC):
    """An interceptor that only looks on, and lets no time pass."""

    @abstractmethod
    def begin(self, operation: Operation) -> object:
        """Look at an operation before it; what is returned is shown to `end` or `fail`."""

    @abstractmethod
    def end(self, operation: Operation, begun: Any, result: object) -> None:
        """Look at the result."""

    @abstractmethod
    def fail(self, operation: Operation, begun: Any, error: BaseException) -> None:
        """Look at the error."""

    def closing(self, provider: AnyProvider) -> None:  # noqa: B027 - most need not know
        """Look at a provider before it is closed."""

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Look on while others intervene."""
        return Watchers((self,)).watched(operation, proceed)


class Watchers:
    """Some watchers, the first outermost.

    Args:
        watchers: The watchers.
    """

    def __init__(self, watchers: tuple[Watcher, ...]) -> None:
        self._watchers = watchers
        self._inside_out = watchers[::-1]

    def __len__(self) -> int:
        return len(self._watchers)

    def begin(self, operation: Operation) -> list[object]:
        """Show them an operation before it; `end` and `fail` want what is returned."""
        begun: list[object] = []
        for watcher in self._watchers:
            begun.append(watcher.begin(operation))  # noqa: PERF401 - a comprehension is a call of its own
        return begun

    def end(self, operation: Operation, begun: list[object], result: object) -> None:
        """Show them the result."""
        for watcher in self._inside_out:
            watcher.end(operation, begun.pop(), result)

    def fail(self, operation: Operation, begun: list[object], error: BaseException) -> None:
        """Show them the error."""
        for watcher in self._inside_out:
            watcher.fail(operation, begun.pop(), error)

    def closing(self, provider: AnyProvider) -> None:
        """Show them a provider before it is closed."""
        for watcher in self._watchers:
            watcher.closing(provider)

    def watched(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Let an operation proceed before their eyes."""
        begun = self.begin(operation)
        try:
            result = yield from proceed()
        except BaseException as error:
            self.fail(operation, begun, error)
            raise
        self.end(operation, begun, result)
        return result


class Occasional(ABC):
    """An interceptor that mostly has nothing to do, and tells the operation when it lets time pass."""

    @abstractmethod
    def stands_aside(self, operation: Operation) -> bool:
        """Tell whether it would just let the operation proceed."""

    @abstractmethod
    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Do what an interceptor does."""


class Passage:
    """What the operations of one cache pass.

    Where nobody but watchers has anything to do, as at most times in most
    tests, one generator shows them the operation; the nest of generators that
    interceptors make otherwise takes longer than the operation itself.

    Args:
        provider: The provider that does the work.
        interceptors: Who is shown the operations; the first is the outermost.

    Attributes:
        watchers: Those who only look on.
        is_timed: Whether all who let time pass tell the operation.
    """

    def __init__(
        self,
        provider: AnyProvider,
        interceptors: tuple[Interceptor, ...],
    ) -> None:
        self._interceptors = interceptors
        self.watchers = Watchers(tuple(each for each in interceptors if isinstance(each, Watcher)))
        self._occasional = tuple(each for each in interceptors if isinstance(each, Occasional))
        self.is_timed = len(self.watchers) + len(self._occasional) == len(interceptors)
        # All others wait: for a network, or for coroutines that they give way to.
        self._is_prompt = isinstance(provider, InMemoryCacheAdapter)

    def is_clear(self, operation: Operation) -> bool:
        """Tell whether an operation, of a cache on the double, meets nobody but watchers."""
        return self._is_prompt and self.is_timed and self._stand_aside(operation)

    def steps(self, operation: Operation, call: Callable[[], Any]) -> Steps[Any]:
        """Show `operation` to each interceptor and make `call` at the end."""
        make = partial(self._made, operation, call)
        if self.is_timed and self._stand_aside(operation):
            return self.watchers.watched(operation, make)
        return _nested(self._interceptors, operation, make)

    def _stand_aside(self, operation: Operation) -> bool:
        for each in self._occasional:  # noqa: SIM110 - `all` takes as long again
            if not each.stands_aside(operation):
                return False
        return True

    def _made(self, operation: Operation, call: Callable[[], Any]) -> Steps[Any]:
        try:
            return (yield call())
        finally:
            if not self._is_prompt or operation.may_wait:
                operation.time_passed()


def _nested(interceptors: tuple[Interceptor, ...], operation: Operation, make: Proceed) -> Steps[Any]:
    if not interceptors:
        return make()
    return interceptors[0](operation, partial(_nested, interceptors[1:], operation, make))
