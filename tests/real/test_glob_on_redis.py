"""The double's patterns select what a real server's `KEYS` selects."""

import random
from itertools import product
from typing import Any

import pytest

from cache_provider.glob import Glob, escape

KEYS = 400
PATTERNS = 1500
KEY_ALPHABET = "ab[]^-\\*?!c\n/\u00e9"
# Weighted towards what makes classes, ranges and escapes.
PATTERN_ALPHABET = "ab[[]]^--\\\\**?!c\n/\u00e9"
CLASS_ALPHABET = "ac[]^-\\"


def words(source: random.Random, alphabet: str, longest: int, number: int) -> list[str]:
    """Return different random texts, the empty one among them."""
    found = {""}
    while len(found) < number:
        found.add("".join(source.choices(alphabet, k=source.randint(1, longest))))
    return sorted(found)


def is_promised(pattern: str) -> bool:
    """Tell whether the contract says what the pattern matches, the empty key included."""
    # Ranges with non-ASCII ends are not promised. And Redis matches the empty
    # key with one star, but not with several: the contract lets all match.
    only_stars = len(pattern) > 1 and not pattern.strip("*")
    return "-\u00e9" not in pattern and "\u00e9-" not in pattern and not only_stars


def differences(client: Any, patterns: list[str], keys: list[str]) -> dict[str, tuple[list[str], list[str]]]:
    """Return what the double and the server select, for each pattern where the two differ."""
    client.flushall()
    client.mset(dict.fromkeys(keys, ""))
    pipeline = client.pipeline(transaction=False)
    for pattern in patterns:
        pipeline.keys(pattern)
    real = [sorted(key.decode() for key in selected) for selected in pipeline.execute()]
    ours = [sorted(Glob(pattern).select(keys)) for pattern in patterns]
    return {
        pattern: (mine, theirs)
        for pattern, mine, theirs in zip(patterns, ours, real, strict=True)
        if mine != theirs
    }


@pytest.mark.parametrize("seed", range(4))
def test_random_patterns_select_what_the_server_selects(redis_client: Any, seed: int) -> None:
    """Hundreds of thousands of pairs of pattern and key, and not one on which the two differ."""
    source = random.Random(seed)
    keys = words(source, KEY_ALPHABET, 5, KEYS)
    patterns = list(filter(is_promised, words(source, PATTERN_ALPHABET, 8, PATTERNS)))
    assert differences(redis_client, patterns, keys) == {}


def test_every_short_pattern_selects_what_the_server_selects(redis_client: Any) -> None:
    """All patterns of up to five characters that brackets, dashes and escapes can make."""
    patterns = ["".join(chars) for length in range(6) for chars in product(CLASS_ALPHABET, repeat=length)]
    keys = [chr(number) for number in range(1, 128)]
    keys += ["".join(pair) for pair in product(CLASS_ALPHABET, repeat=2)]
    assert differences(redis_client, patterns, keys) == {}


def test_an_escaped_text_selects_itself_on_the_server(redis_client: Any) -> None:
    """So a prefix is never a pattern, on the server either."""
    keys = words(random.Random(0), KEY_ALPHABET, 6, KEYS)
    redis_client.flushall()
    redis_client.mset(dict.fromkeys(keys, ""))
    pipeline = redis_client.pipeline(transaction=False)
    for key in keys:
        pipeline.keys(escape(key))
    assert pipeline.execute() == [[key.encode()] for key in keys]
