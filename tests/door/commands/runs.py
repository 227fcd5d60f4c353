"""Runs of random commands on both sides."""

from collections import Counter
from random import Random

from tests.door.commands.grammar import Grammar
from tests.door.commands.pair import Pair

ROUND = 120
_STEPS_MS = (37, 518, 1036, 1517, 10_027)
"""None, and no sum of them, is the ttl of any command: at the very millisecond the two differ (SEMANTICS)."""


STORIES: list[list[tuple[int, list[bytes]]]] = [
    [(teller, line.split()) for teller, line in story]
    for story in (
        ((0, b"WATCH a"), (1, b"INCR a"), (0, b"MULTI"), (0, b"GET a"), (0, b"EXEC")),
        ((0, b"WATCH a"), (1, b"DEL a"), (0, b"MULTI"), (0, b"GET a"), (0, b"EXEC")),
        ((0, b"SET q 1 EX 100"), (0, b"INCR q"), (0, b"PTTL q")),
        ((0, b"DEL q"), (0, b"RPUSH q x"), (0, b"LREM q 0 x"), (0, b"TYPE q")),
        ((0, b"DEL q"), (0, b"SADD q x"), (0, b"SREM q x"), (0, b"TYPE q")),
        ((0, b"DEL q"), (0, b"ZADD q 1 x"), (0, b"ZREM q x"), (0, b"TYPE q")),
        ((0, b"DEL q"), (1, b"BLPOP q 10"), (0, b"RPUSH q x y"), (0, b"LRANGE q 0 -1")),
        ((0, b"DEL q"), (1, b"BZPOPMIN q 10"), (0, b"ZADD q 1 x 2 y"), (0, b"ZRANGE q 0 -1")),
        (
            (0, b"DEL q r"),
            (0, b"RPUSH r x"),
            (1, b"BLPOP q 10"),
            (0, b"SET q x"),
            (0, b"SORT r ALPHA STORE q"),
            (0, b"RPUSH q y"),
            (0, b"EXPIRE q 100"),
            (0, b"RENAME r q"),
        ),
    )
]
"""What random commands too seldom come upon: who tells what."""


def run(pair: Pair, seed: int, commands: int) -> Counter[str]:
    """Send that many commands in rounds that each begin with empty servers; return how often each was sent.

    Raises:
        DivergenceError: Something was not the same.
    """
    tally: Counter[str] = Counter()
    number = 0
    while sum(tally.values()) < commands:
        random = Random(f"{seed}:{number}")
        pair.restart(2 + number % 2)
        _round(pair, random, tally)
        number += 1
    return tally


def _round(pair: Pair, random: Random, tally: Counter[str]) -> None:
    grammar = Grammar(random)
    for _ in range(ROUND):
        if random.random() < 0.01:
            pair.pass_time(random.choice(_STEPS_MS))
        client = random.randrange(pair.clients) if random.random() < 0.2 else 0
        if random.random() < 0.05:
            for teller, line in random.choice(STORIES):
                pair.send(teller, line)
        words = grammar.command()
        if len(words) > 1 and random.random() < 0.1:
            pair.send(client, [b"EXPIRE", words[1], b"100"])
        pair.send(client, words)
        tally[words[0].upper().decode("latin-1")] += 1
        if len(words) > 1 and random.random() < 0.3:
            pair.send(client, [random.choice((b"PTTL", b"TYPE")), words[1]])
    pair.finish()
