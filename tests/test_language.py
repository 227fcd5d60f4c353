"""Some phrases that a native engineer would not write do not come back."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
    *sorted((ROOT / "cache_provider").rglob("*.py")),
]

NOUN = r"(?!longer|help|more|such|other|need|use\b|match\b|doubt)\w"
PHRASES = {
    "is not a": rf"(?<!there )(?<!There )\b(is|are|was|were) no `*{NOUN}",
    "anyone who, the one that": r"\b[Ww](ho|hom)ever\b",
    "for at most": r"\bat the most\b",
    "on its own clock": r"\bneeds no clock of its own\b",
    "a mistake": r"\ba slip\b",
}
"""What to write, and what stands there instead."""


@pytest.mark.parametrize("better", PHRASES)
def test_an_odd_phrase_is_not_used(better: str) -> None:
    """In the pages, the docstrings and the messages of the package."""
    odd = re.compile(PHRASES[better])
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in TEXTS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if odd.search(line)
    ]
    assert found == []
