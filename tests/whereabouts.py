"""What a run tells at its end: on which servers its tests ran, and which were left out and why."""

from collections import Counter
from collections.abc import Iterable, Iterator

import pytest

from tests.promises import FOUND, Servers, in_the_extra

SOURCES = ["PATH", *in_the_extra()]
"""Where servers are looked for that this Python can have."""


def told(passed: Iterable[str], skipped: Iterable[str], found: Servers = FOUND) -> Iterator[str]:
    """Yield a line a server, a missing one and a reason to skip; none where no server was asked.

    Args:
        passed: The ids of the tests that passed.
        skipped: Why others were skipped, a reason a test.
        found: The servers that there are.
    """
    ids = list(passed)
    counts = {name: sum(name in each for each in ids) for name in found}
    if not any(counts.values()):
        return
    for name, binary in found.items():
        yield f"on {name} ({binary.source}): {counts[name]:,} passed"
    yield f"on the double, or on no server by name: {len(ids) - sum(counts.values()):,} passed"
    for source in SOURCES:
        if source not in {binary.source for binary in found.values()}:
            yield f"left out: the server of {source}, which was not found"
    for reason, count in Counter(skipped).most_common():
        yield f"left out: {count} {'tests' if count > 1 else 'test'}: {reason}"


def reason(report: pytest.TestReport) -> str:
    """Return why a test was skipped."""
    where = report.longrepr
    return where[2].removeprefix("Skipped: ") if isinstance(where, tuple) else str(where)
