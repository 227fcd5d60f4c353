"""A mutex that nothing leaves locked, whatever comes from outside.

From CPython 3.14 on `with` calls what it enters by, and behind a call the
interpreter looks for interruptions: a KeyboardInterrupt there would leave the
mutex locked for good. A `for` loop calls `acquire` from C, and nothing comes
between that and the `try`.
"""

from collections.abc import Callable, Iterator
from functools import update_wrapper
from itertools import repeat, starmap
from threading import Lock
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast
from weakref import WeakValueDictionary

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


class Mendable(Protocol):
    """Something that an exception may leave half-done, wherever it comes from."""

    def mend(self) -> None:
        """Make it whole again; the mutex is held."""
        ...


class Mutex:
    """Held by the thread in `for _ in mutex.entering: try: … finally: mutex.release()`, for one round.

    Args:
        lock: What excludes; a lock that excludes its own thread too by default.

    Attributes:
        entering: What the loop goes over.
        release: What ends the round.
        guarded: What it guards that can be mended after an exception, the first made first.
    """

    __slots__ = ("entering", "guarded", "lock", "release")

    def __init__(self, lock: Lockable | None = None) -> None:
        self.lock = Lock() if lock is None else lock
        # Neither of the two has anything to change or to compare as it goes on.
        self.entering = starmap(self.lock.acquire, repeat(()))
        self.release = self.lock.release
        self.guarded: WeakValueDictionary[int, Mendable] | None = None

    def guard(self, thing: Mendable) -> None:
        """Have `thing` mended after every exception that ends a round."""
        if self.guarded is None:
            self.guarded = WeakValueDictionary()
        self.guarded[id(thing)] = thing

    def mend(self) -> None:
        """Mend what is guarded, in the midst of a round that an exception ends."""
        for thing in [] if self.guarded is None else list(self.guarded.values()):
            thing.mend()

    def attempt(self) -> Iterator[bool]:
        """Return what a loop goes over that has one round if the lock is free, and none if it is not."""
        return filter(None, map(self.lock.acquire, (False,)))

    def run(self, step: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """Return what `step` does while the mutex is held."""
        for _ in self.entering:
            try:
                return step(*arguments, **options)
            except BaseException:
                self.mend()
                raise
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
                except BaseException:
                    held.mend()
                    raise
                finally:
                    held.release()
            raise AssertionError("a mutex can be entered again and again")

        # As a decorator, `wraps` would hide that `self` comes by its place.
        return cast("Callable[Concatenate[S, P], T]", update_wrapper(alone, method))

    return decorate
