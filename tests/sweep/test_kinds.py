"""Each kind of fault finds a weakness that it alone brings out, and passes what is right."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from cache_provider import CacheTimeoutError, CacheUnavailableError, LockError
from cache_provider.testing.sweep import KINDS, Cell, sweep
from cache_provider.testing.sweep.sandbox import Check, Scenario
from tests.sweep.silence import SILENT


@dataclass(frozen=True)
class Case:
    """A weak scenario, its corrected version, and what both are asked.

    Attributes:
        weak: Fails under faults of the kind.
        right: Passes under them.
        failing: The cells in which the weak one fails, each with its verdict.
        check: As in `sweep`.
        options: Of `sweep`.
    """

    weak: Scenario
    right: Scenario
    failing: dict[str, str]
    check: Check | None
    options: dict[str, Any]


# An error before the effect, swallowed.


def swallowing(cache: Any) -> str:
    with suppress(CacheUnavailableError):
        cache.set("order", "paid", ttl=60)
    return "paid"


def reporting(cache: Any) -> str:
    try:
        cache.set("order", "paid", ttl=60)
    except CacheUnavailableError:
        return "unknown"
    return "paid"


def paid_is_stored(cache: Any, answer: str) -> None:
    assert answer != "paid" or cache.get("order") == "paid"


# An error after the effect, repeated blindly.


def repeating(cache: Any) -> None:
    if "o7" in cache.list_range("orders", 0, -1):
        return
    try:
        cache.push_limit("orders", "o7", 10, ttl=60)
    except CacheUnavailableError:
        cache.push_limit("orders", "o7", 10, ttl=60)


def looking_again(cache: Any) -> None:
    for _ in range(2):
        try:
            if "o7" not in cache.list_range("orders", 0, -1):
                cache.push_limit("orders", "o7", 10, ttl=60)
        except CacheUnavailableError:
            continue
        return


def listed_once(cache: Any) -> None:
    assert cache.list_range("orders", 0, -1).count("o7") <= 1


# A timeout before the effect, taken for slowness.


def optimistic(cache: Any) -> str:
    try:
        cache.set("order", "paid", ttl=60)
    except CacheTimeoutError:
        return "paid"
    return "paid"


def careful(cache: Any) -> str:
    try:
        cache.set("order", "paid", ttl=60)
    except CacheTimeoutError:
        return "paid" if cache.get("order") == "paid" else "unpaid"
    return "paid"


# A timeout after the effect, taken for a failure.


def pessimistic(cache: Any) -> str:
    try:
        cache.set("order", "paid", ttl=60)
    except CacheTimeoutError:
        return "unpaid"
    return "paid"


def unpaid_is_not_stored(cache: Any, answer: str) -> None:
    assert answer != "unpaid" or cache.get("order") is None


# A key that expires between two looks at it.


def session(cache: Any) -> None:
    cache.set("session", {"user": "ada"}, ttl=60)


def looking_twice(cache: Any) -> str:
    return str(cache.get("session")["user"]) if cache.exists("session") else "nobody"


def looking_once(cache: Any) -> str:
    found = cache.get("session")
    return str(found["user"]) if found else "nobody"


# A lease that is over before the end of its section.


def never_losing(cache: Any) -> str:
    with cache.get_lock("l"):
        cache.set("k", 1, ttl=60)
    return "done"


def noticing(cache: Any) -> str:
    try:
        with cache.get_lock("l"):
            cache.set("k", 1, ttl=60)
    except LockError:
        return "unknown"
    return "done"


# A renewed lease that runs out all the same, while the process is paused.


def believing(cache: Any) -> str:
    with cache.get_lock("l", renew=True):
        cache.set("k", 1, ttl=60)
    return "done"


def noticing_in_time(cache: Any) -> str:
    lock = cache.get_lock("l", renew=True, raise_on_release_error=False)
    with lock:
        cache.set("k", 1, ttl=60)
    return "unknown" if lock.lost else "done"


# A worker that dies and leaves its claim.


def claiming_for_ever(cache: Any) -> str:
    if not cache.setnx("claim", "mine"):
        return "taken"
    cache.set("result", 42, ttl=3600)
    cache.delete("claim")
    return "done"


def claiming_for_a_while(cache: Any) -> str:
    if not cache.setnx("claim", "mine", ttl=30):
        return "taken"
    cache.set("result", 42, ttl=3600)
    cache.delete("claim")
    return "done"


def is_done(_: Any, answer: str) -> bool:
    return answer == "done"


CASES: dict[str, Case] = {
    "error before": Case(swallowing, reporting, {"1:error before": "check"}, paid_is_stored, {}),
    "error after": Case(
        repeating,
        looking_again,
        {"2:error after": "check"},
        listed_once,
        {"allow": CacheUnavailableError},
    ),
    "timeout before": Case(optimistic, careful, {"1:timeout before": "check"}, paid_is_stored, {}),
    "timeout after": Case(pessimistic, careful, {"1:timeout after": "check"}, unpaid_is_not_stored, {}),
    "expired": Case(looking_twice, looking_once, {"2:expired": "raised"}, None, {"prepare": session}),
    "lease lost": Case(
        never_losing, noticing, {"2:lease lost": "raised", "3:lease lost": "raised"}, None, {}
    ),
    "paused": Case(believing, noticing_in_time, {"2:paused": "raised", "3:paused": "raised"}, None, {}),
    "crash": Case(
        claiming_for_ever,
        claiming_for_a_while,
        {"1:crash": "recovery", "2:crash": "recovery"},
        None,
        {"recovered": is_done, "settle": 30, "allow_keys": ["claim"]},
    ),
}


def verdicts(cells: list[Cell]) -> dict[str, str]:
    return {cell.name: cell.verdict for cell in cells}


def test_every_kind_has_a_case() -> None:
    """None is taken on trust."""
    assert set(CASES) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_finds_its_weakness(kind: str) -> None:
    """In the cells where it is, and in no other."""
    case = CASES[kind]
    result = sweep(case.weak, case.check, kinds=[kind], **case.options, **SILENT)
    assert verdicts(result.failures) == case.failing


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_passes_what_is_right(kind: str) -> None:
    """The corrected version holds out in every cell."""
    case = CASES[kind]
    result = sweep(case.right, case.check, kinds=[kind], **case.options, **SILENT)
    assert verdicts(result.failures) == {}


def three_operations(cache: Any) -> None:
    with cache.get_lock("l", renew=True):
        cache.get("session")


APPLIES: dict[str, list[int]] = {
    "error before": [1, 2, 3],
    "error after": [1, 2, 3],
    "timeout before": [1, 2, 3],
    "timeout after": [1, 2, 3],
    "expired": [2],
    "lease lost": [2, 3],
    "paused": [2, 3],
    "crash": [1, 2, 3],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_strikes_where_it_can(kind: str) -> None:
    """What has no ttl does not expire, and what is not held is not lost."""
    result = sweep(
        three_operations,
        kinds=[kind],
        prepare=session,
        allow=(CacheUnavailableError, LockError),
        **SILENT,
    )
    assert [cell.name for cell in result.cells] == [f"{number}:{kind}" for number in APPLIES[kind]]


# `keep_ttl`: a key that is gone has no deadline to keep.


def renewing(cache: Any) -> None:
    found = cache.get("session")
    if found is not None:
        cache.set("session", {**found, "seen": 1}, keep_ttl=True)


def renewing_what_was_read(cache: Any) -> None:
    found = cache.get("session")
    if found is not None:
        cache.compare_and_set("session", found, {**found, "seen": 1}, keep_ttl=True)


def ends_as_before(cache: Any) -> None:
    assert cache.pttl("session") in (-2, 60_000)


def test_a_write_that_keeps_the_deadline_of_an_expired_key_is_found_out() -> None:
    """It makes a session that never ends."""
    result = sweep(renewing, ends_as_before, kinds=["expired"], prepare=session, **SILENT)
    assert verdicts(result.failures) == {"2:expired": "check"}


def test_a_swap_that_keeps_the_deadline_passes_the_sweep() -> None:
    """Under every kind: what is not there is not replaced, and the deadline stays what it was."""
    allowed = (CacheUnavailableError,)
    result = sweep(renewing_what_was_read, ends_as_before, allow=allowed, prepare=session, **SILENT)
    assert not result.failures


def test_what_failed_by_itself_has_no_reply_to_lose() -> None:
    """The application's own error comes first."""

    def scenario(cache: Any) -> None:
        try:
            cache.incr("session")
        except ValueError:
            return

    with pytest.raises(AssertionError, match="nothing to sweep"):
        sweep(scenario, kinds=["error after"], prepare=session, **SILENT)


def test_a_worker_that_died_reaches_the_cache_no_more() -> None:
    """Its clean-up does not take place."""
    seen: list[bool] = []

    def scenario(cache: Any) -> None:
        try:
            cache.set("k", 1, ttl=60)
        finally:
            cache.delete("k")

    sweep(scenario, lambda cache: seen.append(cache.exists("k")), only="1:crash", **SILENT)
    # After the clean run and its recovery; after the crash, and after its recovery.
    assert seen == [False, False, True, False]
