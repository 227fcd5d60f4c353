"""Random bytes and the time, as ordinary code asks for them: in a schedule both are the schedule's.

Only while a search runs, and only for its own threads: everybody else in the
process is answered as ever. A name that a module bound before
(`from time import time`) is out of reach.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from random import Random
from typing import Any

from cache_provider.testing.race.stage import Stage

_PATCHED: tuple[tuple[Any, str], ...] = (
    (os, "urandom"),
    (random, "_urandom"),  # behind `secrets` and `random.SystemRandom`
    (time, "time"),
    (time, "time_ns"),
    (threading, "_time"),  # by which `Condition.wait_for` and `Barrier.wait` measure
)


class Surroundings:
    """Random bytes from a seed, for each task its own, and the schedule's time.

    Args:
        seed: Of what seems to be chance.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._stage: Stage | None = None
        self._whose: Callable[[], str | None] = lambda: None
        self._sources: dict[str, Random] = {}
        self._real_bytes = os.urandom
        self._real_time = time.time
        self._real_time_ns = time.time_ns
        self._real_monotonic = time.monotonic
        self._began_ms = 0

    def begin(self, stage: Stage, whose: Callable[[], str | None]) -> None:
        """Begin a schedule.

        Args:
            stage: The schedule.
            whose: Names the task that runs in the calling thread; None if that is none of the schedule's.
        """
        self._stage = stage
        self._whose = whose
        self._began_ms = stage.clock.now_ms()
        self._sources.clear()
        random.seed(self._seed)

    @contextmanager
    def replaced(self) -> Generator[None]:
        """Stand in for what is asked, until the block is left."""
        here: dict[str, Any] = {
            "urandom": self._bytes,
            "_urandom": self._bytes,
            "time": self._time,
            "time_ns": self._time_ns,
        }
        here["_time"] = self._monotonic
        before = [(module, name, getattr(module, name)) for module, name in _PATCHED]
        state = random.getstate()
        for module, name, _ in before:
            setattr(module, name, here[name])
        try:
            yield
        finally:
            for module, name, real in before:
                setattr(module, name, real)
            random.setstate(state)

    def _bytes(self, size: int, /) -> bytes:
        task = self._whose()
        if task is None:
            return self._real_bytes(size)
        source = self._sources.get(task)
        if source is None:
            source = self._sources[task] = Random(f"{self._seed} {task}")  # noqa: S311 - to be foreseen is the point
        return source.randbytes(size)

    def _time(self) -> float:
        if self._stage is None or self._whose() is None:
            return self._real_time()
        return self._stage.clock.now_ms() / 1000

    def _time_ns(self) -> int:
        if self._stage is None or self._whose() is None:
            return self._real_time_ns()
        return self._stage.clock.now_ms() * 1_000_000

    def _monotonic(self) -> float:
        if self._stage is None or self._whose() is None:
            return self._real_monotonic()
        return (self._stage.clock.now_ms() - self._began_ms) / 1000
