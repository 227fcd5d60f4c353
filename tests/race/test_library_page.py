"""The tables on the page about races in libraries are what is printed."""

import linecache
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("django_ratelimit")
pytest.importorskip("redis_lock")

PAGE = Path(__file__).parents[2] / "docs" / "racing_libraries.md"

NAME = "shop.py"
"""What a reader calls the file with the example."""

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PLACE = re.compile(r"( +at$)|\s+[\w./-]+\.py:\d+.*$|-{9,}")
"""Where in a library a line stands, and how wide that makes the table: other versions have other lines."""


def blocks() -> list[tuple[str, str]]:
    return [(match[1], match[2]) for match in _BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def tables() -> Iterator[tuple[str, str]]:
    """Yield each example that is followed by what it prints."""
    for (language, code), (next_language, text) in pairwise(blocks()):
        if (language, next_language) == ("python", "text"):
            yield code, text


def printed(code: str) -> str:
    """Return the report of an example's failure, but for its token."""
    setup = next(text for language, text in blocks() if language == "python")
    whole = setup + code if "django_cache" in code else code
    linecache.cache[NAME] = len(whole), None, whole.splitlines(keepends=True), NAME
    namespace: dict[str, object] = {"__name__": "shop"}
    exec(compile(whole, NAME, "exec"), namespace)
    return str(namespace["failure"]).partition("\n\nRun just")[0]


def without_places(report: str) -> list[str]:
    """Return the lines of a report, but for what the version of a library decides."""
    return [" ".join(_PLACE.sub("", line).split()) for line in report.strip().splitlines() if line.strip()]


TABLES = list(tables())


@pytest.mark.parametrize(("code", "text"), TABLES, ids=[str(number) for number in range(len(TABLES))])
def test_the_page_shows_what_is_printed(code: str, text: str) -> None:
    assert without_places(printed(code)) == without_places(text)
