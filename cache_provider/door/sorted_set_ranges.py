"""Sorted sets: ranges by rank, by score and in the order of the alphabet."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from cache_provider.door.numbers import integer, parse_double
from cache_provider.door.payloads import Scores
from cache_provider.door.ranges import clamp
from cache_provider.door.replies import Pairs, Refusal, Reply, syntax_error
from cache_provider.door.table import FIRST, TWO, Arguments, command
from cache_provider.door.view import View

_INFINITY = float("inf")


class Range(ABC):
    """Some neighbours in a sorted set."""

    @abstractmethod
    def places(self, scores: Scores, *, reverse: bool = False) -> tuple[int, int]:
        """Return the first rank, and that behind the last; `reverse` where they are wanted from the end."""


@dataclass(frozen=True, slots=True)
class RankRange(Range):
    """From one rank to another, both included, negative from the end."""

    start: int
    end: int

    def places(self, scores: Scores, *, reverse: bool = False) -> tuple[int, int]:
        del reverse
        return clamp(self.start, self.end, len(scores))


@dataclass(frozen=True, slots=True)
class ScoreRange(Range):
    """From one score to another."""

    low: float
    above: bool
    high: float
    below: bool

    def places(self, scores: Scores, *, reverse: bool = False) -> tuple[int, int]:
        del reverse
        order = scores.order
        # A member is never before the empty one, nor behind what stands for all of a score.
        first = order.bisect_left(_after(self.low) if self.above else (self.low,))
        behind = order.bisect_left((self.high,) if self.below else _after(self.high))
        return first, max(first, behind)


def _after(score: float) -> tuple[float, "_Last"]:
    return (score, _LAST)


class _Last:
    """Comes after every member."""

    def __lt__(self, _other: object) -> bool:
        return False

    def __gt__(self, _other: object) -> bool:
        return True


_LAST = _Last()


@dataclass(frozen=True, slots=True)
class LexRange(Range):
    """From one member to another in the order of the alphabet, where all scores are the same.

    A bound is None where there is no end.
    """

    low: bytes | None
    above: bool
    high: bytes | None
    below: bool
    empty: bool = False

    def places(self, scores: Scores, *, reverse: bool = False) -> tuple[int, int]:
        if self.empty or not scores:
            return 0, 0
        order = scores.order
        if order[0][0] == order[-1][0]:
            return self._bisected(scores, order[0][0])
        return self._walked(scores, reverse=reverse)

    def _bisected(self, scores: Scores, score: float) -> tuple[int, int]:
        order = scores.order
        first, behind = 0, len(order)
        if self.low is not None:
            first = (order.bisect_right if self.above else order.bisect_left)((score, self.low))
        if self.high is not None:
            behind = (order.bisect_left if self.below else order.bisect_right)((score, self.high))
        return first, max(first, behind)

    def _walked(self, scores: Scores, *, reverse: bool) -> tuple[int, int]:
        """Do what Redis does of a set without such an order: go from the first that fits while more do."""
        members = [member for _, member in scores.order]
        if not self._reaches(members[-1]) or not self._holds(members[0]):
            return 0, 0
        if reverse:
            behind = next(place for place in range(len(members), 0, -1) if self._holds(members[place - 1]))
            first = behind
            while first and self._reaches(members[first - 1]):
                first -= 1
            return first, behind
        first = next(place for place, member in enumerate(members) if self._reaches(member))
        behind = first
        while behind < len(members) and self._holds(members[behind]):
            behind += 1
        return first, behind

    def _reaches(self, member: bytes) -> bool:
        return self.low is None or (member > self.low if self.above else member >= self.low)

    def _holds(self, member: bytes) -> bool:
        return self.high is None or (member < self.high if self.below else member <= self.high)


def _score_bound(text: bytes) -> tuple[float, bool]:
    excluded = text[:1] == b"("
    number = (text[1:] if excluded else text).partition(b"\0")[0].lstrip(b" \t\n\v\f\r")
    score = parse_double(number) if number else 0.0
    if score is None:
        score = _overflowed(number)
    return score, excluded


def _overflowed(number: bytes) -> float:
    """Return what C's `strtod` makes of a number that no double holds."""
    try:
        score = float(number)
    except ValueError:
        score = float("nan")
    if score != score or b"_" in number or number[-1:].isspace():  # noqa: PLR0124 - NaN
        raise Refusal("ERR min or max is not a float")
    return score


