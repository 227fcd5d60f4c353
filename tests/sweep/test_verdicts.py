"""Each check of a cell in the failing direction, and what it passes."""

from typing import Any

import pytest

from cache_provider import CacheTimeoutError, CacheUnavailableError
from cache_provider.testing.sweep import sweep
from cache_provider.testing.sweep.sandbox import Check, Scenario
from tests.sweep.silence import SILENT


def found(scenario: Scenario, check: Check | None = None, **options: Any) -> set[tuple[str, str]]:
    """Return each failing cell and its verdict."""
    result = sweep(scenario, check, **options, **SILENT)
    return {(cell.name, cell.verdict) for cell in result.failures}


def fresh(scenario: Any) -> Any:
    """Return the scenario with a state of its own outside of the cache: how often it ran."""
    runs: list[None] = []

    def run(cache: Any) -> object:
        runs.append(None)
        return scenario(cache, len(runs))

    return run


# Diverged, never fired, runaway


def test_other_operations_than_before_are_found() -> None:
    """State outside of the cache makes another scenario of it."""

    def scenario(cache: Any, run: int) -> None:
        cache.exists(f"k{run}")

    assert found(fresh(scenario), only="1:crash") == {("1:crash", "diverged")}


def test_a_fault_that_never_fired_is_found() -> None:
    """A run that never comes to its operation tests nothing."""

    def scenario(cache: Any, run: int) -> None:
        for _ in range(2 if run <= 2 else 1):
            cache.exists("k")

    assert found(fresh(scenario), only="2:crash") == {("2:crash", "never fired")}


def impatient(cache: Any) -> None:
    while True:
        try:
            cache.exists("k")
        except CacheUnavailableError:
            continue
        return


def hopeless(cache: Any) -> None:
    is_broken = False
    while True:
        try:
            cache.exists("k")
        except CacheUnavailableError:
            is_broken = True
        if not is_broken:
            return


def test_a_run_without_end_is_found() -> None:
    """One that goes on for a thousand operations does not end."""
    assert found(hopeless, kinds=["error before"]) == {("1:error before", "runaway")}


def test_a_run_that_tries_again_ends() -> None:
    """Patience is no fault."""
    assert found(impatient, kinds=["error before"]) == set()


# Raised


def asking(cache: Any) -> None:
    cache.exists("k")


def test_what_the_scenario_may_not_raise_is_found() -> None:
    """By default it may raise nothing."""
    assert found(asking, kinds=["timeout before"]) == {("1:timeout before", "raised")}


@pytest.mark.parametrize("allow", [CacheUnavailableError, (ValueError, CacheTimeoutError)])
def test_what_the_scenario_may_raise_is_passed(allow: Any) -> None:
    """One class, or several."""
    assert found(asking, kinds=["timeout before"], allow=allow) == set()


def test_another_error_than_the_allowed_is_found() -> None:
    """A timeout is unavailable, but not the other way round."""
    assert found(asking, kinds=["error before"], allow=CacheTimeoutError) == {("1:error before", "raised")}


def test_what_a_worker_says_after_its_death_is_not_heard() -> None:
    """Its handlers may catch what they like."""

    def scenario(cache: Any) -> str:
        try:
            cache.exists("k")
        except BaseException:  # noqa: BLE001 - the application that is swept does what it should not
            raise ValueError from None
        return "done"

    assert found(scenario, kinds=["crash"]) == set()


def test_an_interruption_interrupts() -> None:
    """Ctrl-C is no verdict."""

    def scenario(cache: Any) -> None:
        cache.exists("k")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(scenario)


# Check


def writing(cache: Any) -> str:
    cache.set("a", 1, ttl=60)
    cache.set("b", 1, ttl=60)
    return "both"


def both_or_none(cache: Any) -> None:
    assert cache.exists("a") == cache.exists("b")


def writing_at_once(cache: Any) -> str:
    cache.mset({"a": 1, "b": 1}, ttl=60)
    return "both"


def test_a_broken_invariant_is_found() -> None:
    """A worker that dies between two writes leaves one of them."""
    assert found(writing, both_or_none, kinds=["crash"]) == {("1:crash", "check")}


def test_a_kept_invariant_is_passed() -> None:
    """One write has no middle."""
    assert found(writing_at_once, both_or_none, kinds=["crash"]) == set()


def test_a_check_may_answer_instead_of_raising() -> None:
    """False is no."""
    found_cells = found(writing, lambda cache: cache.exists("a") == cache.exists("b"), kinds=["crash"])
    assert found_cells == {("1:crash", "check")}


def test_a_check_that_breaks_has_not_passed() -> None:
    """Whatever it raises."""

    def check(cache: Any) -> int:
        return int(len(cache.mget(["a", "b"])) / (cache.exists("a") == cache.exists("b")))

    assert found(writing, check, kinds=["crash"]) == {("1:crash", "check")}


def test_a_check_may_fail_as_a_test_does() -> None:
    """`pytest.fail` raises no `Exception`."""

    def check(cache: Any) -> None:
        if cache.exists("a") != cache.exists("b"):
            pytest.fail("only one of them")

    assert found(writing, check, kinds=["crash"]) == {("1:crash", "check")}


