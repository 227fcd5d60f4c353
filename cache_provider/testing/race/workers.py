"""Threads that are used again for every schedule, and hand over to each other directly."""

from _thread import LockType, allocate_lock, get_ident
from collections.abc import Callable
from threading import Thread


class Worker:
    """A thread that does one job after another, each when it is woken."""

    def __init__(self) -> None:
        self.turn: LockType = allocate_lock()
        self.turn.acquire()
        self.job: Callable[[], LockType | None] | None = None
        self.thread = Thread(target=self._work, name="cache-provider-race", daemon=True)
        self.thread.start()

    @property
    def ident(self) -> int:
        """The thread's identifier."""
        return self.thread.ident or 0

    def _work(self) -> None:
        while True:
            self.turn.acquire()
            if self.job is None:
                return
            following = self.job()
            # The last thing that touches the schedule: it may be over now, and the next begun.
            if following is not None:
                following.release()


class Pool:
    """The workers of one search."""

    def __init__(self) -> None:
        self._workers: list[Worker] = []
        self._free = 0

    def take(self) -> Worker:
        """Return a worker that this schedule has not used yet."""
        if self._free == len(self._workers):
            self._workers.append(Worker())
        worker = self._workers[self._free]
        self._free += 1
        return worker

    def give_all_back(self) -> None:
        """Let the next schedule have all workers."""
        self._free = 0

    def abandon(self, worker: Worker) -> None:
        """Forget a worker that does not come back; should it ever, it ends."""
        self._workers.remove(worker)
        worker.job = None
        worker.turn.release()

    def close(self) -> None:
        """End all threads, and wait until they have ended."""
        for worker in (workers := self._workers.copy()):
            self.abandon(worker)
        for worker in workers:
            worker.thread.join()


class Turn:
    """Whose turn it is: one thread runs, the others sleep.

    Args:
        ident: The thread.
        lock: Held while the thread sleeps; releasing it wakes the thread.
    """

    __slots__ = ("ident", "lock")

    def __init__(self, ident: int, lock: LockType) -> None:
        self.ident = ident
        self.lock = lock

    @classmethod
    def of_this_thread(cls) -> "Turn":
        """Return one for the calling thread."""
        lock = allocate_lock()
        lock.acquire()
        return cls(get_ident(), lock)
