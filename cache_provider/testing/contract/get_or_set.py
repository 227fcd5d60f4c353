"""Compute on a miss: once, for everybody who waits for it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from functools import partial
from typing import Any, NoReturn, Protocol

import pytest

from cache_provider.errors import CacheUnavailableError, EncodeError
from cache_provider.testing.contract.background import (
    FOR_LONG,
    PATIENCE,
    HeldFactory,
    pass_time_until_done,
    start,
)
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Cache, Harness


class Lead(Protocol):
    """Starts a computation of `"key"`, and returns when its factory has been called."""

    def __call__(self, cache: Cache, factory: HeldFactory, *, lock_timeout: int = 10) -> "Future[Any]":
        """Return the outcome to come."""
        ...


def computed() -> str:
    """Return what a factory returns."""
    return "computed"


def never() -> NoReturn:
    """Fail: a factory that is not to be called."""
    pytest.fail("the factory was called")


class BoomError(Exception):
    """What a factory raises."""


STRANGERS: dict[str, Callable[[Cache, Cache], object]] = {
    "another key": lambda cache, _stranger: cache.get_or_set("another key", computed),
    "another prefix": lambda _cache, stranger: stranger.get_or_set("key", computed),
}


sides = pytest.mark.parametrize("through", ["provider", "other"])


class GetOrSetContract(Contract):
    """Compute on a miss: once, for everybody who waits for it."""

    @pytest.fixture(name="lead")
    def make_lead(self) -> Iterator[Lead]:
        """Return what starts computations; at the end of the test all of them are over."""
        started: list[tuple[HeldFactory, Future[Any]]] = []

        def lead(cache: Cache, factory: HeldFactory, *, lock_timeout: int = 10) -> "Future[Any]":
            outcome = start(partial(cache.get_or_set, "key", factory, lock_timeout=lock_timeout))
            started.append((factory, outcome))
            factory.wait_until_begun()
            return outcome

        yield lead
        for factory, outcome in started:
            factory.end()
            outcome.exception(PATIENCE)

    # Hits and misses

    def test_a_miss_is_computed(self, provider: Cache) -> None:
        """The factory's value is returned."""
        assert provider.get_or_set("key", computed) == "computed"

    def test_what_was_computed_is_stored(self, provider: Cache) -> None:
        """The next read is a hit."""
        provider.get_or_set("key", computed)
        assert provider.get("key") == "computed"

    def test_what_was_computed_leaves_no_other_key(self, provider: Cache) -> None:
        """Whatever the computation needed on the store is gone after it."""
        provider.get_or_set("key", computed)
        assert provider.keys() == ["key"]

    @pytest.mark.parametrize("value", ["stored", 0, False, "", [], {}, 0.0], ids=repr)
    def test_a_hit_is_not_computed(self, provider: Cache, value: object) -> None:
        """A value that is there is returned, however empty, and no factory is called."""
        provider.set("key", value)
        assert provider.get_or_set("key", never) == value

    def test_a_computed_value_gets_the_ttl(self, provider: Cache) -> None:
        """The ttl is for the value that is stored."""
        provider.get_or_set("key", computed, 60)
        assert provider.ttl("key") == 60

    def test_a_computed_value_without_ttl_is_persistent(self, provider: Cache) -> None:
        """Without a ttl the value stays."""
        provider.get_or_set("key", computed)
        assert provider.ttl("key") is None

    def test_a_value_is_computed_again_when_it_expired(self, provider: Cache, harness: Harness) -> None:
        """An expired value is a miss."""
        provider.get_or_set("key", lambda: "old", 60)
        harness.pass_time(60)
        assert provider.get_or_set("key", computed, 60) == "computed"

    # What is returned is what would be read

    def test_a_computed_value_is_returned_as_it_is_read(self, provider: Cache) -> None:
        """A tuple comes back as the list that `get` returns, from the first call on."""
        assert provider.get_or_set("key", lambda: (1, {"pair": (2, 3)})) == [1, {"pair": [2, 3]}]

    def test_a_returned_value_is_the_callers_own(self, provider: Cache) -> None:
        """Changing what a miss returned never changes what is stored."""
        provider.get_or_set("key", lambda: {"tags": ["a"]})["tags"].append("b")
        assert provider.get("key") == {"tags": ["a"]}

    def test_each_waiter_gets_a_copy_of_its_own(self, provider: Cache, other: Cache) -> None:
        """Changing what one caller got never changes what another one got."""
        factory = HeldFactory({"tags": ["a"]})
        outcomes = [
            start(partial(side.get_or_set, "key", factory)) for side in (provider, provider, provider, other)
        ]
        factory.wait_until_begun()
        factory.end()
        values: list[Any] = [outcome.result(PATIENCE) for outcome in outcomes]
        values[0]["tags"].append("b")
        assert values[1:] == [{"tags": ["a"]}] * 3

    def test_a_value_that_cannot_be_stored_is_refused(self, provider: Cache) -> None:
        """What the codec cannot carry is an `EncodeError`, as for every write."""
        with pytest.raises(EncodeError, match="'key'"):
            provider.get_or_set("key", lambda: {1, 2})

    # None

    def test_a_computed_none_is_stored(self, provider: Cache) -> None:
        """None is a value, and `exists` says so."""
        provider.get_or_set("key", lambda: None)
        assert provider.mget(["key"]) == {"key": None}

    def test_a_stored_none_counts_as_a_miss(self, provider: Cache) -> None:
        """None is computed again each time."""
        answers = iter([None, "computed"])
        provider.get_or_set("key", lambda: next(answers))
        assert provider.get_or_set("key", lambda: next(answers)) == "computed"

    def test_a_value_replaces_a_stored_none(self, provider: Cache) -> None:
        """What is computed after a None is stored in its place, with its ttl."""
        provider.set("key", None)
        provider.get_or_set("key", computed, 60)
        assert (provider.get("key"), provider.ttl("key")) == ("computed", 60)

    # Somebody else was faster

    def test_a_value_that_was_stored_meanwhile_is_not_overwritten(
        self, provider: Cache, other: Cache
    ) -> None:
        """What somebody else stored while the factory ran stays."""
        provider.get_or_set("key", lambda: other.set("key", "theirs") and "mine")
        assert provider.get("key") == "theirs"

    def test_a_value_that_was_stored_meanwhile_is_returned(self, provider: Cache, other: Cache) -> None:
        """The caller gets what the next read would give."""
        assert provider.get_or_set("key", lambda: other.set("key", "theirs") and "mine") == "theirs"

    def test_a_none_that_was_stored_meanwhile_is_overwritten(self, provider: Cache, other: Cache) -> None:
        """A None counts as a miss, then too."""
        provider.get_or_set("key", lambda: other.set("key", None) and "mine")
        assert provider.get("key") == "mine"

    # The factory fails

    def test_a_factorys_exception_comes_out(self, provider: Cache) -> None:
        """The caller gets the exception itself."""
        boom = BoomError()
        factory = HeldFactory(boom)
        factory.end()
        with pytest.raises(BoomError) as caught:
            provider.get_or_set("key", factory)
        assert caught.value is boom

    @pytest.mark.parametrize("boom", [BoomError(), CacheUnavailableError()], ids=repr)
    def test_a_factory_that_fails_leaves_nothing(self, provider: Cache, boom: Exception) -> None:
        """Neither a value nor a lock is left, whatever the factory raised."""
        assert _keys_after(provider, boom) == []

    @needs(Capability.INTERRUPTS)
    def test_a_factory_that_is_interrupted_leaves_nothing(self, provider: Cache) -> None:
        """Neither a value nor a lock."""
        assert _keys_after(provider, KeyboardInterrupt()) == []

    @pytest.mark.parametrize("boom", [BoomError(), CacheUnavailableError()], ids=repr)
    def test_a_factory_that_fails_is_called_once(self, provider: Cache, boom: Exception) -> None:
        """A failure of the factory is not a failure of the store, even if it looks like one."""
        assert _calls_of(provider, boom) == 1

    @needs(Capability.INTERRUPTS)
    def test_a_factory_that_is_interrupted_is_called_once(self, provider: Cache) -> None:
        """An interruption is not a failure of the store either."""
        assert _calls_of(provider, KeyboardInterrupt()) == 1

    def test_the_next_caller_computes_after_a_failure(self, provider: Cache) -> None:
        """A failure is not remembered."""
        factory = HeldFactory(BoomError())
        factory.end()
        with pytest.raises(BoomError):
            provider.get_or_set("key", factory)
        assert provider.get_or_set("key", computed) == "computed"

    def test_a_factorys_exception_reaches_those_who_wait(self, provider: Cache, lead: Lead) -> None:
        """A caller that waits for the computation gets its exception and computes nothing."""
        boom = BoomError("why")
        error = _of_a_waiter(provider, lead, boom)
        assert (type(error), error.args) == (BoomError, ("why",))

    def test_who_waits_gets_an_exception_of_its_own(self, provider: Cache, lead: Lead) -> None:
        """Whose cause is the factory's, so that no caller's traceback reaches another."""
        boom = BoomError("why")
        error = _of_a_waiter(provider, lead, boom)
        assert (error is boom, error.__cause__ is boom) == (False, True)

    # Callers that miss together

    def test_one_of_many_computes(self, provider: Cache, other: Cache) -> None:
        """Of the callers that miss together, through whatever provider, one calls its factory."""
        factory = HeldFactory()
        outcomes = [start(partial(side.get_or_set, "key", factory)) for side in [provider, other] * 4]
        factory.wait_until_begun()
        factory.end()
        wait(outcomes, timeout=PATIENCE)
        assert factory.calls == 1

    @pytest.mark.parametrize("through", ["provider", "other"])
    def test_the_others_get_its_value(
        self, provider: Cache, lead: Lead, through: str, request: pytest.FixtureRequest
    ) -> None:
        """A caller that comes while the value is computed waits for it, on the same provider or another."""
        side: Cache = request.getfixturevalue(through)
        factory = HeldFactory()
        leading = lead(provider, factory)
        waiting = start(partial(side.get_or_set, "key", never))
        factory.end()
        assert (leading.result(PATIENCE), waiting.result(PATIENCE)) == ("slow", "slow")

    @pytest.mark.parametrize("call", STRANGERS.values(), ids=STRANGERS.keys())
    def test_nobody_waits_for(
        self, provider: Cache, stranger: Cache, lead: Lead, call: Callable[[Cache, Cache], object]
    ) -> None:
        """A computation holds up its own full key only."""
        lead(provider, HeldFactory())
        assert start(lambda: call(provider, stranger)).result(PATIENCE) == "computed"

    # A winner that does not come back

    @needs(Capability.PATIENCE_IN_STORE_TIME)
    def test_a_crashed_winner_is_replaced_by_its_own_providers_waiter(
        self, provider: Cache, harness: Harness, lead: Lead
    ) -> None:
        """Callers of one provider wait for each other without the store, and on its clock all the same."""
        lead(provider, HeldFactory(), lock_timeout=10)
        waiting = start(partial(provider.get_or_set, "key", computed, wait_timeout=FOR_LONG))
        harness.pass_time(10)
        assert waiting.result(PATIENCE) == "computed"

    def test_a_crashed_winner_is_replaced_when_its_lease_ends(
        self, provider: Cache, other: Cache, harness: Harness, lead: Lead
    ) -> None:
        """A caller that waits computes once the winner's lock is over, long before its own patience is."""
        lead(provider, HeldFactory(), lock_timeout=10)
        waiting = start(partial(other.get_or_set, "key", computed, wait_timeout=FOR_LONG))
        harness.pass_time(10)
        assert waiting.result(PATIENCE) == "computed"

    @sides
    def test_who_must_not_wait_computes_at_once(
        self, provider: Cache, lead: Lead, through: str, request: pytest.FixtureRequest
    ) -> None:
        """With a `wait_timeout` of 0 a caller waits for nobody."""
        side: Cache = request.getfixturevalue(through)
        lead(provider, HeldFactory(), lock_timeout=FOR_LONG)
        waiting = start(partial(side.get_or_set, "key", computed, wait_timeout=0))
        assert waiting.result(PATIENCE) == "computed"

    @sides
    def test_who_has_waited_long_enough_computes(
        self, provider: Cache, lead: Lead, through: str, request: pytest.FixtureRequest
    ) -> None:
        """Past its `wait_timeout`, in real time, a caller computes for itself."""
        side: Cache = request.getfixturevalue(through)
        lead(provider, HeldFactory(), lock_timeout=FOR_LONG)
        waiting = start(partial(side.get_or_set, "key", computed, wait_timeout=0.02))
        assert waiting.result(PATIENCE) == "computed"

    @needs(Capability.PATIENCE_IN_STORE_TIME)
    @sides
    def test_who_has_waited_long_enough_on_the_stores_clock_computes(
        self, provider: Cache, harness: Harness, lead: Lead, through: str, request: pytest.FixtureRequest
    ) -> None:
        """Past its `wait_timeout`, in the store's time, a caller computes for itself."""
        side: Cache = request.getfixturevalue(through)
        lead(provider, HeldFactory(), lock_timeout=FOR_LONG)
        waiting = start(partial(side.get_or_set, "key", computed, wait_timeout=3_600))
        assert pass_time_until_done(harness, 3_600, waiting) == "computed"

    def test_a_winner_that_comes_back_late_overwrites_nothing(
        self, provider: Cache, other: Cache, harness: Harness, lead: Lead
    ) -> None:
        """A computation that outlived its lease returns what its replacement stored."""
        factory = HeldFactory("late")
        leading = lead(provider, factory, lock_timeout=10)
        harness.pass_time(10)
        other.get_or_set("key", computed)
        factory.end()
        assert (leading.result(PATIENCE), provider.get("key")) == ("computed", "computed")


def _of_a_waiter(provider: Cache, lead: Lead, boom: Exception) -> BaseException:
    """Return what a caller gets that waits while a factory fails."""
    for attempt in range(100):
        factory = HeldFactory(boom)
        leading = lead(provider, factory)
        waiting = start(partial(provider.get_or_set, "key", computed))
        # A caller that comes too late for this computation computes: then try again.
        wait([waiting], timeout=attempt / 1000)
        factory.end()
        error = waiting.exception(PATIENCE)
        leading.exception(PATIENCE)
        if error is not None:
            return error
        provider.delete("key")
    pytest.fail("no caller ever waited")


def _failing(provider: Cache, boom: BaseException) -> HeldFactory:
    factory = HeldFactory(boom)
    factory.end()
    with pytest.raises(type(boom)):
        provider.get_or_set("key", factory)
    return factory


def _keys_after(provider: Cache, boom: BaseException) -> list[str]:
    _failing(provider, boom)
    return provider.keys()


def _calls_of(provider: Cache, boom: BaseException) -> int:
    return _failing(provider, boom).calls
