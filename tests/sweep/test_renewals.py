"""Renewals are operations of a sweep: each may fail, lose its reply, or not happen in time."""

from typing import Any

from cache_provider.testing.sweep import sweep
from tests.sweep.silence import SILENT


def renewing(cache: Any) -> str:
    """Hold a lock over three renewals."""
    lock = cache.get_lock("l", timeout=9, renew=True)
    lock.acquire()
    cache.clock.advance(4)
    cache.clock.advance(6)
    if lock.lost:
        return "lost"
    lock.release()
    return "done"


def verdicts_of(kinds: list[str]) -> dict[str, str]:
    """Return what becomes of the run where a renewal is struck."""
    result = sweep(renewing, lambda _, answer: answer == "done", kinds=kinds, **SILENT)
    return {
        cell.name: cell.verdict
        for cell in result.cells
        if result.operations[cell.plan[0].at].name == "lock.extend"
    }


def test_a_renewal_in_an_outage_is_made_again() -> None:
    """Also if only its reply was lost: nothing is lost by one of them."""
    assert set(verdicts_of(["error before", "error after", "timeout before", "timeout after"]).values()) == {
        "ok"
    }


def test_a_holder_that_was_paused_has_lost_its_lock() -> None:
    """Before any of its renewals."""
    assert set(verdicts_of(["paused"]).values()) == {"check"}
