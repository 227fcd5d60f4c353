"""The fixture `cache_race` fails tests, remembers what failed and takes a token from the command line."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

LOST = """
def bump(cache):
    value = cache.get("n")
    cache.set("n", value + 1)

def test_no_lost_update(cache_race):
    def scenario(r):
        r.cache.set("n", 0)
        r.spawn(bump, r.cache, name="A")
        r.spawn(bump, r.cache, name="B")
        r.join()
        assert r.cache.get("n") == 2
    cache_race(scenario, preemptions=2, clock="explored", max_schedules=5_000)
"""
OTHER = """
def test_other(cache_race):
    def another(r):
        r.spawn(r.cache.get, "x")
    cache_race(another)
"""
MENDED = LOST.replace('value = cache.get("n")', 'cache.incr("n")').replace(
    'cache.set("n", value + 1)', "pass"
)
PASSING = LOST.replace("== 2", "> 0")


def run(folder: Path, source: str, *options: str, name: str = "test_it.py") -> str:
    """Run pytest on a file of this text; return what it prints."""
    (folder / name).write_text(source)
    # Of its own, so that it finds no configuration above.
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:xdist", *options, name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def token_in(output: str) -> str:
    """Return the token that a report shows."""
    found = re.search(r"--cache-provider-replay=(\S+)", output)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Let the test fail once; give its folder and the output."""
    folder = tmp_path_factory.mktemp("failed")
    return folder, run(folder, LOST)


def test_a_race_fails_the_test_with_its_table(failed: tuple[Path, str]) -> None:
    """The report is the message of the failure."""
    assert re.search(r"E +main +A +B +at", failed[1])


def test_a_schedule_that_failed_is_tried_first_next_time(failed: tuple[Path, str]) -> None:
    """Before any other: it is found without a search."""
    assert "This schedule was replayed from its token." in run(failed[0], LOST)


def test_what_passes_again_is_forgotten(tmp_path: Path) -> None:
    """After a run that passed the search begins anew."""
    run(tmp_path, LOST)
    run(tmp_path, PASSING)
    assert "Found in schedule " in run(tmp_path, LOST)


def test_a_remembered_schedule_that_no_longer_fits_is_no_failure(tmp_path: Path) -> None:
    """The test was changed since."""
    run(tmp_path, LOST)
    assert "1 passed" in run(tmp_path, MENDED)


def test_without_pytests_cache_nothing_is_remembered(tmp_path: Path) -> None:
    """And nothing breaks."""
    run(tmp_path, LOST)
    assert "Found in schedule " in run(tmp_path, LOST, "-p", "no:cacheprovider")


def test_a_token_of_the_command_line_runs_its_schedule(tmp_path: Path, failed: tuple[Path, str]) -> None:
    """It fails again, in a place where nothing is remembered."""
    output = run(tmp_path, LOST, f"--cache-provider-replay={token_in(failed[1])}")
    assert "This schedule was replayed from its token." in output


def test_a_token_of_the_command_line_runs_nothing_else(tmp_path: Path, failed: tuple[Path, str]) -> None:
    """Tests of other scenarios are skipped."""
    output = run(tmp_path, OTHER, f"--cache-provider-replay={token_in(failed[1])}")
    assert "1 skipped" in output


def test_a_token_that_no_longer_fits_says_where(tmp_path: Path, failed: tuple[Path, str]) -> None:
    """The row, what it was and what it is."""
    output = run(tmp_path, MENDED, f"--cache-provider-replay={token_in(failed[1])}")
    assert "row 2 was 'A get n' and is now 'A incr n'" in output


def test_a_wait_outside_the_cache_fails_the_test(tmp_path: Path) -> None:
    """A search that was given up proves nothing."""
    source = """
import queue

def test_blocked(cache_race):
    def scenario(r):
        answers = queue.SimpleQueue()
        r.spawn(lambda: (r.cache.get("x"), answers.get(timeout=2)))
        r.spawn(r.cache.get, "x")
    cache_race(scenario, watchdog=0.25)
"""
    assert "BlockedOutside" in run(tmp_path, source)


def test_the_fixture_is_documented(tmp_path: Path) -> None:
    """`pytest --fixtures` says what it does."""
    assert "cache_race" in run(tmp_path, OTHER, "--fixtures")


MANY = """
def test_many_orders(cache_race):
    def scenario(r):
        def work():
            for _ in range(7):
                r.cache.get("x")
        r.spawn(work)
        r.spawn(work)
    cache_race(scenario{options})
"""


def test_a_search_that_was_cut_short_says_so_in_the_summary(tmp_path: Path) -> None:
    """With what it ran, though the test passed."""
    output = run(tmp_path, MANY.replace("{options}", ", max_schedules=300"))
    assert "test_many_orders: 300 schedules, all up to 2 interruptions; not all" in output


@pytest.mark.parametrize("require", ["'exhausted'", "9"])
def test_a_search_that_was_cut_short_fails_where_more_is_required(tmp_path: Path, require: str) -> None:
    """Everything, or all up to a bound."""
    output = run(tmp_path, MANY.replace("{options}", f", max_schedules=300, require={require}"))
    assert "300 schedules, all up to 2 interruptions; not all. The test requires" in output


def test_a_search_that_ran_everything_says_nothing_in_the_summary(tmp_path: Path) -> None:
    """There is nothing to tell."""
    assert "schedules" not in run(tmp_path, OTHER)


def test_a_token_skips_the_tests_of_other_scenarios(failed: tuple[Path, str]) -> None:
    """They did not diverge: it is none of theirs."""
    folder, output = failed
    again = run(folder, LOST + OTHER, f"--cache-provider-replay={token_in(output)}")
    assert "1 failed, 1 skipped" in again
