"""Some phrases that a native engineer would not write do not come back, where users read."""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_public_names import PUBLIC

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").rglob("*.md")]

NOUN = r"(?!longer|help|more|such|other|need|use\b|match\b|doubt)\w"
PHRASES = {
    "is not a": rf"(?<!there )(?<!There )\b(is|are|was|were) no `*{NOUN}",
    "anyone who, the one that": r"\b[Ww](ho|hom)ever\b",
    "on its own clock": r"\bneeds no clock of its own\b",
    "a mistake": r"\ba slip\b",
    "a failure": r"\bmishaps?\b(?!\.py)",
    "anyone who, a caller that": r"(^|[.:*]\** +|\| )Who (?![^|]*[?|])",
    "again, a new one": r"\banew\b",
    "so that not, of it": r"\b(lest|thereof|whereof|wherein|hitherto|heretofore)\b",
    "the same, exactly": r"\bthe very (?!(first|last|end|start)\b)",
    "its own, a private one": r"\bof one's own\b",
    "reports": r"\b(is|are|was|were) told of\b",
    "differently": r"\b(do|does|did) otherwise\b",
    "how many of them": r"\b(each|one|two|some|none|all|both|example|tests?) of (which|whom)\b",
}
"""What to write, and what stood there instead."""


def docstrings() -> Iterator[tuple[str, str]]:
    """Yield what `help` shows of each public name and its public methods, by name."""
    for module in PUBLIC:
        exported = importlib.import_module(module)
        for name in exported.__all__:
            public = getattr(exported, name)
            yield f"{module}.{name}", inspect.getdoc(public) or ""
            if inspect.isclass(public) and not name.endswith("Contract"):
                for method, value in inspect.getmembers(public):
                    if not method.startswith("_"):
                        yield f"{module}.{name}.{method}", inspect.getdoc(value) or ""


TEXTS = [*((str(page), page.read_text(encoding="utf-8")) for page in PAGES), *docstrings()]


@pytest.mark.parametrize("better", PHRASES)
def test_an_odd_phrase_is_not_used(better: str) -> None:
    """In a page, or in a public docstring."""
    odd = re.compile(PHRASES[better])
    assert [(where, line) for where, text in TEXTS for line in text.splitlines() if odd.search(line)] == []
