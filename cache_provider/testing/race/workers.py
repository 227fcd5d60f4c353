"""Threads that are used again for every schedule, and hand over to each other directly."""

from _thread import allocate_lock
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TypeAlias

from cache_provider.threads import HAS_GIL

Wake: TypeAlias = Callable[[], object]
"""Wakes a thread that sleeps, or will."""


class Turn:
    """Whose turn it is: one thread runs, the others sleep.

    Attributes:
        ident: The thread.
        sleep: Lets the calling thread sleep until it is its turn.
        wake: Says that it is, once for each sleep.
    """

    __slots__ = ("ident", "sleep", "wake")

    def __init__(self, ident: int) -> None:
        self.ident = ident
        self.sleep: Wake
        self.wake: Wake
        if HAS_GIL:
            lock = allocate_lock()
            lock.acquire()
            self.sleep, self.wake = lock.acquire, lock.release
        else:
            # A lock would first spin there, on the one processor that all share: more than twice as slow.
            waiting = SimpleQueue[None]()
            self.sleep, self.wake = waiting.get, partial(waiting.put, None)


class Worker:
    """A thread that does one job after another, each when it is woken."""

    def __init__(self) -> None:
        self.turn = Turn(0)
        self.job: Callable[[], Wake | None] | None = None
        self.thread = Thread(target=self._work, name="cache-provider-race", daemon=True)
        self.thread.start()
        self.turn.ident = self.thread.ident or 0

    def _work(self) -> None:
        while True:
            self.turn.sleep()
            if self.job is None:
                return
            wake = self.job()
            # The last thing that touches the schedule: it may be over now, and the next begun.
            if wake is not None:
                wake()


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
        worker.turn.wake()

    def close(self) -> None:
        """End all threads, and wait until they have ended."""
        for worker in (workers := self._workers.copy()):
            self.abandon(worker)
        for worker in workers:
            worker.thread.join()
