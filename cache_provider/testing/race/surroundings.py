"""Random bytes and the time, as ordinary code asks for them: in a schedule both are the schedule's.

Only while a search runs, and only for its own threads: everybody else in the
process is answered as ever. A name that a module bound before
(`from time import time`) is out of reach.
"""

import os
import random
import sys
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import contextmanager
from random import Random
from typing import Any

from cache_provider.testing.race.stage import Stage

_PATCHED: tuple[tuple[Any, str], ...] = (
    (os, "urandom"),
    (random, "_urandom"),  # behind `secrets` and `random.SystemRandom`
    (uuid, "_generate_time_safe"),  # behind `uuid.uuid1`, where the system makes them
    (time, "time"),
    (time, "time_ns"),
    (time, "monotonic"),
    (time, "monotonic_ns"),
    (time, "sleep"),
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
        self._real_monotonic_ns = time.monotonic_ns
        self._real_sleep = time.sleep
        self._pass: Callable[[float], None] = self._real_sleep
        self._began_ms = 0

    def begin(self, stage: Stage, whose: Callable[[], str | None], sleep: Callable[[float], None]) -> None:
        """Begin a schedule.

        Args:
            stage: The schedule.
            whose: Names the task that runs in the calling thread; None if that is none of the schedule's.
            sleep: Lets the calling thread's task sleep on the schedule's clock.
        """
        self._stage = stage
        self._whose = whose
        self._pass = sleep
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
            "monotonic": self._monotonic,
            "monotonic_ns": self._monotonic_ns,
            "_time": self._monotonic,
            "sleep": self._sleep,
            "_generate_time_safe": self._uuid_of_time,
        }
        before = [(module, name, getattr(module, name)) for module, name in _patched()]
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

    def _monotonic_ns(self) -> int:
        if self._stage is None or self._whose() is None:
            return self._real_monotonic_ns()
        return (self._stage.clock.now_ms() - self._began_ms) * 1_000_000

    def _sleep(self, seconds: float, /) -> None:
        if self._stage is None or self._whose() is None or seconds <= 0:
            self._real_sleep(seconds)
        else:
            self._pass(seconds)

    def _uuid_of_time(self) -> tuple[bytes, int | None]:
        """Return a UUID of version 1 that is made of random bytes, and nothing of its safety."""
        return uuid.UUID(bytes=self._bytes(16), version=1).bytes, None


def _patched() -> list[tuple[Any, str]]:
    """Return what is replaced; redis-py's retries have bound the name of `sleep` long before."""
    retry = sys.modules.get("redis.retry")
    return [*_PATCHED, *([] if retry is None else [(retry, "sleep")])]
