"""Sorted sets: members, scores, ranks."""

import math
import random

from cache_provider.arguments import INT64_MAX
from cache_provider.door.hashes import draw, random_count
from cache_provider.door.lists import read_count, read_numkeys
from cache_provider.door.numbers import double, positive
from cache_provider.door.payloads import Scores
from cache_provider.door.replies import NULL_ARRAY, Pairs, Refusal, Reply, syntax_error
from cache_provider.door.scanning import read_cursor, read_options, select
from cache_provider.door.table import FIRST, Arguments, command, counted
from cache_provider.door.view import View

_ADD_OPTIONS = frozenset({b"NX", b"XX", b"CH", b"INCR", b"GT", b"LT"})
_NOT_A_NUMBER = "ERR resulting score is not a number (NaN)"


class _Additions:
    """What ZADD is asked for: its options, and members with their scores."""

    def __init__(self, words: Arguments, options: set[bytes] | None = None) -> None:
        start = 0
        self.options = set[bytes]() if options is None else options
        while options is None and start < len(words) and words[start].upper() in _ADD_OPTIONS:
            self.options.add(words[start].upper())
            start += 1
        pairs = words[start:]
        if not pairs or len(pairs) % 2:
            raise syntax_error()
        self._check_options(len(pairs) // 2)
        scores = [double(text) for text in pairs[::2]]
        self.pairs = list(zip(pairs[1::2], scores, strict=True))

    def _check_options(self, number: int) -> None:
        options = self.options
        if {b"NX", b"XX"} <= options:
            raise Refusal("ERR XX and NX options at the same time are not compatible")
        if len(options & {b"NX", b"GT", b"LT"}) > 1:
            raise Refusal("ERR GT, LT, and/or NX options at the same time are not compatible")
        if b"INCR" in options and number > 1:
            raise Refusal("ERR INCR option supports a single increment-element pair")

    def new_score(self, old: float | None, score: float) -> float | None:
        """Return what a member's score becomes, None where it stays."""
        options = self.options
        if (old is None and b"XX" in options) or (old is not None and b"NX" in options):
            return None
        if old is None:
            return score
        new = old + score if b"INCR" in options else score
        if math.isnan(new):
            raise Refusal(_NOT_A_NUMBER)
        if (b"GT" in options and new <= old) or (b"LT" in options and new >= old):
            return None
        return new


def _add(view: View, key: bytes, additions: _Additions) -> Reply:
    increments = b"INCR" in additions.options
    scores = view.scores(key)
    if scores is None:
        if b"XX" in additions.options:
            return None if increments else 0
        scores = Scores()
    added = updated = 0
    score: float | None = None
    try:
        for member, wanted in additions.pairs:
            old = scores.get(member)
            score = additions.new_score(old, wanted)
            if score is not None and (old is None or old != score):
                scores.put(member, score)
                added += old is None
                updated += old is not None
    finally:
        if added or updated:
            view.notify("z", "zincr" if increments else "zadd", key)
            view.keep(key, scores)
    if increments:
        return score
    return added + updated if b"CH" in additions.options else added


@command("ZADD", -4, "write denyoom fast", FIRST)
def zadd(view: View, arguments: Arguments) -> Reply:
    """Give members of a sorted set their scores."""
    return _add(view, arguments[0], _Additions(arguments[1:]))


@command("ZINCRBY", 4, "write denyoom fast", FIRST)
def zincrby(view: View, arguments: Arguments) -> Reply:
    """Add to a member's score."""
    return _add(view, arguments[0], _Additions(arguments[1:], {b"INCR"}))


@command("ZREM", -3, "write fast", FIRST)
def zrem(view: View, arguments: Arguments) -> Reply:
    """Remove members of a sorted set."""
    key = arguments[0]
    scores = view.scores(key)
    removed = 0 if scores is None else sum([scores.discard(member) for member in arguments[1:]])
    if scores is not None and removed:
        view.notify("z", "zrem", key)
        view.keep(key, scores)
    return removed


@command("ZCARD", 2, "readonly fast", FIRST)
def zcard(view: View, arguments: Arguments) -> Reply:
    """Count the members of a sorted set."""
    return len(view.scores(arguments[0]) or ())


@command("ZSCORE", 3, "readonly fast", FIRST)
def zscore(view: View, arguments: Arguments) -> Reply:
    """Return a member's score."""
    scores = view.scores(arguments[0])
    return None if scores is None else scores.get(arguments[1])


@command("ZMSCORE", -3, "readonly fast", FIRST)
def zmscore(view: View, arguments: Arguments) -> Reply:
    """Return the scores of several members."""
    scores = view.scores(arguments[0])
    return [None if scores is None else scores.get(member) for member in arguments[1:]]


@command("ZRANK", 3, "readonly fast", FIRST)
def zrank(view: View, arguments: Arguments) -> Reply:
    """Return a member's rank from the lowest."""
    scores, member = view.scores(arguments[0]), arguments[1]
    return None if scores is None or member not in scores else scores.rank(member)


@command("ZREVRANK", 3, "readonly fast", FIRST)
def zrevrank(view: View, arguments: Arguments) -> Reply:
    """Return a member's rank from the highest."""
    scores, member = view.scores(arguments[0]), arguments[1]
    return None if scores is None or member not in scores else len(scores) - 1 - scores.rank(member)


def pop_scores(view: View, key: bytes, scores: Scores, count: int, *, highest: bool) -> list[Reply]:
    """Take members from one end; return each with its score, flat."""
    taken: list[Reply] = []
    for _ in range(min(count, len(scores))):
        score, member = scores.order.pop(-1 if highest else 0)
        del scores[member]
        taken += (member, score)
    if taken:
        view.notify("z", "zpopmax" if highest else "zpopmin", key)
        view.keep(key, scores)
    return taken


def _pop(view: View, arguments: Arguments, *, highest: bool) -> Reply:
    if len(arguments) > 2:
        raise syntax_error()
    count = positive(arguments[1]) if len(arguments) == 2 else None
    scores = view.scores(arguments[0])
    if scores is None:
        return []
    taken = pop_scores(view, arguments[0], scores, 1 if count is None else count, highest=highest)
    return taken if count is None else Pairs(taken)


@command("ZPOPMIN", -2, "write fast", FIRST)
def zpopmin(view: View, arguments: Arguments) -> Reply:
    """Take the members with the lowest scores."""
    return _pop(view, arguments, highest=False)


@command("ZPOPMAX", -2, "write fast", FIRST)
def zpopmax(view: View, arguments: Arguments) -> Reply:
    """Take the members with the highest scores."""
    return _pop(view, arguments, highest=True)


@command("ZMPOP", -4, "write", counted(1))
def zmpop(view: View, arguments: Arguments) -> Reply:
    """Take from the first of several sorted sets that is there."""
    keys, highest, count = read_mpop(arguments)
    popped = pop_first(view, keys, count, highest=highest)
    return NULL_ARRAY if popped is None else popped


def read_mpop(arguments: Arguments) -> tuple[Arguments, bool, int]:
    """Return keys, whether the highest go, and how many, of ZMPOP's arguments."""
    number = read_numkeys(arguments[0])
    if len(arguments) < number + 2 or arguments[number + 1].upper() not in (b"MIN", b"MAX"):
        raise syntax_error()
    highest = arguments[number + 1].upper() == b"MAX"
    return arguments[1 : number + 1], highest, read_count(arguments[number + 2 :])


def pop_first(view: View, keys: Arguments, count: int, *, highest: bool) -> Reply | None:
    """Take members from the first sorted set that is there; return its key and them, or None."""
    for key in keys:
        scores = view.scores(key)
        if scores is not None:
            taken = pop_scores(view, key, scores, count, highest=highest)
            return [key, [taken[place : place + 2] for place in range(0, len(taken), 2)]]
    return None


@command("ZRANDMEMBER", -2, "readonly", FIRST)
def zrandmember(view: View, arguments: Arguments) -> Reply:
    """Return some members of a sorted set."""
    if len(arguments) == 1:
        scores = view.scores(arguments[0])
        return None if scores is None else random.choice(scores.order)[1]  # noqa: S311 - no secret
    count = random_count(arguments[1:], b"WITHSCORES")
    scores = view.scores(arguments[0]) or Scores()
    chosen = draw(list(scores), count)
    if len(arguments) == 2:
        return chosen
    return Pairs([part for member in chosen for part in (member, scores[member])])


@command("ZSCAN", -3, "readonly", FIRST)
def zscan(view: View, arguments: Arguments) -> Reply:
    """Walk along a sorted set."""
    read_cursor(arguments[1])
    scores = view.scores(arguments[0])
    if scores is None:
        return [b"0", []]
    members = [member for _, member in scores.order]
    chosen = select(members, read_options(arguments[2:], takes_type=False).pattern)
    return [b"0", [part for member in chosen for part in (member, score_text(scores[member]))]]


def score_text(score: float) -> bytes:
    """Return a score as a text of its own, where replies have no doubles."""
    if score.is_integer() and abs(score) <= INT64_MAX // 2:
        return b"%d" % int(score)
    return b"%.17g" % score
