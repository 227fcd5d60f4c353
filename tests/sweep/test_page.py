"""The page shows what is printed."""

import re
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "sweep.md"


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """Return what the examples of the page left in their namespace after the second."""
    examples = list(Sybil(parsers=[PythonCodeBlockParser()]).parse(PAGE))
    for example in examples[:2]:
        example.evaluate()
    return dict(examples[0].namespace)


def shown() -> list[str]:
    """Return the page's blocks of text."""
    return re.findall(r"```text\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def printed(report: object) -> str:
    """Return a report as it is printed when pytest runs in the root of the project."""
    return str(report).replace(f"{ROOT}/", "")


def test_the_page_shows_the_report_of_a_failure(names: dict[str, Any]) -> None:
    """To the letter."""
    assert shown()[0] == printed(names["report"])


def test_the_page_shows_the_matrix_of_a_success(names: dict[str, Any]) -> None:
    """To the letter."""
    assert shown()[1] == printed(names["result"])
