"""The page of the door says what the door knows."""

from pathlib import Path

from cache_provider.door.table import COMMANDS
from tests.door.pages import table

PAGE = Path(__file__).parents[2] / "docs" / "door.md"


def test_the_page_lists_every_command() -> None:
    """Its table is the table of commands."""
    assert table() in PAGE.read_text(encoding="utf-8")


def test_every_command_says_what_it_does() -> None:
    """COMMAND DOCS shows it."""
    assert [name for name, entry in COMMANDS.items() if not entry.run.__doc__] == []
