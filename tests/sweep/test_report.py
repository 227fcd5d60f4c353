"""What a sweep prints, raises and lets one run again."""

from typing import Any

import pytest

from cache_provider import CacheUnavailableError
from cache_provider.testing.seam import Site
from cache_provider.testing.sweep import SweepResult, sweep
from cache_provider.testing.sweep.progress import Progress, to_stderr
from tests.sweep.silence import SILENT


def counting(cache: Any) -> None:
    cache.incr("visits")
    cache.expire("visits", 60)


def counting_at_once(cache: Any) -> None:
    cache.incr("visits", ttl=60)


def found(**options: Any) -> SweepResult:
    return sweep(counting, kinds=["error before", "crash"], allow=CacheUnavailableError, **options, **SILENT)


LINE = counting.__code__.co_firstlineno + 1
HERE = str(Site(__file__, 0, "")).removesuffix(":0")


def test_the_matrix_is_laid_out_for_the_eye() -> None:
    """One row an operation with its line, one column a kind."""
    assert found().matrix.splitlines() == [
        "                                         error   crash",
        "#  operation  key     line               before",
        f"1  incr       visits  test_report.py:{LINE}  ok      LEAK",
        f"2  expire     visits  test_report.py:{LINE + 1}  LEAK    ok",
    ]


def test_a_kind_that_cannot_strike_is_a_dot() -> None:
    """It is neither right nor wrong."""
    result = sweep(counting, kinds=["error before", "lease lost"], allow=CacheUnavailableError, **SILENT)
    assert result.matrix.splitlines()[2].endswith("ok      ·")


def test_pairs_are_counted_where_they_begin() -> None:
    """So the matrix stays as large as the scenario."""
    result = sweep(counting_at_once, kinds=["crash"], order=2, **SILENT)
    assert result.matrix.splitlines()[2].split()[-2:] == ["2", "ok"]


def test_a_long_list_of_keys_is_cut() -> None:
    """The columns stay on the screen."""

    def scenario(cache: Any) -> None:
        cache.mget([f"key:{number}" for number in range(20)])

    result = sweep(scenario, kinds=["crash"], **SILENT)
    assert "mget       key:0, key:1, key:2, key:3, key…  " in result.matrix


def test_a_failure_says_what_was_wrong_and_how_to_run_it_again() -> None:
    """All of it with lines of source."""
    assert str(found(only="1:crash")).endswith(
        f"""1:crash: leak
    incr 'visits' at {HERE}:{LINE} takes effect, and the worker dies
    key 'visits' was written without a ttl 0 s ago at {HERE}:{LINE} in counting: cache.incr("visits")
    if it is meant to stay: sweep(..., allow_keys=['visits'])
    run only this: sweep(..., only="1:crash")"""
    )


def test_a_raised_error_names_its_line() -> None:
    """The innermost line that is the user's."""
    result = sweep(counting, only="2:error before", **SILENT)
    assert (
        f"    CacheUnavailableError: injected fault at expire 'visits': it had no effect\n"
        f'    at {HERE}:{LINE + 1} in counting: cache.expire("visits", 60)' in str(result)
    )


def test_a_raised_error_says_how_to_allow_it() -> None:
    """A caller may be ready for it."""
    report = str(sweep(counting, only="2:error before", **SILENT))
    assert "\n    if callers expect it: sweep(..., allow=CacheUnavailableError)\n" in report


def test_the_report_begins_with_how_many_failed() -> None:
    """The rest follows."""
    assert str(found()).startswith("2 of 4 cells of a sweep over 2 operations failed\n\n")


def test_a_sweep_raises_its_report() -> None:
    """A test that sweeps needs no more."""
    with pytest.raises(AssertionError, match="1 of 2 cells of a sweep over 2 operations failed"):
        sweep(counting, kinds=["crash"])


def test_a_sweep_that_passed_prints_its_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    """It is shown with `-rP` or `-s`."""
    result = sweep(counting_at_once, kinds=["crash"])
    assert capsys.readouterr().out == f"all 1 cells of a sweep over 1 operations passed\n\n{result.matrix}\n"


def test_a_result_can_be_asserted_later() -> None:
    """Whoever looks at it first may."""
    with pytest.raises(AssertionError, match="run only the first"):
        found().assert_clean()


def test_a_clean_result_asserts_nothing() -> None:
    """There is nothing to say."""
    sweep(counting_at_once, kinds=["crash"], **SILENT).assert_clean()
    assert sweep(counting_at_once, kinds=["crash"], **SILENT).failures == []


def test_many_failures_are_not_all_explained() -> None:
    """The matrix shows them all."""

    def scenario(cache: Any) -> None:
        for number in range(12):
            cache.exists(str(number))

    result = sweep(scenario, kinds=["error before"], **SILENT)
    assert (str(result).count("run only this"), str(result).endswith("... and 2 more causes")) == (10, True)


# Only


def test_one_cell_is_run_alone() -> None:
    """By the name that its failure shows."""
    assert [(cell.name, cell.verdict) for cell in found(only="2:error before").cells] == [
        ("2:error before", "leak")
    ]


@pytest.mark.parametrize("only", ["3:crash", "1:lease lost", "1:crash+9:crash"])
def test_a_cell_that_is_not_there_is_refused(only: str) -> None:
    """It would pass for want of anything to fail."""
    with pytest.raises(ValueError, match=f"only names a fault that strikes none of .*: {only[0]}"):
        found(only=only)


@pytest.mark.parametrize(
    "only", ["", "crash", "1:boom", "0:crash", "x:crash", "2:crash+1:crash", "1:crash+1:crash"]
)
def test_a_name_that_no_cell_has_is_refused(only: str) -> None:
    """The message shows how they look."""
    with pytest.raises(ValueError, match="only must"):
        found(only=only)


# Progress


def test_a_short_sweep_says_nothing() -> None:
    """Before two seconds are over there is nothing to say."""
    lines: list[str] = []
    progress = Progress(lines.append, now=iter([0.0, 1.9]).__next__)
    progress.count(failed=False, known=10)
    assert lines == []


def test_a_long_sweep_says_how_far_it_is() -> None:
    """And how many failed so far."""
    lines: list[str] = []
    progress = Progress(lines.append, now=iter([0.0, 1.0, 2.0, 2.0]).__next__)
    progress.count(failed=True, known=10)
    progress.count(failed=False, known=12)
    assert lines == ["sweep: 2 of 12 cells, 1 failed"]


def test_progress_goes_to_standard_error_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    """Where it does not mix with what is printed."""
    to_stderr("sweep: 1 of 2 cells, 0 failed")
    assert capsys.readouterr().err == "sweep: 1 of 2 cells, 0 failed\n"


def test_cells_that_fail_for_one_cause_are_one_block() -> None:
    """A ttl that is missing leaves the same key behind, whatever failed after it."""

    def scenario(cache: Any) -> None:
        cache.incr("visits")
        for _ in range(3):
            cache.get("other")
        cache.expire("visits", 60)

    text = str(sweep(scenario, kinds=["crash"], **SILENT))
    assert ("4 cells: leak\n    1:crash: incr 'visits' at " in text, text.count("run only")) == (True, 1)
