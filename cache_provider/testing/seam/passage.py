"""The way of operations past the interceptors to a provider."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from sys import _getframe  # pyright: ignore[reportPrivateUsage] - the way to an outer frame at once
from types import CodeType, FrameType
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

from cache_provider.aio.interface import AnyProvider
from cache_provider.aio.lock import AnyLock
from cache_provider.arguments import Ttl
from cache_provider.clock import SystemClock
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.steps import Steps, finish
from cache_provider.testing.seam.effects import EFFECTS
from cache_provider.testing.seam.keeping import CARELESS, NEVER_CHANGES, Keeper
from cache_provider.testing.seam.operation import Interceptor, Operation, Proceed
from cache_provider.testing.seam.sites import IS_USERS
from cache_provider.time_moves import BUILTIN

T = TypeVar("T")

WRITES = frozenset(name for name, effect in EFFECTS.items() if effect.writes)
"""The operations that may change something."""


_NO_OPTIONS: dict[str, Any] = {}


class Watcher:
    """An interceptor that only looks on, and lets no time pass.

    It is handed records of operations, to look at them when somebody wants to
    know. Where nobody intervenes all watchers get the same one.

    Attributes:
        note_begun: Is called with each record as its operation begins; None where that does not matter.
        note_written: Is called with the record of each that may have changed something, after it.
        keeper: Keeps arguments and results as they are then; None where they do not matter.
    """

    note_begun: Callable[[Operation], object] | None = None
    note_written: Callable[[Operation], object] | None = None
    keeper: Keeper | None = None

    def opening(self, provider: AnyProvider) -> None:
        """Look at a provider whose operations it will be shown."""

    def closing(self, provider: AnyProvider) -> None:
        """Look at a provider before it is closed."""

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        return Watchers((self,)).watched(operation, proceed)


class Watchers:
    """Some watchers.

    Args:
        watchers: The watchers, the first outermost.

    Attributes:
        note_begun: What those who have one have.
        note_written: What those who have one have, the innermost first.
        keeper: What the first has who has one, or what keeps values as they become.
    """

    def __init__(self, watchers: tuple[Watcher, ...]) -> None:
        self._watchers = watchers
        self.note_begun = tuple(each.note_begun for each in watchers if each.note_begun)
        self.note_written = tuple(each.note_written for each in watchers[::-1] if each.note_written)
        self.keeper = next((each.keeper for each in watchers if each.keeper), CARELESS)

    def closing(self, provider: AnyProvider) -> None:
        """Show them a provider before it is closed."""
        for watcher in self._watchers:
            watcher.closing(provider)

    def watched(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Let an operation proceed before their eyes."""
        record = operation.seen(self.keeper)
        counts = bool(self.note_begun) or operation.effect.writes
        if counts:
            record.at_ms = operation.now_ms()
        for note in self.note_begun:
            note(record)
        try:
            result = yield from proceed()
            record.keep_result(self.keeper, result)
        except BaseException as error:
            record.error = error
            raise
        finally:
            if counts:
                record.duration_ms = operation.now_ms() - record.at_ms
            if operation.effect.writes:
                for note in self.note_written:
                    note(record)
        return result