def score_range(low: bytes, high: bytes) -> ScoreRange:
    """Return the range that two arguments spell."""
    return ScoreRange(*_score_bound(low), *_score_bound(high))


def _lex_bound(text: bytes) -> tuple[bytes | None, bool]:
    if text in (b"-", b"+"):
        return None, text == b"+"
    if text[:1] in (b"(", b"["):
        return text[1:], text[:1] == b"("
    raise Refusal("ERR min or max not valid string range item")


def lex_range(low: bytes, high: bytes) -> LexRange:
    """Return the range that two arguments spell."""
    first, above = _lex_bound(low)
    last, below = _lex_bound(high)
    backwards = (first is None and above) or (last is None and not below)
    if first is not None and last is not None:
        backwards = backwards or first > last or (first == last and (above or below))
    return LexRange(first, above, last, below, empty=backwards)


def rank_range(start: bytes, end: bytes) -> RankRange:
    """Return the range that two arguments spell."""
    return RankRange(integer(start), integer(end))


_RANGES = {b"": rank_range, b"BYSCORE": score_range, b"BYLEX": lex_range}


class Selection:
    """A range with all that may stand behind it: ZRANGE and its older relatives.

    Args:
        words: Both bounds and the options.
        by: What the bounds are; None leaves it to the options.
        reverse: Whether the last come first; None leaves it to the options.
        stores: Whether the result becomes a key, and so has its scores.
    """

    def __init__(
        self, words: Arguments, by: bytes | None = None, *, reverse: bool | None = None, stores: bool = False
    ) -> None:
        self.by, self.reverse = by or b"", bool(reverse)
        self.offset, self.limit = 0, -1
        self.with_scores = False
        self._read(words[2:], by is None, reverse is None, stores)
        if self.limit != -1 and not self.by:
            raise Refusal(
                "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
            )
        if self.with_scores and self.by == b"BYLEX":
            raise Refusal("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
        bounds = words[1::-1] if self.reverse and self.by else words[:2]
        self.range = _RANGES[self.by](*bounds)

    def _read(self, words: Arguments, free_kind: bool, free_direction: bool, stores: bool) -> None:
        position = 0
        while position < len(words):
            word = words[position].upper()
            if word == b"WITHSCORES" and not stores:
                self.with_scores = True
            elif word == b"LIMIT" and position + 2 < len(words):
                self.offset, self.limit = integer(words[position + 1]), integer(words[position + 2])
                position += 2
            elif word == b"REV" and free_direction:
                self.reverse = True
            elif word in (b"BYSCORE", b"BYLEX") and free_kind:
                self.by = word
            else:
                raise syntax_error()
            position += 1

    def of(self, scores: Scores) -> list[tuple[float, bytes]]:
        """Return scores and members that are selected."""
        first, behind = self.range.places(scores, reverse=self.reverse)
        if self.reverse and not self.by:
            first, behind = len(scores) - behind, len(scores) - first
        if self.by and self.offset < 0:
            return []
        if self.by and self.reverse:
            behind = max(first, behind - self.offset)
            first = max(first, behind - self.limit) if self.limit >= 0 else first
        elif self.by:
            first = min(behind, first + self.offset)
            behind = min(behind, first + self.limit) if self.limit >= 0 else behind
        chosen = scores.slice(first, behind)
        return chosen[::-1] if self.reverse else chosen


def _answer(
    view: View, arguments: Arguments, by: bytes | None = None, *, reverse: bool | None = None
) -> Reply:
    selection = Selection(arguments[1:], by, reverse=reverse)
    scores = view.scores(arguments[0])
    chosen = [] if scores is None else selection.of(scores)
    if selection.with_scores:
        return Pairs([part for score, member in chosen for part in (member, score)])
    return [member for _, member in chosen]


@command("ZRANGE", -4, "readonly", FIRST)
def zrange(view: View, arguments: Arguments) -> Reply:
    """Return a range of a sorted set."""
    return _answer(view, arguments)


@command("ZREVRANGE", -4, "readonly", FIRST)
def zrevrange(view: View, arguments: Arguments) -> Reply:
    """Return a range by rank, the highest first."""
    return _answer(view, arguments, b"", reverse=True)


@command("ZRANGEBYSCORE", -4, "readonly", FIRST)
def zrangebyscore(view: View, arguments: Arguments) -> Reply:
    """Return a range by score."""
    return _answer(view, arguments, b"BYSCORE", reverse=False)


@command("ZREVRANGEBYSCORE", -4, "readonly", FIRST)
def zrevrangebyscore(view: View, arguments: Arguments) -> Reply:
    """Return a range by score, the highest first."""
    return _answer(view, arguments, b"BYSCORE", reverse=True)


@command("ZRANGEBYLEX", -4, "readonly", FIRST)
def zrangebylex(view: View, arguments: Arguments) -> Reply:
    """Return a range in the order of the alphabet."""
    return _answer(view, arguments, b"BYLEX", reverse=False)


@command("ZREVRANGEBYLEX", -4, "readonly", FIRST)
def zrevrangebylex(view: View, arguments: Arguments) -> Reply:
    """Return a range in the order of the alphabet, the last first."""
    return _answer(view, arguments, b"BYLEX", reverse=True)


@command("ZRANGESTORE", -5, "write denyoom", TWO)
def zrangestore(view: View, arguments: Arguments) -> Reply:
    """Keep a range of a sorted set."""
    selection = Selection(arguments[2:], stores=True)
    scores = view.scores(arguments[1])
    chosen = [] if scores is None else selection.of(scores)
    result = Scores((member, score) for score, member in chosen)
    return view.replace(arguments[0], result, "zrangestore", "z")


def _count(view: View, key: bytes, wanted: Range) -> int:
    scores = view.scores(key)
    if scores is None:
        return 0
    first, behind = wanted.places(scores)
    return behind - first


@command("ZCOUNT", 4, "readonly fast", FIRST)
def zcount(view: View, arguments: Arguments) -> Reply:
    """Count the members between two scores."""
    return _count(view, arguments[0], score_range(*arguments[1:]))


@command("ZLEXCOUNT", 4, "readonly fast", FIRST)
def zlexcount(view: View, arguments: Arguments) -> Reply:
    """Count the members between two others."""
    return _count(view, arguments[0], lex_range(*arguments[1:]))


def _remove(view: View, key: bytes, unwanted: Range, event: str) -> int:
    scores = view.scores(key)
    if scores is None:
        return 0
    first, behind = unwanted.places(scores)
    for _, member in scores.slice(first, behind):
        del scores[member]
    del scores.order[first:behind]
    if behind > first:
        view.notify("z", event, key)
        view.keep(key, scores)
    return behind - first


@command("ZREMRANGEBYRANK", 4, "write", FIRST)
def zremrangebyrank(view: View, arguments: Arguments) -> Reply:
    """Remove a range by rank."""
    return _remove(view, arguments[0], rank_range(*arguments[1:]), "zremrangebyrank")


@command("ZREMRANGEBYSCORE", 4, "write", FIRST)
def zremrangebyscore(view: View, arguments: Arguments) -> Reply:
    """Remove a range by score."""
    return _remove(view, arguments[0], score_range(*arguments[1:]), "zremrangebyscore")


@command("ZREMRANGEBYLEX", 4, "write", FIRST)
def zremrangebylex(view: View, arguments: Arguments) -> Reply:
    """Remove a range in the order of the alphabet."""
    return _remove(view, arguments[0], lex_range(*arguments[1:]), "zremrangebylex")
