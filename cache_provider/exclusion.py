"""A mutex that nothing leaves locked, whatever comes from outside.

From CPython 3.14 on `with` calls what it enters by, and behind a call the
interpreter looks for interruptions: a KeyboardInterrupt there would leave the
mutex locked for good. A `for` loop calls `acquire` from C, and nothing comes
between that and the `try`.
"""

from collections.abc import Callable, Iterator
from functools import update_wrapper
from threading import Lock
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


class Lockable(Protocol):
    """A lock of `threading`."""

    def acquire(self, blocking: bool = True) -> bool:
        """Take the lock, waiting for it unless told otherwise; tell whether it was taken."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...


class Mutex:
    """Held by the thread in `for _ in mutex.entering: try: … finally: mutex.release()`, for one round.

    Args:
        lock: What excludes; a lock that excludes its own thread too by default.

    Attributes:
        entering: What the loop goes over.
        release: What ends the round.
    """

    __slots__ = ("entering", "lock", "release")

    def __init__(self, lock: Lockable | None = None) -> None:
        self.lock = Lock() if lock is None else lock
        self.entering = iter(self.lock.acquire, False)
        self.release = self.lock.release

    def attempt(self) -> Iterator[bool]:
        """Return what a loop goes over that has one round if the lock is free, and none if it is not."""
        return filter(None, map(self.lock.acquire, (False,)))

    def run(self, step: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """Return what `step` does while the mutex is held."""
        for _ in self.entering:
            try:
                return step(*arguments, **options)
            finally:
                self.release()
        raise AssertionError("a mutex can be entered again and again")


def exclusive(mutex: str) -> Callable[[Callable[Concatenate[S, P], T]], Callable[Concatenate[S, P], T]]:
    """Have a method run while its object's mutex, the attribute of that name, is held."""

    def decorate(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
        def alone(self: S, *arguments: P.args, **options: P.kwargs) -> T:
            held: Mutex = getattr(self, mutex)
            for _ in held.entering:
                try:
                    return method(self, *arguments, **options)
                finally:
                    held.release()
            raise AssertionError("a mutex can be entered again and again")

        # As a decorator, `wraps` would hide that `self` comes by its place.
        return cast("Callable[Concatenate[S, P], T]", update_wrapper(alone, method))

    return decorate
