"""Sorted sets: unions, intersections and differences, of plain sets too."""

import math
from collections.abc import Callable, Mapping

from cache_provider.door.names import name_of
from cache_provider.door.numbers import double, integer, positive
from cache_provider.door.payloads import Members, Scores
from cache_provider.door.replies import Pairs, Refusal, Reply, syntax_error, wrong_type
from cache_provider.door.table import Arguments, command, counted
from cache_provider.door.view import View


def _add(left: float, right: float) -> float:
    total = left + right
    return 0.0 if math.isnan(total) else total


_AGGREGATES: dict[bytes, Callable[[float, float], float]] = {b"SUM": _add, b"MIN": min, b"MAX": max}


def _source(view: View, key: bytes) -> Mapping[bytes, float]:
    """Return members and their scores, 1 for each of a plain set."""
    found = view.entry(name_of(key))
    if found is None:
        return {}
    if isinstance(found[0], Scores):
        return found[0]
    if isinstance(found[0], Members):
        return dict.fromkeys(found[0], 1.0)
    raise wrong_type()


class _AlgebraRequest:
    """Keys and options of one of these commands.

    Args:
        words: The number of keys, the keys, the options.
        name: The command's, for an error.
        weighs: Whether scores may be weighed and put together in several ways.
        stores: Whether the result becomes a key.
    """

    def __init__(self, view: View, words: Arguments, name: str, *, weighs: bool, stores: bool) -> None:
        number = integer(words[0])
        if number < 1:
            raise Refusal(f"ERR at least 1 input key is needed for '{name}' command")
        if number > len(words) - 1:
            raise syntax_error()
        self.sources = [_source(view, key) for key in words[1 : number + 1]]
        self.weights = [1.0] * number
        self.aggregate: Callable[[float, float], float] = _add
        self.with_scores = False
        self._read(words[number + 1 :], weighs, stores)

    def _read(self, words: Arguments, weighs: bool, stores: bool) -> None:
        position, number = 0, len(self.sources)
        while position < len(words):
            word, left = words[position].upper(), len(words) - position
            if word == b"WEIGHTS" and weighs and left > number:
                texts = words[position + 1 : position + 1 + number]
                self.weights = [double(text, "ERR weight value is not a float") for text in texts]
                position += number
            elif word == b"AGGREGATE" and weighs and left > 1:
                position += 1
                self.aggregate = _aggregate(words[position])
            elif word == b"WITHSCORES" and not stores:
                self.with_scores = True
            else:
                raise syntax_error()
            position += 1

    def weighed(self) -> list[tuple[Mapping[bytes, float], float]]:
        """Return the sources and their weights, the smallest first, as Redis goes through them."""
        return sorted(zip(self.sources, self.weights, strict=True), key=lambda source: len(source[0]))

    def answer(self, result: Scores) -> Reply:
        """Return the reply that shows the result."""
        if self.with_scores:
            return Pairs([part for score, member in result.order for part in (member, score)])
        return [member for _, member in result.order]


def _aggregate(word: bytes) -> Callable[[float, float], float]:
    aggregate = _AGGREGATES.get(word.upper())
    if aggregate is None:
        raise syntax_error()
    return aggregate


def _weigh(score: float, weight: float) -> float:
    product = score * weight
    return 0.0 if math.isnan(product) else product


def _union(request: _AlgebraRequest) -> Scores:
    result: dict[bytes, float] = {}
    for source, weight in request.weighed():
        for member, score in source.items():
            product = _weigh(score, weight)
            result[member] = request.aggregate(result[member], product) if member in result else product
    return Scores(result.items())


def _intersection(request: _AlgebraRequest) -> Scores:
    (smallest, weight), *others = request.weighed()
    result: dict[bytes, float] = {}
    for member, score in smallest.items():
        if all(member in other for other, _ in others):
            total = _weigh(score, weight)
            for other, factor in others:
                total = request.aggregate(total, other[member] * factor)
            result[member] = total
    return Scores(result.items())


def _difference(request: _AlgebraRequest) -> Scores:
    first, *others = request.sources
    return Scores(
        (member, score) for member, score in first.items() if not any(member in other for other in others)
    )


@command("ZUNION", -3, "readonly", counted(1))
def zunion(view: View, arguments: Arguments) -> Reply:
    """Return what is in any of several sorted sets."""
    request = _AlgebraRequest(view, arguments, "zunion", weighs=True, stores=False)
    return request.answer(_union(request))


@command("ZINTER", -3, "readonly", counted(1))
def zinter(view: View, arguments: Arguments) -> Reply:
    """Return what is in all of several sorted sets."""
    request = _AlgebraRequest(view, arguments, "zinter", weighs=True, stores=False)
    return request.answer(_intersection(request))


@command("ZDIFF", -3, "readonly", counted(1))
def zdiff(view: View, arguments: Arguments) -> Reply:
    """Return what is in the first of several sorted sets only."""
    request = _AlgebraRequest(view, arguments, "zdiff", weighs=False, stores=False)
    return request.answer(_difference(request))


@command("ZUNIONSTORE", -4, "write denyoom", counted(2, 1))
def zunionstore(view: View, arguments: Arguments) -> Reply:
    """Keep what is in any of several sorted sets."""
    request = _AlgebraRequest(view, arguments[1:], "zunionstore", weighs=True, stores=True)
    return view.replace(arguments[0], _union(request), "zunionstore", "z")


@command("ZINTERSTORE", -4, "write denyoom", counted(2, 1))
def zinterstore(view: View, arguments: Arguments) -> Reply:
    """Keep what is in all of several sorted sets."""
    request = _AlgebraRequest(view, arguments[1:], "zinterstore", weighs=True, stores=True)
    return view.replace(arguments[0], _intersection(request), "zinterstore", "z")


@command("ZDIFFSTORE", -4, "write denyoom", counted(2, 1))
def zdiffstore(view: View, arguments: Arguments) -> Reply:
    """Keep what is in the first of several sorted sets only."""
    request = _AlgebraRequest(view, arguments[1:], "zdiffstore", weighs=False, stores=True)
    return view.replace(arguments[0], _difference(request), "zdiffstore", "z")


@command("ZINTERCARD", -3, "readonly", counted(1))
def zintercard(view: View, arguments: Arguments) -> Reply:
    """Count what is in all of several sorted sets."""
    number = integer(arguments[0])
    if number < 1:
        raise Refusal("ERR at least 1 input key is needed for 'zintercard' command")
    if number > len(arguments) - 1:
        raise syntax_error()
    sources = [_source(view, key) for key in arguments[1 : number + 1]]
    limit = _limit(arguments[number + 1 :])
    found = sum(all(member in other for other in sources[1:]) for member in sources[0])
    return min(found, limit) if limit else found


def _limit(words: Arguments) -> int:
    limit = 0
    for position in range(0, len(words), 2):
        if words[position].upper() != b"LIMIT" or position + 1 >= len(words):
            raise syntax_error()
        limit = positive(words[position + 1], "ERR LIMIT can't be negative")
    return limit
