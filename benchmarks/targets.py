"""What a row is held to, and whether it holds."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from benchmarks.measure import Summary
from benchmarks.subjects import FLOOR, OURS


@dataclass(frozen=True, slots=True)
class Unit:
    """How the figures of a row are shown.

    Attributes:
        label: The unit's sign.
        scale: How many base units make one.
        base: What the figures themselves are counted in.
    """

    label: str
    scale: float = 1.0
    base: str = "ns"

    def show(self, figure: float) -> str:
        """Return `figure` as a number of this unit, with about three digits that count."""
        shown = figure / self.scale
        digits = 0 if shown >= 100 else 1 if shown >= 10 else 2
        return f"{shown:,.{digits}f}"

    def attach(self, number: str) -> str:
        """Return a shown number with the unit behind it."""
        return number + self.label if self is TIMES else f"{number} {self.label}"


NANOSECONDS = Unit("ns")
MICROSECONDS = Unit("µs", 1e3)
MILLISECONDS = Unit("ms", 1e6)
BYTES = Unit("bytes", base="bytes")
TIMES = Unit("x", base="ratio")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one target came out.

    Attributes:
        target: What was asked, in words.
        measured: What came out, in the target's terms; empty if it could not be judged.
        holds: None if a figure that the target compares with is missing.
    """

    target: str
    measured: str
    holds: bool | None


class Target(Protocol):
    """One demand on our figure in a row."""

    def judge(self, figures: Mapping[str, Summary], ours: str = OURS) -> Verdict:
        """Compare our figure with what the target demands.

        Args:
            figures: One row's, by subject.
            ours: The subject that is held to the target.
        """
        ...


FLOOR_FACTOR = 1.5 if sys.version_info >= (3, 14) else 1.0
"""From 3.14 on CPython takes a lock and touches a dict in half the time, which is all that the floor does."""


@dataclass(frozen=True, slots=True)
class Against:
    """At most `limit` times the figure of another subject.

    Attributes:
        limit: How many times.
        name: The subject.
        of_time: Whether the figures are times, of which the floor on a quicker Python is allowed
            `FLOOR_FACTOR` as much.
    """

    limit: float
    name: str = FLOOR
    of_time: bool = True

    def judge(self, figures: Mapping[str, Summary], ours: str = OURS) -> Verdict:
        """Judge by the ratio of the two figures."""
        limit = self.limit * FLOOR_FACTOR if self.name == FLOOR and self.of_time else self.limit
        target = f"≤ {limit:g}x {self.name}"
        if ours not in figures or self.name not in figures:
            return Verdict(target, "", None)
        ratio = figures[ours].ratio_to(figures[self.name])
        return Verdict(target, f"{ratio:.2f}x", ratio <= limit)


@dataclass(frozen=True, slots=True)
class AtMost:
    """At most `limit`, counted in `unit`."""

    limit: float
    unit: Unit

    def judge(self, figures: Mapping[str, Summary], ours: str = OURS) -> Verdict:
        """Judge by our figure alone."""
        target = "≤ " + self.unit.attach(f"{self.limit:g}")
        if ours not in figures:
            return Verdict(target, "", None)
        figure = figures[ours].figure
        measured = self.unit.attach(self.unit.show(figure))
        return Verdict(target, measured, figure <= self.limit * self.unit.scale)


@dataclass(frozen=True, slots=True)
class AheadOfPeers:
    """Faster than every peer that was measured."""

    def judge(self, figures: Mapping[str, Summary], ours: str = OURS) -> Verdict:
        """Judge by the ratio to the quickest peer; without any peer there is no verdict."""
        target = "ahead of every peer"
        peers = {name: figure for name, figure in figures.items() if name not in (FLOOR, ours)}
        if ours not in figures or not peers:
            return Verdict(target, "", None)
        quickest = min(peers, key=lambda name: peers[name].figure)
        ratio = figures[ours].ratio_to(peers[quickest])
        return Verdict(target, f"{ratio:.2f}x {quickest}", ratio < 1)


@dataclass(frozen=True, slots=True)
class Flat:
    """At most `limit` times the first figure, for each that follows: what grows must not slow down."""

    limit: float

    def judge(self, figures: Mapping[str, Summary], ours: str = OURS) -> Verdict:  # noqa: ARG002 - all are
        """Judge by the slowest figure of the row."""
        first, *others = figures or ("the first",)
        target = f"≤ {self.limit:g}x at {first}"
        if not others:
            return Verdict(target, "", None)
        slowest = max(others, key=lambda name: figures[name].figure)
        ratio = figures[slowest].ratio_to(figures[first])
        return Verdict(target, f"{ratio:.2f}x at {slowest}", ratio <= self.limit)
