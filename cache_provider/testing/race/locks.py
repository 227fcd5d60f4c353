"""`Lock` and `RLock` of `threading` whose calls are steps where tasks of a schedule make them."""

from _thread import LockType, RLock, allocate_lock, get_ident
from collections.abc import Callable
from typing import Any

from cache_provider.testing.race.calls import CallWait
from cache_provider.testing.race.desks import Caller, caller_here, frame_above, makes_explored
from cache_provider.testing.race.tasks import PrimitiveCall, Task


class RaceLock:
    """A `threading.Lock`.

    Made by anybody else than the user's code in a task, it is the real one.

    Args:
        real: What excludes those who are not tasks.

    Attributes:
        given_name: What reports call it; None: by its kind and number.
        holder: The task that has it.
    """

    def __new__(cls, real: LockType | None = None) -> Any:
        """Return a real lock where nobody explores."""
        if real is None and (caller_here() is None or not makes_explored(frame_above(1))):
            return _REAL[cls]()
        return super().__new__(cls)

    def __init__(self, real: LockType | None = None) -> None:
        self.given_name: str | None = None
        self.holder: Task | None = None
        self._lock = real or allocate_lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it."""
        caller = caller_here()
        if caller is None or caller.task.is_calling:
            return self._take(caller, blocking, timeout)
        # Refuses what is not legal.
        allocate_lock().acquire(blocking, timeout)
        until = caller.until(None if timeout < 0 else timeout)
        name = caller.stage.names.of(self)
        wait = CallWait(name, self.freedom(), until, holder=lambda: self.holder) if blocking else None
        taken: bool = caller.call(
            PrimitiveCall("acquire", name, frozenset([name])),
            wait,
            lambda: not (wait and wait.is_late) and self._take(caller, False, -1),
        )
        return taken

    __enter__ = acquire

    def release(self) -> None:
        """Give it back."""
        caller = caller_here()
        if caller is None or caller.task.is_calling:
            self._give()
        elif caller.stage.is_stopped:
            self._give_if_held(caller.task)
        else:
            name = caller.stage.names.of(self)
            caller.call(PrimitiveCall("release", name, frozenset([name])), None, self._give)

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self.release()

    def locked(self) -> bool:
        """Tell whether anybody has it."""
        caller = caller_here()
        if caller is not None and not caller.task.is_calling:
            name = caller.stage.names.of(self)
            caller.call(PrimitiveCall("locked", name, frozenset([name])), None, lambda: None)
        return self._lock.locked()

    def freedom(self) -> Callable[[], bool]:
        """Return what tells whether the calling thread can have it."""
        return lambda: not self._lock.locked()

    def _take(self, caller: Caller | None, blocking: bool, timeout: float) -> bool:
        is_taken = self._lock.acquire(blocking, timeout)
        if is_taken and caller is not None:
            self.holder = caller.task
        return is_taken

    def _give(self) -> None:
        self._lock.release()
        self.holder = None

    def _give_if_held(self, task: Task) -> None:
        """Give it back while all unwinds: a task that was not allowed to take it is on its way out, too."""
        if self.holder is task:
            self._give()

    # What `threading.Condition` asks a lock

    def _is_owned(self) -> bool:
        return self._lock.locked()

    def _release_save(self) -> Any:
        self._give()

    def _acquire_restore(self, saved: Any) -> None:
        del saved
        caller = caller_here()
        self._take(caller, caller is None or not caller.stage.is_stopped, -1)


class RaceRLock(RaceLock):
    """A `threading.RLock`."""

    def __init__(self, real: LockType | None = None) -> None:
        super().__init__(real)
        self._owner: int | None = None
        self._times = 0

    def freedom(self) -> Callable[[], bool]:
        me = get_ident()
        return lambda: self._owner == me or not self._lock.locked()

    def _take(self, caller: Caller | None, blocking: bool, timeout: float) -> bool:
        me = get_ident()
        if self._owner != me:
            if not super()._take(caller, blocking, timeout):
                return False
            self._owner = me
        self._times += 1
        return True

    def _give(self) -> None:
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        self._times -= 1
        if not self._times:
            self._owner = None
            super()._give()

    def _is_owned(self) -> bool:
        return self._owner == get_ident()

    def _release_save(self) -> Any:
        times, self._times = self._times, 1
        self._give()
        return times

    def _acquire_restore(self, saved: Any) -> None:
        super()._acquire_restore(saved)
        self._times = saved


_REAL: dict[type[RaceLock], Callable[[], Any]] = {RaceLock: allocate_lock, RaceRLock: RLock}


def freedom_of(lock: Any) -> Callable[[], bool]:
    """Return what tells whether the calling thread can have any kind of lock."""
    if isinstance(lock, RaceLock):
        return lock.freedom()
    return (lambda: not lock.locked()) if isinstance(lock, LockType) else (lambda: True)
