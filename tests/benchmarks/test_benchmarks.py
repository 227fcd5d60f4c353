"""The instrument itself: its arithmetic, its verdicts, and that it says who is missing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from benchmarks.measure import QUICK, Effort, Summary, interleave
from benchmarks.report import Report
from benchmarks.roster import SUBJECTS
from benchmarks.row import Result, Row, measure
from benchmarks.subjects import FLOOR, OURS, Roster, Store, Subject, muster
from benchmarks.targets import MICROSECONDS, Against, AheadOfPeers, AtMost
from benchmarks.work import ROWS

ROOT = Path(__file__).parents[2]


def summary(*samples: float) -> Summary:
    return Summary(samples)


def nothing(*_arguments: object) -> None:
    pass


def subject(name: str, *, distribution: str | None = None, fails_with: Exception | None = None) -> Subject:
    def open_() -> Store:
        if fails_with is not None:
            raise fails_with
        return Store(get=nothing, set=nothing)

    return Subject(name=name, module="", distribution=distribution, note="", open=open_)


def constant(figure: float) -> Row:
    def prepare(_subject: Subject, _effort: Effort) -> Any:
        return lambda: figure

    return Row(name="constant", title="constant", prepare=prepare)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("benchmarks") / "out.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "get-hit", "--json", str(path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return data


class TestArithmetic:
    def test_one_slow_round_does_not_move_the_median(self) -> None:
        assert summary(3, 1, 2, 1000, 2).median == 2

    def test_the_ratio_is_that_of_the_medians(self) -> None:
        assert summary(30, 10, 500).ratio_to(summary(20, 90, 1)) == 1.5

    def test_the_calmest_round_speaks_where_asked(self) -> None:
        assert Summary((7, 5, 90), calmest=True).figure == 5

    def test_the_spread_is_the_middle_half_as_a_share_of_the_median(self) -> None:
        assert summary(8, 9, 10, 11, 12).spread == 0.2

    def test_a_single_sample_has_no_spread(self) -> None:
        assert summary(7).spread == 0


class TestRounds:
    def test_every_subject_has_one_turn_a_round(self) -> None:
        turns: list[str] = []

        def sampler(name: str) -> Any:
            def sample() -> float:
                turns.append(name)
                return 0.0

            return sample

        interleave({name: sampler(name) for name in "abc"}, 5, on_round=nothing, on_failure=nothing)
        assert [set(turns[start : start + 3]) for start in range(0, 15, 3)] == [set("abc")] * 5

    def test_the_samples_of_a_subject_are_its_own(self) -> None:
        figures = interleave({"a": lambda: 1.0, "b": lambda: 2.0}, 3, on_round=nothing, on_failure=nothing)
        assert figures == {"a": summary(1, 1, 1), "b": summary(2, 2, 2)}

    def test_a_subject_that_raises_leaves_and_the_others_go_on(self) -> None:
        def failing() -> Iterator[float]:
            yield 1.0
            raise OSError

        figures = interleave(
            {"bad": failing().__next__, "good": lambda: 1.0}, 4, on_round=nothing, on_failure=nothing
        )
        assert figures == {"good": summary(1, 1, 1, 1)}


class TestTargets:
    @pytest.mark.parametrize(("ours", "holds"), [(14, True), (15, False)])
    def test_a_ratio_to_the_floor_holds_up_to_its_limit(self, ours: float, holds: bool) -> None:
        verdict = Against(1.4).judge({FLOOR: summary(10), OURS: summary(ours)})
        assert verdict.holds is holds

    @pytest.mark.parametrize(("ours", "holds"), [(5_000, True), (5_001, False)])
    def test_an_absolute_limit_is_counted_in_its_unit(self, ours: float, holds: bool) -> None:
        assert AtMost(5, MICROSECONDS).judge({OURS: summary(ours)}).holds is holds

    @pytest.mark.parametrize(("ours", "holds"), [(19, True), (21, False)])
    def test_ahead_means_ahead_of_the_quickest_peer(self, ours: float, holds: bool) -> None:
        figures = {FLOOR: summary(10), OURS: summary(ours), "slow": summary(90), "quick": summary(20)}
        assert AheadOfPeers().judge(figures).holds is holds

    @pytest.mark.parametrize("target", [Against(1.0, "upstream"), AheadOfPeers()])
    def test_without_the_peer_there_is_no_verdict(self, target: Against | AheadOfPeers) -> None:
        assert target.judge({FLOOR: summary(10), OURS: summary(10)}).holds is None


class TestWhoIsThere:
    def test_a_peer_that_is_not_installed_is_missing(self) -> None:
        absent = subject("absent", distribution="absent-dist", fails_with=ModuleNotFoundError("no absent"))
        assert muster([absent]) == Roster((), {"absent": "absent-dist is not installed (no absent)"})

    def test_a_broken_peer_is_not_mistaken_for_a_missing_one(self) -> None:
        broken = subject("broken", distribution="broken-dist", fails_with=AttributeError("moved"))
        with pytest.raises(AttributeError, match="moved"):
            muster([broken])

    def test_the_report_names_the_missing_peer_and_the_remedy(self) -> None:
        text = Report(Roster((), {"absent": "absent-dist is not installed"}), QUICK, []).text()
        assert "MISSING absent: absent-dist is not installed; pip install -e '.[bench]'" in text

    def test_a_failure_is_reported_with_its_row(self) -> None:
        def prepare(_subject: Subject, _effort: Effort) -> NoReturn:
            raise OSError("out of luck")

        row = Row(name="unlucky", title="unlucky", prepare=prepare)
        result = measure(row, [subject(OURS)], QUICK, progress=nothing)
        text = Report(Roster((subject(OURS),), {}), QUICK, [result]).text()
        assert "FAILED ours in unlucky: OSError: out of luck" in text


class TestReport:
    def test_a_cell_shows_median_and_ratio_to_the_floor(self) -> None:
        row = constant(0)
        figures = {FLOOR: summary(200), OURS: summary(250)}
        result = Result(row=row, heading="constant", figures=figures, failures={})
        text = Report(Roster((subject(FLOOR), subject(OURS)), {}), QUICK, [result]).text()
        assert "250  1.25x" in text

    def test_markdown_rows_have_as_many_cells_as_the_heading(self) -> None:
        result = measure(constant(1.0), [subject(FLOOR), subject(OURS)], QUICK, progress=nothing)
        report = Report(Roster((subject(FLOOR), subject(OURS)), {}), QUICK, [result])
        table = [line for line in report.markdown().splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in table}) == 1

    def test_row_names_are_unique(self) -> None:
        assert len({row.name for row in ROWS}) == len(ROWS)


class TestCommand:
    def test_only_the_row_asked_for_is_measured(self, run: dict[str, Any]) -> None:
        assert [row["name"] for row in run["rows"]] == ["get-hit"]

    def test_every_subject_is_there_or_missing(self, run: dict[str, Any]) -> None:
        assert {*run["subjects"], *run["missing"]} == {subject.name for subject in SUBJECTS}

    def test_every_sample_is_written(self, run: dict[str, Any]) -> None:
        assert len(run["rows"][0]["figures"][OURS]["samples"]) == QUICK.rounds

    def test_each_target_has_a_verdict(self, run: dict[str, Any]) -> None:
        assert [target["target"] for target in run["rows"][0]["targets"]] == [
            "≤ 1.4x floor",
            "ahead of every peer",
        ]
