"""What a run says: its tables, its page and its chart."""

from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from benchmarks import chart
from benchmarks.measure import QUICK, Effort
from benchmarks.page import BEGIN, END, replace_figures
from benchmarks.report import Report
from benchmarks.row import Result, measure
from benchmarks.subjects import FLOOR, OURS, Roster, Subject
from benchmarks.targets import Against
from benchmarks.work import ROWS
from tests.benchmarks.made_up import cast, constant, nothing, row, subject, summary


def report(*results: Result) -> Report:
    return Report(Roster(cast(QUICK), {}), QUICK, results)


def result(floor: float, ours: float) -> Result:
    target = replace(constant(0), targets=(Against(1.25),))
    figures = {FLOOR: summary(floor), OURS: summary(ours)}
    return Result(row=target, heading="constant", figures=figures, failures={})


class TestText:
    def test_a_cell_shows_the_median_and_the_multiple_of_ours(self) -> None:
        """How many times ours a peer takes is what its users ask."""
        assert "200 (0.80x)" in report(result(200, 250)).text()

    def test_the_reference_itself_has_no_multiple(self) -> None:
        """1.00x would say nothing."""
        assert "250 (" not in report(result(200, 250)).text()

    def test_the_summary_says_how_many_targets_hold(self) -> None:
        """The one line to read first."""
        assert "1 of 1 targets hold" in report(result(200, 250)).text()

    def test_the_summary_names_a_missed_target_with_its_figure(self) -> None:
        """Nobody has to look for it in a table."""
        assert "0 of 1 targets hold; missed: constant (2.00x)" in report(result(200, 400)).text()

    def test_the_report_names_the_missing_peer_and_the_remedy(self) -> None:
        """A peer that is not installed is not silently dropped."""
        text = Report(Roster((), {"absent": "absent-dist is not installed"}), QUICK, []).text()
        assert "MISSING absent: absent-dist is not installed; pip install -e '.[bench]'" in text

    def test_one_subject_under_many_names_is_credited_once(self) -> None:
        """A store of ours in four sizes is one subject."""
        alias = replace(subject(OURS), name="1k", is_alias=True)
        assert "1k" not in Report(Roster((alias,), {}), QUICK, []).text()

    def test_a_failure_is_reported_with_its_row(self) -> None:
        """A peer that cannot do what it claims to do is said to have failed, and how."""

        def prepare(_subject: Subject, _effort: Effort) -> NoReturn:
            raise OSError("out of luck")

        failed = measure(row(prepare, "unlucky"), [subject(OURS)], QUICK, progress=nothing)
        assert "FAILED ours in unlucky: OSError: out of luck" in report(failed).text()

    def test_markdown_rows_have_as_many_cells_as_the_heading(self) -> None:
        """Each table has its own number of columns, and one only."""
        tables = report(result(200, 250)).markdown().split("\n\n")
        counts = [{line.count("|") for line in table.splitlines()} for table in tables if table[0] == "|"]
        assert [len(count) for count in counts] == [1, 1]

    def test_row_names_are_unique(self) -> None:
        """`--only` means one row by each."""
        assert len({row.name for row in ROWS}) == len(ROWS)


class TestPage:
    def test_figures_are_replaced_and_words_stay(self, tmp_path: Path) -> None:
        """The page belongs to its writer, the part between the marks to the command."""
        page = tmp_path / "page.md"
        page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
        replace_figures(page, r"new \1")
        assert page.read_text("utf-8") == f"before\n{BEGIN}\n\nnew \\1\n{END}\nafter\n"

    def test_a_page_without_marks_is_refused(self, tmp_path: Path) -> None:
        """Rather than left as it is without a word."""
        page = tmp_path / "page.md"
        page.write_text("no marks\n", "utf-8")
        with pytest.raises(ValueError, match="once, not 0 times"):
            replace_figures(page, "new")


class TestChart:
    @pytest.fixture
    def drawn(self, tmp_path: Path) -> str:
        """Return the chart of two results, one of which is not shown."""
        pytest.importorskip("matplotlib", reason="the chart is drawn by matplotlib, from the extra bench")
        shown = replace(result(200, 250), row=replace(constant(0), name=chart.BARS[0]), heading="get hit")
        path = tmp_path / "chart.svg"
        chart.draw([shown, result(200, 250)], path)
        return path.read_text("utf-8")

    def test_a_panel_has_the_rows_title(self, drawn: str) -> None:
        """With the unit in which its figures are."""
        assert "get hit, ns" in drawn

    def test_a_bar_has_its_figure(self, drawn: str) -> None:
        """On a logarithmic scale, lengths alone mislead."""
        assert ">250<" in drawn

    def test_the_chart_has_no_background(self, drawn: str) -> None:
        """It is shown on light pages and on dark ones."""
        assert "#ffffff" not in drawn
