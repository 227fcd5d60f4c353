"""Compute on a miss: once, for everybody who waits for it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from functools import partial
from typing import Any, NoReturn, Protocol

import pytest

from cache_provider import CacheUnavailableError, EncodeError
from tests.contract.background import FOR_LONG, PATIENCE, Computation, pass_time_until_done, start
from tests.contract.harness import CLIENTS_CLOCK, Cache, Harness


class Lead(Protocol):
    """Starts a computation of `"key"`, and returns when its factory has been called."""

    def __call__(self, cache: Cache, factory: Computation, *, lock_timeout: int = 10) -> "Future[Any]": ...


@pytest.fixture(name="lead")
def make_lead() -> Iterator[Lead]:
    """Return what starts computations; at the end of the test all of them are over."""
    started: list[tuple[Computation, Future[Any]]] = []

    def lead(cache: Cache, factory: Computation, *, lock_timeout: int = 10) -> "Future[Any]":
        outcome = start(partial(cache.get_or_set, "key", factory, lock_timeout=lock_timeout))
        started.append((factory, outcome))
        factory.wait_until_begun()
        return outcome

    yield lead
    for factory, outcome in started:
        factory.end()
        outcome.exception(PATIENCE)


def computed() -> str:
    return "computed"


def never() -> NoReturn:
    pytest.fail("the factory was called")


# Hits and misses


def test_a_miss_is_computed(cache: Cache) -> None:
    """The factory's value is returned."""
    assert cache.get_or_set("key", computed) == "computed"


def test_what_was_computed_is_stored(cache: Cache) -> None:
    """The next read is a hit."""
    cache.get_or_set("key", computed)
    assert cache.get("key") == "computed"


def test_what_was_computed_leaves_no_other_key(cache: Cache) -> None:
    """Whatever the computation needed on the store is gone after it."""
    cache.get_or_set("key", computed)
    assert cache.keys() == ["key"]


@pytest.mark.parametrize("value", ["stored", 0, False, "", [], {}, 0.0], ids=repr)
def test_a_hit_is_not_computed(cache: Cache, value: object) -> None:
    """A value that is there is returned, however empty, and no factory is called."""
    cache.set("key", value)
    assert cache.get_or_set("key", never) == value


def test_a_computed_value_gets_the_ttl(cache: Cache) -> None:
    """The ttl is for the value that is stored."""
    cache.get_or_set("key", computed, 60)
    assert cache.ttl("key") == 60


def test_a_computed_value_without_ttl_is_persistent(cache: Cache) -> None:
    """Without a ttl the value stays."""
    cache.get_or_set("key", computed)
    assert cache.ttl("key") is None


def test_a_value_is_computed_again_when_it_expired(cache: Cache, harness: Harness) -> None:
    """An expired value is a miss."""
    cache.get_or_set("key", lambda: "old", 60)
    harness.pass_time(60)
    assert cache.get_or_set("key", computed, 60) == "computed"


# What is returned is what would be read


def test_a_computed_value_is_returned_as_it_is_read(cache: Cache) -> None:
    """A tuple comes back as the list that `get` returns, from the first call on."""
    assert cache.get_or_set("key", lambda: (1, {"pair": (2, 3)})) == [1, {"pair": [2, 3]}]


def test_a_returned_value_is_the_callers_own(cache: Cache) -> None:
    """Changing what a miss returned never changes what is stored."""
    cache.get_or_set("key", lambda: {"tags": ["a"]})["tags"].append("b")
    assert cache.get("key") == {"tags": ["a"]}


def test_each_waiter_gets_a_copy_of_its_own(cache: Cache, other: Cache) -> None:
    """Changing what one caller got never changes what another one got."""
    factory = Computation({"tags": ["a"]})
    outcomes = [start(partial(side.get_or_set, "key", factory)) for side in (cache, cache, cache, other)]
    factory.wait_until_begun()
    factory.end()
    values: list[Any] = [outcome.result(PATIENCE) for outcome in outcomes]
    values[0]["tags"].append("b")
    assert values[1:] == [{"tags": ["a"]}] * 3


def test_a_value_that_cannot_be_stored_is_refused(cache: Cache) -> None:
    """What the codec cannot carry is an `EncodeError`, as for every write."""
    with pytest.raises(EncodeError, match="'key'"):
        cache.get_or_set("key", lambda: {1, 2})


