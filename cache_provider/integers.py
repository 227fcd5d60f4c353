"""Counters as Redis reads them: canonical decimal text of an int64."""

import re

from cache_provider.arguments import INT64_MAX, INT64_MIN

# Redis (string2ll) takes no sign but a minus, no leading zero, no blank, no "-0".
_CANONICAL = re.compile(rb"(?:0|-?[1-9][0-9]{0,18})").fullmatch


def parse_int64(text: bytes) -> int | None:
    """Return the integer that `text` canonically spells, or None."""
    if not _CANONICAL(text):
        return None
    number = int(text)
    return number if INT64_MIN <= number <= INT64_MAX else None
