"""A fault may strike at any step, as one more choice."""

from contextlib import suppress
from typing import Any

import pytest

from cache_provider import CacheTimeoutError, CacheUnavailableError, LockNotOwnedError
from cache_provider.testing.faults import AimedError
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.mishaps import ErrorSource
from cache_provider.testing.seam import Operation


def transfer(r: Race) -> None:
    """Take from one key and give to the other; nothing may get lost."""
    r.cache.set("left", 1)
    r.cache.set("right", 0)

    def work() -> None:
        try:
            r.cache.decr("left")
            r.cache.incr("right")
        except CacheUnavailableError:
            pass

    r.spawn(work)
    r.join()
    assert r.cache.get("left") + r.cache.get("right") == 1


def report(*faults: ErrorSource) -> str:
    failure = explore(transfer, faults=faults).failure
    return str(failure)


def test_a_fault_between_two_operations_is_found() -> None:
    """The second fails before its effect."""
    assert "fails before its effect: CacheUnavailableError" in report(CacheUnavailableError)


def test_an_exception_that_was_made_already_may_be_given() -> None:
    """It is raised as it is."""
    assert "CacheUnavailableError" in report(CacheUnavailableError("gone"))


def test_a_function_says_which_operations_fail() -> None:
    """None where it has no error for one."""

    def fault(operation: Operation) -> CacheUnavailableError | None:
        return CacheUnavailableError("gone") if operation.name == "incr" else None

    assert "incr right ! CacheUnavailableError" in report(fault)


def test_a_reply_may_be_lost_after_the_effect() -> None:
    """The operation failed for its caller, and yet was done."""

    def scenario(r: Race) -> None:
        def retry() -> None:
            try:
                r.cache.incr("n")
            except CacheUnavailableError:
                r.cache.incr("n")

        r.spawn(retry)
        r.join()
        assert r.cache.get("n") == 1

    failure = explore(scenario, faults=[CacheUnavailableError]).failure
    assert "fails after its effect" in str(failure)


def test_a_fault_strikes_at_most_once_in_a_schedule() -> None:
    """A second attempt gets through."""

    def scenario(r: Race) -> None:
        def retry() -> None:
            try:
                r.cache.set("x", 1)
            except CacheUnavailableError:
                r.cache.set("x", 1)

        r.spawn(retry)

    def fault(operation: Operation) -> CacheUnavailableError | None:
        return CacheUnavailableError("gone") if operation.name == "set" else None

    assert explore(scenario, faults=[fault], preemptions=None).exhausted


def test_without_faults_nothing_fails() -> None:
    """They are off by default."""
    assert explore(transfer).exhausted


def held_section(r: Race) -> None:
    """Two tasks rely on a lock that lasts longer than they do."""
    sold: list[int] = []
    r.cache.set("stock", 1)

    def sell() -> None:
        lock = r.cache.get_lock("jobs")
        lock.acquire()
        if r.cache.get("stock"):
            r.cache.set("stock", 0)
            sold.append(1)
        with suppress(LockNotOwnedError):
            lock.release()

    r.spawn(sell)
    r.spawn(sell)
    r.join()
    assert len(sold) == 1


def test_a_lost_lease_is_found_on_a_clock_that_stands_still() -> None:
    """The critical section is entered twice."""
    failure = explore(held_section, lost_leases=True).failure
    assert "has lost its locks by now" in str(failure)


def test_without_lost_leases_a_lock_protects() -> None:
    """They are off by default."""
    assert explore(held_section, preemptions=None).exhausted


def test_an_error_of_the_kit_strikes_where_it_is_aimed() -> None:
    """At the second write, and said so in the table."""
    aimed = AimedError("incr", key="ri*", error=CacheTimeoutError)
    assert "fails before its effect: CacheTimeoutError at incr ri*" in report(aimed)


def test_an_error_of_the_kit_strikes_nowhere_else() -> None:
    """No operation on another key meets it."""
    assert explore(transfer, faults=[AimedError("incr", key="other")], preemptions=None).exhausted


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("sett",), {}, "sett"),
        (("set", 5), {}, "key must be"),
        (("set",), {"error": KeyError}, "error must be one that an adapter raises"),
    ],
)
def test_an_error_that_cannot_strike_is_refused(
    arguments: tuple[Any, ...], options: dict[str, Any], message: str
) -> None:
    """When it is aimed, by the argument that is wrong."""
    with pytest.raises((TypeError, ValueError), match=message):
        AimedError(*arguments, **options)


def test_a_fault_sees_the_lease_of_a_lock() -> None:
    """As it does at the kit's own caches."""
    leases: set[object] = set()

    def look(operation: Operation) -> None:
        leases.add(operation.lease)

    def scenario(r: Race) -> None:
        r.spawn(r.cache.get_lock("jobs", timeout=7).acquire)

    explore(scenario, faults=[look])
    assert leases == {7}
