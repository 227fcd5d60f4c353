"""Interleaved rounds: every subject takes a short turn in every round, so that noise meets all alike."""

import contextlib
import gc
import random
import statistics
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Sampler: TypeAlias = Callable[[], float]
"""Takes one measurement and returns it in the base unit of its row: nanoseconds, bytes or a ratio."""

Batch: TypeAlias = Callable[[int], object]
"""Does the work that is timed as many times as it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long a run takes its time.

    Attributes:
        rounds: Turns each subject takes in a row of quick work.
        slow_rounds: Turns in a row whose single measurement takes a tenth of a second or so.
        rare_rounds: Turns in a row whose single measurement takes a second or so.
        batch_ns: Nanoseconds one turn of quick work should last: long against the clock's resolution,
            short against the bursts of other processes.
        some: Entries of a well-filled store.
        many: Entries of a huge one.
        sizes: Entries of the stores in which growth is measured, from small to huge.
    """

    rounds: int
    slow_rounds: int
    rare_rounds: int
    batch_ns: int
    some: int
    many: int
    sizes: tuple[int, ...]


FULL = Effort(
    rounds=60,
    slow_rounds=15,
    rare_rounds=7,
    batch_ns=3_000_000,
    some=100_000,
    many=1_000_000,
    sizes=(1_000, 10_000, 100_000, 1_000_000),
)
QUICK = Effort(
    rounds=7,
    slow_rounds=3,
    rare_rounds=2,
    batch_ns=1_000_000,
    some=10_000,
    many=50_000,
    sizes=(1_000, 10_000, 50_000),
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the samples of one subject in one row come to.

    Attributes:
        samples: One figure a round.
        calmest: Whether the best sample speaks for all, instead of the median: right where each sample is
            itself a longest time, to which other processes can only add.
    """

    samples: tuple[float, ...]
    calmest: bool = False

    @property
    def figure(self) -> float:
        """What is shown, compared and judged."""
        return self.best if self.calmest else self.median

    @property
    def median(self) -> float:
        """The middle sample: one slow round does not move it."""
        return statistics.median(self.samples)

    @property
    def best(self) -> float:
        """The smallest sample: what the work takes when nothing disturbs it."""
        return min(self.samples)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The bounds of the middle half of the samples."""
        if len(self.samples) == 1:
            return self.samples[0], self.samples[0]
        low, _, high = statistics.quantiles(self.samples, n=4, method="inclusive")
        return low, high

    @property
    def spread(self) -> float:
        """The width of the middle half of the samples as a share of the median."""
        low, high = self.quartiles
        return (high - low) / self.median if self.median else 0.0

    def ratio_to(self, other: "Summary") -> float:
        """Return this figure as a multiple of the other one's.

        Both were measured in each round, one shortly after the other, and what else the machine did then met
        both: the median of the rounds' ratios is calmer than the ratio of the medians.
        """
        if self.calmest or len(self.samples) != len(other.samples):
            return _ratio(self.figure, other.figure)
        return statistics.median(map(_ratio, self.samples, other.samples))


def calibrate(batch: Batch, target_ns: int) -> int:
    """Return how many repetitions of `batch` last about `target_ns` nanoseconds, at least one.

    The calls made on the way are the warm-up: caches, specialised bytecode, lazily built tables.
    """
    repetitions = 1
    while (elapsed := _duration(batch, repetitions)) * 4 < target_ns:
        repetitions *= 2
    return max(1, round(repetitions * target_ns / elapsed))


def timed(batch: Batch, *, operations: int, target_ns: int) -> Sampler:
    """Return a sampler of the nanoseconds one operation of `batch` takes.

    Args:
        batch: The work.
        operations: How many operations one repetition of `batch` does.
        target_ns: Nanoseconds one sample should last.
    """
    repetitions = calibrate(batch, target_ns)
    return lambda: _duration(batch, repetitions) / (repetitions * operations)


def interleave(
    samplers: Mapping[str, Sampler],
    rounds: int,
    *,
    on_round: Callable[[int], object],
    on_failure: Callable[[str, Exception], object],
    calmest: bool = False,
) -> dict[str, Summary]:
    """Sample every subject once a round, in an order that changes from round to round.

    Args:
        samplers: The subjects' samplers by name.
        rounds: How many samples to take of each.
        on_round: Told the number of each round as it begins, from 1.
        on_failure: Told of a subject that raised; it takes no further turns and has no summary.
        calmest: Whether the best sample is to speak for all.
    """
    samples: dict[str, list[float]] = {name: [] for name in samplers}
    turns = list(samplers)
    # Nobody always runs in the wake of the same neighbour; seeded, so that runs can be compared.
    shuffle = random.Random(0).shuffle
    with collector_paused():
        for number in range(1, rounds + 1):
            on_round(number)
            shuffle(turns)
            for name in tuple(turns):
                try:
                    samples[name].append(samplers[name]())
                except Exception as error:  # noqa: BLE001 - a peer may fail in any way; the others go on
                    turns.remove(name)
                    on_failure(name, error)
    return {name: Summary(tuple(samples[name]), calmest) for name in samplers if name in turns}


@contextlib.contextmanager
def collector_paused() -> Generator[None]:
    """Keep the cyclic garbage collector out of everybody's measurement, as `timeit` does."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _ratio(figure: float, other: float) -> float:
    return figure / other if other else float("inf")


def _duration(batch: Batch, repetitions: int) -> int:
    start = time.perf_counter_ns()
    batch(repetitions)
    return time.perf_counter_ns() - start
