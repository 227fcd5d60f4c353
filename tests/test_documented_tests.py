"""Every test that a page shows runs, and prints what the page shows below it."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent

# What the page about races shows has no margin; `tests/race/test_page.py` compares it.
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "races.md"),
]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"^(async )?def test_\w+\(\w*cache", re.MULTILINE)


WRONG = "```python\ndef test_it(cache_provider):\n    assert 1 == 2\n```\n"


class Example(NamedTuple):
    """A test module on a page, and the lines that it is said to print."""

    module: str
    printed: list[str]


def examples(page: str) -> Iterator[Example]:
    """Yield the blocks that hold a test with our fixtures, each with the block of text that follows it."""
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(page)]
    for (language, text), (next_language, next_text) in pairwise([*blocks, ("", "")]):
        if language == "python" and _TEST.search(text):
            yield Example(text, next_text.splitlines() if next_language == "text" else [])


def line_pattern(line: str) -> str:
    """Return a regular expression for a line in which `...` stands for anything."""
    return re.escape(line).replace(r"\.\.\.", ".*")


def run(pytester: pytest.Pytester, example: Example) -> None:
    """Run an example as a user would; compare what happened and what was printed."""
    pytester.makepyfile(test_shop=example.module)
    arguments = ("-p", "no:randomly", "-p", "no:asyncio", "-p", "no:anyio", "-W", "always")
    result = pytester.runpytest_inprocess(*arguments)
    if example.printed:
        result.stdout.re_match_lines([line_pattern(line) for line in example.printed], consecutive=True)
    else:
        assert set(result.parseoutcomes()) == {"passed"}


EXAMPLES = [
    pytest.param(example, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, example in enumerate(examples(page.read_text(encoding="utf-8")), start=1)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_test_on_a_page_does_what_the_page_shows(pytester: pytest.Pytester, example: Example) -> None:
    """A reader who copies it sees the same."""
    run(pytester, example)


@pytest.mark.parametrize("page", ["README.md", "docs/fixtures.md", "docs/calls.md", "docs/leaks.md"])
def test_a_page_has_tests_that_run(page: str) -> None:
    """The harness finds what it is meant to run."""
    assert list(examples((ROOT / page).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "page",
    [
        WRONG,
        f"{WRONG}\n```text\nE       assert 1 == 3\n```\n",
    ],
    ids=["without output", "with other output"],
)
def test_a_wrong_test_on_a_page_fails(pytester: pytest.Pytester, page: str) -> None:
    """The harness can fail."""
    (example,) = examples(page)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        run(pytester, example)
