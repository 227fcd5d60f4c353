"""Every example of README, docs and docstrings runs."""

from doctest import ELLIPSIS
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MODULES = sorted((ROOT / "cache_provider").rglob("*.py"))

pages = Sybil(parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)])
docstrings = Sybil(parsers=[DocTestParser(optionflags=ELLIPSIS)])


def run_examples(sybil: Sybil, path: Path) -> int:
    """Run the examples of one document in their order, in one namespace; return how many there are."""
    examples = list(sybil.parse(path))
    for example in examples:
        example.evaluate()
    return len(examples)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_the_examples_of_a_page_run(path: Path) -> None:
    """What a page shows is what happens."""
    run_examples(pages, path)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_the_examples_of_a_modules_docstrings_run(path: Path) -> None:
    """What a docstring shows is what happens."""
    run_examples(docstrings, path)


def test_the_readme_has_examples_that_run() -> None:
    """The harness finds what it is meant to run."""
    assert run_examples(pages, ROOT / "README.md") >= 5


def test_the_docstrings_have_examples_that_run() -> None:
    """The harness finds these as well."""
    assert sum(run_examples(docstrings, path) for path in MODULES) >= 3


def test_a_wrong_example_fails(tmp_path: Path) -> None:
    """The harness can fail."""
    page = tmp_path / "page.md"
    page.write_text("```python\nassert 1 == 2\n```\n")
    with pytest.raises(AssertionError):
        run_examples(pages, page)
