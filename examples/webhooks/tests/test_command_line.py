from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pytest

from examples.webhooks.__main__ import main
from examples.webhooks.report import money

README = Path(__file__).parents[1] / "README.md"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def short_file(tmp_path: Path) -> str:
    """Two deliveries of one event."""
    line = (
        '{"id":"evt_1R2first","type":"payment.succeeded","merchant":"mer_mtx6t5Bc6o","amount":1250,'
        '"currency":"EUR","created":"2025-03-14T12:00:00.000Z","received":"2025-03-14T12:00:00.500Z",'
        '"attempt":1}\n'
    )
    path = tmp_path / "short.jsonl"
    path.write_text(line * 2, encoding="utf-8")
    return str(path)


def test_the_readme_shows_what_the_program_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """The summary in the README is the summary of the shipped file, to the letter."""
    main([])
    assert f"```text\n{capsys.readouterr().out}```\n" in README.read_text(encoding="utf-8")


def test_coroutines_come_to_the_same_summary(capsys: pytest.CaptureFixture[str]) -> None:
    """The asynchronous half decides as the synchronous one does, event by event."""
    main(["--asyncio"])
    assert f"```text\n{capsys.readouterr().out}```\n" in README.read_text(encoding="utf-8")


def test_a_file_of_ones_own_can_be_replayed(short_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The first argument names the file."""
    main([short_file])
    assert capsys.readouterr().out.startswith("2 deliveries of 1 events, ")


def test_an_empty_file_has_no_deliveries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file without lines is a day on which nothing happened."""
    path = tmp_path / "empty.jsonl"
    path.touch()
    main([str(path)])
    assert capsys.readouterr().out == "No deliveries.\n"


def test_progress_is_shown_to_a_person(short_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the deliveries are counted, and the count is erased in the end."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    main([short_file])
    assert terminal.getvalue() == "\r\033[K0 of 2 deliveries\r\033[K"


def test_progress_is_not_written_into_a_log(short_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Where stderr is not a terminal it stays empty."""
    main([short_file])
    assert capsys.readouterr().err == ""


def test_a_bad_line_is_reported_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be read is named on stderr with the line and the reason, without a traceback."""
    path = tmp_path / "bad.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    main([str(path)])
    assert capsys.readouterr().err == f"{path}:1: field 'id' is missing\n"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The exit status tells scripts that nothing was replayed."""
    assert main([str(tmp_path / "missing.jsonl")]) == 2


@pytest.mark.parametrize(
    ("minor_units", "currency", "text"),
    [
        (123_450, "EUR", "1,234.50 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (0, "GBP", "0.00 GBP"),
        (1_200, "JPY", "1,200 JPY"),
        (2**63, "USD", "92,233,720,368,547,758.08 USD"),
    ],
)
def test_money_is_written_with_its_currency(minor_units: int, currency: str, text: str) -> None:
    """Amounts have their currency's decimals, thousands separators and no rounding."""
    assert money(minor_units, currency) == text
