"""The page about races shows what is really printed."""

import re
from pathlib import Path

from tests.race.test_fixture import run

PAGE = (Path(__file__).parents[2] / "docs" / "races.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the page's first block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_first_table_of_the_page_is_what_its_test_prints(tmp_path: Path) -> None:
    """Line by line, but for pytest's margin."""
    output = run(tmp_path, block("python"), name="test_visits.py")
    printed = "\n".join(line.removeprefix("E").strip() for line in output.splitlines())
    shown = "\n".join(line.strip() for line in block("text").splitlines())
    assert shown in printed.replace("cache_provider.testing.race.errors.Failure: ", "").replace(
        f"{tmp_path}/", ""
    )
