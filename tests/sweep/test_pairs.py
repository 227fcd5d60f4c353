"""Pairs of faults: what one fault alone does not bring out."""

from contextlib import suppress
from typing import Any

from cache_provider import CacheUnavailableError
from cache_provider.testing.sweep import sweep
from tests.sweep.silence import SILENT


def trying_twice(cache: Any) -> str:
    for _ in range(2):
        try:
            cache.set("order", "paid", ttl=60)
        except CacheUnavailableError:
            continue
        break
    return "paid"


def paid_is_stored(cache: Any, answer: str) -> bool:
    return answer != "paid" or bool(cache.exists("order"))


def test_one_fault_does_not_bring_it_out() -> None:
    """The second attempt always succeeds."""
    assert sweep(trying_twice, paid_is_stored, kinds=["error before"], **SILENT).failures == []


def test_a_pair_of_faults_in_one_run_brings_it_out() -> None:
    """Both attempts fail."""
    result = sweep(trying_twice, paid_is_stored, kinds=["error before"], order=2, **SILENT)
    assert [(cell.name, cell.verdict) for cell in result.failures] == [
        ("1:error before+2:error before", "check")
    ]


def resuming(cache: Any) -> None:
    """Log once; the second worker clears the mark of a first that died, and logs again."""
    if cache.exists("started"):
        cache.push_limit("log", "again", 10, ttl=60)
        cache.delete("started")
        return
    cache.set("started", 1, ttl=60)
    cache.delete("started")


def logged_once(cache: Any) -> bool:
    return len(cache.list_range("log", 0, -1)) <= 1


def test_a_fault_in_the_recovery_brings_it_out() -> None:
    """The second worker dies where it puts things right, and the third does it again."""
    result = sweep(resuming, logged_once, kinds=["crash"], order=2, **SILENT)
    assert [(cell.name, cell.verdict) for cell in result.failures] == [("2:crash+4:crash", "recovery")]


def test_a_fault_in_the_second_run_is_said_to_be_there() -> None:
    """Otherwise one looks for it in the first."""
    result = sweep(resuming, logged_once, kinds=["crash"], only="2:crash+4:crash", **SILENT)
    assert "push_limit 'log'" in str(result)
    assert ", in the second run, takes effect, and the worker dies" in str(result)


def test_a_cell_that_failed_is_given_no_second_fault() -> None:
    """One is enough to look at."""

    def boasting(cache: Any) -> str:
        with suppress(CacheUnavailableError):
            cache.set("order", "paid", ttl=60)
        with suppress(CacheUnavailableError):
            cache.exists("order")
        return "paid"

    result = sweep(boasting, paid_is_stored, kinds=["error before"], order=2, **SILENT)
    pairs = [cell.name for cell in result.cells if "+" in cell.name]
    assert {name.partition("+")[0] for name in pairs} == {"2:error before"}


def test_a_lease_is_over_before_a_second_run_that_is_struck() -> None:
    """A lock of the first worker does not stand in its way."""

    def scenario(cache: Any) -> None:
        with cache.get_lock("l", timeout=3600, blocking_timeout=0):
            cache.exists("k")

    assert sweep(scenario, kinds=["crash"], order=2, **SILENT).failures == []


def test_a_first_run_that_makes_fewer_operations_diverges() -> None:
    """A second run is only the second if the first was the same."""
    runs: list[None] = []

    def scenario(cache: Any) -> None:
        runs.append(None)
        for _ in range(1 if len(runs) == 5 else 2):
            with suppress(CacheUnavailableError):
                cache.exists("k")

    result = sweep(scenario, only="1:error after+3:error after", **SILENT)
    assert [cell.verdict for cell in result.cells] == ["diverged"]
