"""Every example of README, docs and docstrings runs, and those of a page run when copied alone."""

from doctest import ELLIPSIS
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from sybil.parsers.rest import DocTestParser

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SETUP = "The other examples of this page start with these lines:\n\n"
"""What stands above the one example that the others of its page need."""

MODULES = [
    path for path in sorted((ROOT / "cache_provider").rglob("*.py")) if ">>>" in path.read_text("utf-8")
]
"""Those with examples in their docstrings."""

pages = Sybil(parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)])
docstrings = Sybil(parsers=[DocTestParser(optionflags=ELLIPSIS)])


def run_examples(path: Path) -> int:
    """Run the examples of a module's docstrings, in one namespace; return how many there are."""
    examples = list(docstrings.parse(path))
    for example in examples:
        example.evaluate()
    return len(examples)


def run_each_alone(path: Path) -> int:
    """Run each example of a page by itself, after the setup of its page; return how many there are."""
    document = pages.parse(path)
    examples = list(document)
    setup = [example for example in examples if document.text[: example.start].endswith(SETUP)]
    for example in examples:
        document.namespace.clear()
        for each in dict.fromkeys([*(each for each in setup if each.start < example.start), example]):
            each.evaluate()
    return len(examples)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_each_example_of_a_page_runs_alone(path: Path) -> None:
    """A reader who copies one of them sees what the page says."""
    run_each_alone(path)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_the_examples_of_a_modules_docstrings_run(path: Path) -> None:
    """What a docstring shows is what happens."""
    run_examples(path)


def test_the_readme_has_examples_that_run() -> None:
    """The harness finds what it is meant to run."""
    assert run_each_alone(ROOT / "README.md") >= 5


def test_the_docstrings_have_examples_that_run() -> None:
    """The harness finds these as well."""
    assert sum(run_examples(path) for path in MODULES) >= 3


WRONG = "```python\nassert 1 == 2\n```\n"
IN_TWO_PARTS = "```python\ncache = {}\n```\n\n```python\nassert cache == {}\n```\n"


def test_a_wrong_example_fails(tmp_path: Path) -> None:
    """The harness can fail."""
    with pytest.raises(AssertionError):
        run_each_alone(page(tmp_path, WRONG))


def test_an_example_that_needs_another_fails(tmp_path: Path) -> None:
    """A reader would have to find out which."""
    with pytest.raises(NameError):
        run_each_alone(page(tmp_path, IN_TWO_PARTS))


def test_an_example_may_need_the_setup_of_its_page(tmp_path: Path) -> None:
    """The page says so above it."""
    assert run_each_alone(page(tmp_path, SETUP + IN_TWO_PARTS)) == 2


def page(folder: Path, text: str) -> Path:
    """Write a page."""
    path = folder / "page.md"
    path.write_text(text, encoding="utf-8")
    return path