class Occasional(ABC):
    """An interceptor that mostly has nothing to do, and tells the operation when it lets time pass.

    Attributes:
        is_idle: Whether it would just let every operation proceed.
    """

    is_idle: bool = True

    @abstractmethod
    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Do what an interceptor does."""

    def note(self, operation: Operation, result: object) -> None:  # noqa: B027 - most need not know
        """Take note of what an operation of a lock returned that passed while it was idle."""


@runtime_checkable
class Pausing(Protocol):
    """An interceptor that may take the process for paused, so that it renews no lease."""

    def lets_renew(self, operation: Operation) -> bool:
        """Tell whether it may make the `lock.extend` that is a renewal."""
        ...


class Way:
    """The way of operations past the interceptors, to whatever they are for.

    Args:
        interceptors: Called with each operation; the first is the outermost.

    Attributes:
        watchers: Those who only look on.
    """

    def __init__(self, interceptors: tuple[Interceptor, ...]) -> None:
        self._interceptors = interceptors
        watchers = tuple(each for each in interceptors if isinstance(each, Watcher))
        self.watchers = Watchers(watchers)
        self._occasional = tuple(each for each in interceptors if isinstance(each, Occasional))
        # Whether all who let time pass tell the operation.
        self._is_timed = len(watchers) + len(self._occasional) == len(interceptors)

    def past(self, operation: Operation, make: Proceed) -> Steps[Any]:
        """Show `operation` to each interceptor and make it at the end."""
        operation.is_timed = self._is_timed
        if self._is_timed and all(each.is_idle for each in self._occasional):
            return self._watched(operation, make)
        return _nested(self._interceptors, operation, make)

    def _watched(self, operation: Operation, make: Proceed) -> Steps[Any]:
        result = yield from self.watchers.watched(operation, make)
        for each in self._occasional:
            each.note(operation, result)
        return result


class Passage(Way):
    """What the operations of one cache pass.

    Args:
        provider: The provider that does the work.
        interceptors: Called with each operation; the first is the outermost.
    """

    def __init__(
        self,
        provider: AnyProvider,
        interceptors: tuple[Interceptor, ...],
    ) -> None:
        for watcher in interceptors:
            if isinstance(watcher, Watcher):
                watcher.opening(provider)
        super().__init__(interceptors)
        self._provider = provider
        self._now_ms = provider.clock.now_ms
        # Asking the system's clock itself would cost a call.
        self._plain_time = BUILTIN if type(provider.clock) is SystemClock else None
        self._note_begun = self.watchers.note_begun
        self._note_written = self.watchers.note_written
        self._keeper = self.watchers.keeper
        self._users_code: CodeType | None = None
        # All others wait: for a network, or for coroutines that they give way to.
        self._is_prompt = isinstance(provider, InMemoryCacheAdapter)
        self._is_direct = self._is_prompt and self._is_timed

    def call(  # noqa: C901, PLR0912 - each branch saves a call
        self,
        name: str,
        method: Callable[..., T],
        given: tuple[Any, ...],
        options: dict[str, Any] = _NO_OPTIONS,
    ) -> T:
        """Make an operation on a cache for threads, for the caller of this one's caller.

        To have arguments packed on the way costs more than to hand them over packed.

        Where nobody but watchers has anything to do, as at most times in most
        tests, all of it is done here: the generators of `steps` take longer than
        the operation itself, and so would a function for each part.
        """
        operation = Operation()
        operation.name = name
        operation.provider = self._provider
        operation.given = given
        operation.options = options
        frame = _getframe(2)
        code = frame.f_code
        if code is self._users_code or self._is_users(frame):
            operation.code = code
            operation.offset = frame.f_lasti
        else:
            operation.locate(frame)
        if not self._is_direct:
            return self.conduct(operation, method)
        for each in self._occasional:
            if not each.is_idle:
                return self.conduct(operation, method)
        # What is only given by name is a number or a flag, or refused.
        for value in given:
            if type(value) is not str and value is not None and type(value) not in NEVER_CHANGES:
                operation.keep(self._keeper)
                break
        operation.result = operation.duration_ms = None
        if type(time.time) is self._plain_time:
            operation.at_ns = time.time_ns()
        else:
            operation.at_ms = self._now_ms()
        for note in self._note_begun:
            note(operation)
        try:
            result = method(*given, **options) if options else method(*given)
            operation.result = result if type(result) in NEVER_CHANGES else self._keeper.keep(result)
        except BaseException as error:
            operation.error = error
            raise
        finally:
            operation.duration_ms = 0
            if name in WRITES:
                for note in self._note_written:
                    note(operation)
        return result

    def lets_renew(self, lock: AnyLock, lease: Ttl | None) -> bool:
        """Tell whether no interceptor takes the process for paused, as a lease is to be renewed."""
        operation = self.operation("lock.extend", (lease,), {"replace_ttl": True}, None)
        operation.lock = lock
        return all(each.lets_renew(operation) for each in self._interceptors if isinstance(each, Pausing))

    def _is_users(self, frame: FrameType) -> bool:
        """Tell whether code is the user's; most operations come from the same as the last."""
        is_users = IS_USERS[frame.f_globals.get("__name__", "")]
        if is_users:
            self._users_code = frame.f_code
        return is_users

    def operation(
        self, name: str, given: tuple[Any, ...], options: dict[str, Any], frame: FrameType | None
    ) -> Operation:
        """Return an operation that was called in this frame, or, if that is not the user's, further out."""
        operation = Operation()
        operation.name = name
        operation.provider = self._provider
        operation.given = given
        operation.options = options
        operation.locate(frame)
        return operation

    def conduct(self, operation: Operation, method: Callable[..., T]) -> T:
        """Make an operation on a cache for threads, no matter who intervenes."""
        return cast("T", finish(self.steps(operation, method)))

    def steps(self, operation: Operation, method: Callable[..., Any]) -> Steps[Any]:
        """Show `operation` to each interceptor and make it at the end."""
        return self.past(operation, partial(self._made, operation, method))

    def _made(self, operation: Operation, method: Callable[..., Any]) -> Steps[Any]:
        try:
            return (yield method(*operation.given, **operation.options))
        finally:
            if not self._is_prompt or operation.may_wait:
                operation.time_passed()


def _nested(interceptors: tuple[Interceptor, ...], operation: Operation, make: Proceed) -> Steps[Any]:
    if not interceptors:
        return make()
    return interceptors[0](operation, partial(_nested, interceptors[1:], operation, make))