# None


def test_a_computed_none_is_stored(cache: Cache) -> None:
    """None is a value, and `exists` says so."""
    cache.get_or_set("key", lambda: None)
    assert cache.mget(["key"]) == {"key": None}


def test_a_stored_none_counts_as_a_miss(cache: Cache) -> None:
    """None is computed anew each time."""
    answers = iter([None, "computed"])
    cache.get_or_set("key", lambda: next(answers))
    assert cache.get_or_set("key", lambda: next(answers)) == "computed"


def test_a_value_replaces_a_stored_none(cache: Cache) -> None:
    """What is computed after a None is stored in its place, with its ttl."""
    cache.set("key", None)
    cache.get_or_set("key", computed, 60)
    assert (cache.get("key"), cache.ttl("key")) == ("computed", 60)


# Somebody else was faster


def test_a_value_that_was_stored_meanwhile_is_not_overwritten(cache: Cache, other: Cache) -> None:
    """What somebody else stored while the factory ran stays."""
    cache.get_or_set("key", lambda: other.set("key", "theirs") and "mine")
    assert cache.get("key") == "theirs"


def test_a_value_that_was_stored_meanwhile_is_returned(cache: Cache, other: Cache) -> None:
    """The caller gets what the next read would give."""
    assert cache.get_or_set("key", lambda: other.set("key", "theirs") and "mine") == "theirs"


def test_a_none_that_was_stored_meanwhile_is_overwritten(cache: Cache, other: Cache) -> None:
    """A None counts as a miss, then too."""
    cache.get_or_set("key", lambda: other.set("key", None) and "mine")
    assert cache.get("key") == "mine"


# The factory fails


class BoomError(Exception):
    """What a factory raises."""


def test_a_factorys_exception_comes_out(cache: Cache) -> None:
    """The caller gets the very exception."""
    boom = BoomError()
    factory = Computation(boom)
    factory.end()
    with pytest.raises(BoomError) as caught:
        cache.get_or_set("key", factory)
    assert caught.value is boom


@pytest.mark.parametrize("boom", [BoomError(), KeyboardInterrupt(), CacheUnavailableError()], ids=repr)
def test_a_factory_that_fails_leaves_nothing(cache: Cache, boom: BaseException) -> None:
    """Neither a value nor a lock is left, whatever the factory raised."""
    factory = Computation(boom)
    factory.end()
    with pytest.raises(type(boom)):
        cache.get_or_set("key", factory)
    assert cache.keys() == []


@pytest.mark.parametrize("boom", [BoomError(), KeyboardInterrupt(), CacheUnavailableError()], ids=repr)
def test_a_factory_that_fails_is_called_once(cache: Cache, boom: BaseException) -> None:
    """A failure of the factory is no failure of the store, even if it looks like one."""
    factory = Computation(boom)
    factory.end()
    with pytest.raises(type(boom)):
        cache.get_or_set("key", factory)
    assert factory.calls == 1


def test_the_next_caller_computes_after_a_failure(cache: Cache) -> None:
    """A failure is not remembered."""
    factory = Computation(BoomError())
    factory.end()
    with pytest.raises(BoomError):
        cache.get_or_set("key", factory)
    assert cache.get_or_set("key", computed) == "computed"


def test_a_factorys_exception_reaches_those_who_wait(cache: Cache, lead: Lead) -> None:
    """A caller that waits for the computation gets its exception and computes nothing."""
    boom = BoomError()
    for attempt in range(100):
        factory = Computation(boom)
        leading = lead(cache, factory)
        waiting = start(partial(cache.get_or_set, "key", computed))
        # A caller that comes too late for this computation computes: then try again.
        wait([waiting], timeout=attempt / 1000)
        factory.end()
        error = waiting.exception(PATIENCE)
        leading.exception(PATIENCE)
        if error is not None:
            break
        cache.delete("key")
    else:
        pytest.fail("no caller ever waited")
    assert error is boom


# Callers that miss together


def test_one_of_many_computes(cache: Cache, other: Cache) -> None:
    """Of the callers that miss together, through whatever provider, one calls its factory."""
    factory = Computation()
    outcomes = [start(partial(side.get_or_set, "key", factory)) for side in [cache, other] * 4]
    factory.wait_until_begun()
    factory.end()
    wait(outcomes, timeout=PATIENCE)
    assert factory.calls == 1


