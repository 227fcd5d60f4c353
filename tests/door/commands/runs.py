"""Runs of random commands on both sides."""

from collections import Counter
from random import Random

from tests.door.commands.grammar import Grammar
from tests.door.commands.pair import Pair

ROUND = 120
_STEPS_MS = (37, 518, 1036, 1517, 10_027)
"""None, and no sum of them, is the ttl of any command: at the very millisecond the two differ (SEMANTICS)."""


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
        words = grammar.command()
        if len(words) > 1 and random.random() < 0.1:
            pair.send(client, [b"EXPIRE", words[1], b"100"])
        pair.send(client, words)
        tally[words[0].upper().decode("latin-1")] += 1
        if len(words) > 1 and random.random() < 0.3:
            pair.send(client, [random.choice((b"PTTL", b"TYPE")), words[1]])
    pair.finish()