def test_a_check_is_given_what_the_scenario_returned() -> None:
    """And None where it raised."""
    answers: list[object] = []
    sweep(
        writing,
        lambda _, answer: answers.append(answer),
        only="2:error before",
        allow=CacheUnavailableError,
        **SILENT,
    )
    assert answers == ["both", "both", None, "both"]


# Leaks


def holding_on(cache: Any) -> None:
    lock = cache.get_lock("l")
    lock.acquire()
    cache.exists("k")
    lock.release()


def letting_go(cache: Any) -> None:
    with cache.get_lock("l"):
        cache.exists("k")


def test_a_lock_that_is_left_behind_is_found() -> None:
    """The release is passed over when something raises before it."""
    assert found(holding_on, kinds=["error before"], allow=CacheUnavailableError) == {
        ("2:error before", "leak")
    }


def test_a_lock_whose_release_failed_is_no_ones_fault() -> None:
    """Nor is one whose worker died."""
    assert found(letting_go, kinds=["error before", "crash"], allow=CacheUnavailableError) == set()


def test_a_lock_is_excused_only_if_its_release_failed() -> None:
    """A question that failed is no reason to keep it."""

    def scenario(cache: Any) -> None:
        lock = cache.get_lock("l")
        lock.acquire()
        lock.owned()
        lock.release()

    options: Any = {"kinds": ["error before"], "allow": CacheUnavailableError}
    assert found(scenario, **options) == {("2:error before", "leak")}


def test_an_allowed_lock_may_be_left_behind() -> None:
    """Some are left to their lease."""
    options: Any = {"allow": CacheUnavailableError, "allow_locks": ["l"]}
    assert found(holding_on, kinds=["error before"], **options) == set()


def counting(cache: Any) -> None:
    cache.incr("n")
    cache.expire("n", 60)


def counting_at_once(cache: Any) -> None:
    cache.incr("n", ttl=60)


def test_a_key_that_will_never_expire_is_found() -> None:
    """A worker dies between the count and its ttl."""
    assert found(counting, kinds=["crash"]) == {("1:crash", "leak")}


def test_a_key_that_expires_is_passed() -> None:
    """In one step there is no between."""
    assert found(counting_at_once, kinds=["crash"]) == set()


def test_an_allowed_key_may_stay() -> None:
    """Accounts, for example."""
    assert found(counting, kinds=["crash"], allow_keys=["n"]) == set()


# Recovery


def once(cache: Any) -> None:
    if not cache.setnx("started", 1, ttl=3600):
        raise RuntimeError(cache.get("started"))
    cache.delete("started")


def test_a_second_run_that_raises_is_found() -> None:
    """It finds what the first left."""
    assert found(once, kinds=["crash"]) == {("1:crash", "recovery")}


def test_a_second_run_may_come_later() -> None:
    """When what the first left has expired."""
    assert found(once, kinds=["crash"], settle=3600) == set()


def test_a_lease_is_over_before_the_second_run() -> None:
    """No one has to say how long locks are held."""

    def scenario(cache: Any) -> None:
        with cache.get_lock("l", timeout=3600, blocking_timeout=0):
            cache.exists("k")

    assert found(scenario, kinds=["crash"]) == set()


def test_a_wait_for_a_lock_takes_no_time() -> None:
    """The clock moves to its end."""

    def holding(cache: Any) -> None:
        cache.get_lock("l", timeout=3600).acquire()

    assert found(letting_go, kinds=["crash"], prepare=holding) == set()


def test_a_recovery_that_does_not_put_things_right_is_found() -> None:
    """`recovered` asks for more than `check` may."""

    def forgetful(cache: Any) -> None:
        if cache.setnx("started", 1, ttl=3600):
            cache.set("result", 1, ttl=3600)

    def has_result(cache: Any) -> bool:
        return bool(cache.exists("result"))

    assert found(forgetful, kinds=["crash"], recovered=has_result) == {("1:crash", "recovery")}


def test_a_recovery_of_ones_own_is_run() -> None:
    """A service may come back in another way than it went."""

    def recovery(cache: Any) -> None:
        cache.delete("started")

    assert found(once, kinds=["crash"], recovery=recovery) == set()


def test_a_recovery_that_leaks_is_found() -> None:
    """It cleans up in a hurry."""

    def recovery(cache: Any) -> None:
        if cache.exists("started"):
            cache.set("cleaned", 1)

    def scenario(cache: Any) -> None:
        cache.set("started", 1, ttl=3600)
        cache.delete("started")

    assert found(scenario, kinds=["crash"], recovery=recovery) == {("1:crash", "recovery")}


def test_an_invariant_must_hold_after_the_recovery_too() -> None:
    """What is done twice is found here."""

    def scenario(cache: Any) -> None:
        if not cache.exists("done"):
            cache.push_limit("log", "x", 10, ttl=60)
            cache.set("done", 1, ttl=60)

    def logged_once(cache: Any) -> None:
        assert len(cache.list_range("log", 0, -1)) <= 1

    assert found(scenario, logged_once, kinds=["crash"]) == {("2:crash", "recovery")}