@pytest.mark.parametrize("provider", ["cache", "other"])
def test_the_others_get_its_value(
    cache: Cache, lead: Lead, provider: str, request: pytest.FixtureRequest
) -> None:
    """Who comes while the value is computed waits for it, through the same provider or another."""
    side: Cache = request.getfixturevalue(provider)
    factory = Computation()
    leading = lead(cache, factory)
    waiting = start(partial(side.get_or_set, "key", never))
    factory.end()
    assert (leading.result(PATIENCE), waiting.result(PATIENCE)) == ("slow", "slow")


STRANGERS: dict[str, Callable[[Cache, Cache], object]] = {
    "another key": lambda cache, _stranger: cache.get_or_set("another key", computed),
    "another prefix": lambda _cache, stranger: stranger.get_or_set("key", computed),
}


@pytest.mark.parametrize("call", STRANGERS.values(), ids=STRANGERS.keys())
def test_nobody_waits_for(
    cache: Cache, stranger: Cache, lead: Lead, call: Callable[[Cache, Cache], object]
) -> None:
    """A computation holds up its own full key only."""
    lead(cache, Computation())
    assert start(lambda: call(cache, stranger)).result(PATIENCE) == "computed"


# A winner that does not come back


sides = pytest.mark.parametrize("provider", ["cache", "other"])


@pytest.mark.parametrize(
    "provider",
    # Through one provider the winner's lease is judged without asking the server.
    [pytest.param("cache", marks=pytest.mark.double_only(reason=CLIENTS_CLOCK)), "other"],
)
def test_a_crashed_winner_is_replaced_when_its_lease_ends(
    cache: Cache, harness: Harness, lead: Lead, provider: str, request: pytest.FixtureRequest
) -> None:
    """A caller that waits computes once the winner's lock is over, long before its own patience is."""
    side: Cache = request.getfixturevalue(provider)
    lead(cache, Computation(), lock_timeout=10)
    waiting = start(partial(side.get_or_set, "key", computed, wait_timeout=FOR_LONG))
    harness.pass_time(10)
    assert waiting.result(PATIENCE) == "computed"


@sides
def test_who_must_not_wait_computes_at_once(
    cache: Cache, lead: Lead, provider: str, request: pytest.FixtureRequest
) -> None:
    """With a `wait_timeout` of 0 a caller waits for nobody."""
    side: Cache = request.getfixturevalue(provider)
    lead(cache, Computation(), lock_timeout=FOR_LONG)
    waiting = start(partial(side.get_or_set, "key", computed, wait_timeout=0))
    assert waiting.result(PATIENCE) == "computed"


@sides
def test_who_has_waited_long_enough_computes(
    cache: Cache, lead: Lead, provider: str, request: pytest.FixtureRequest
) -> None:
    """Past its `wait_timeout`, in real time, a caller computes for itself."""
    side: Cache = request.getfixturevalue(provider)
    lead(cache, Computation(), lock_timeout=FOR_LONG)
    waiting = start(partial(side.get_or_set, "key", computed, wait_timeout=0.02))
    assert waiting.result(PATIENCE) == "computed"


@pytest.mark.double_only(reason=CLIENTS_CLOCK)
@sides
def test_who_has_waited_long_enough_on_the_stores_clock_computes(
    cache: Cache, harness: Harness, lead: Lead, provider: str, request: pytest.FixtureRequest
) -> None:
    """Past its `wait_timeout`, in the store's time, a caller computes for itself."""
    side: Cache = request.getfixturevalue(provider)
    lead(cache, Computation(), lock_timeout=FOR_LONG)
    waiting = start(partial(side.get_or_set, "key", computed, wait_timeout=3_600))
    assert pass_time_until_done(harness, 3_600, waiting) == "computed"


def test_a_winner_that_comes_back_late_overwrites_nothing(
    cache: Cache, other: Cache, harness: Harness, lead: Lead
) -> None:
    """A computation that outlived its lease returns what its replacement stored."""
    factory = Computation("late")
    leading = lead(cache, factory, lock_timeout=10)
    harness.pass_time(10)
    other.get_or_set("key", computed)
    factory.end()
    assert (leading.result(PATIENCE), cache.get("key")) == ("computed", "computed")
