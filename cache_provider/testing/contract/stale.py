"""`get_or_set` with `stale_ttl`: a value whose time is over is served until there is a new one."""

from concurrent.futures import Future
from functools import partial
from typing import Any, NoReturn

import pytest

from cache_provider.errors import CacheUnavailableError
from cache_provider.testing.contract.background import PATIENCE, HeldFactory, start
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Cache, Harness


class NoNewsError(Exception):
    """What a factory raises."""


def fail() -> NoReturn:
    """Fail, as what is asked for a value may."""
    raise NoNewsError


def unasked() -> NoReturn:
    """Fail the test: this factory is not to be called."""
    pytest.fail("the factory was called")


def ask(cache: Cache, factory: Any) -> Any:
    """Return the value of `"key"`, good for 10 s, and served for another 30."""
    return cache.get_or_set("key", factory, 10, stale_ttl=30)


through = pytest.mark.parametrize("side", ["provider", "other"])


class StaleContract(Contract):
    """`get_or_set` with `stale_ttl`: a value whose time is over is served until there is a new one."""

    @pytest.fixture
    def stale(self, provider: Cache, harness: Harness) -> None:
        """Store a value, and let its ttl be over."""
        ask(provider, lambda: "old")
        harness.pass_time(11)

    def test_a_fresh_value_is_not_computed_anew(self, provider: Cache, harness: Harness) -> None:
        """Before its ttl is over a value is a hit."""
        ask(provider, lambda: "old")
        harness.pass_time(8)
        assert ask(provider, unasked) == "old"

    @pytest.mark.usefixtures("stale")
    def test_a_stale_value_is_computed_anew(self, provider: Cache) -> None:
        """The caller who computes gets the new value."""
        assert ask(provider, lambda: "new") == "new"

    @pytest.mark.usefixtures("stale")
    def test_what_was_computed_anew_is_fresh(self, provider: Cache, other: Cache) -> None:
        """It is stored, for as long as a first one."""
        ask(provider, lambda: "new")
        assert ask(other, unasked) == "new"

    @pytest.mark.usefixtures("stale")
    @through
    def test_nobody_waits_for_a_new_value(self, provider: Cache, other: Cache, side: str) -> None:
        """While one computes, all others are served the stale one."""
        factory = HeldFactory("new")
        outcome: Future[Any] = start(partial(ask, provider, factory))
        factory.wait_until_begun()
        served = ask({"provider": provider, "other": other}[side], unasked)
        factory.end()
        assert (served, outcome.result(PATIENCE)) == ("old", "new")

    @pytest.mark.usefixtures("stale")
    def test_a_factory_that_fails_leaves_the_stale_value(self, provider: Cache) -> None:
        """Its exception reaches nobody."""
        assert ask(provider, fail) == "old"

    @pytest.mark.usefixtures("stale")
    def test_a_failure_is_tried_again(self, provider: Cache) -> None:
        """The next caller computes."""
        ask(provider, fail)
        assert ask(provider, lambda: "new") == "new"

    @pytest.mark.usefixtures("stale")
    def test_a_value_is_served_no_longer_than_that(self, provider: Cache, harness: Harness) -> None:
        """Past both times there is nothing, and a failure comes out."""
        harness.pass_time(30)
        with pytest.raises(NoNewsError):
            ask(provider, fail)

    @pytest.mark.usefixtures("stale")
    def test_a_value_that_was_deleted_is_not_served(self, provider: Cache, other: Cache) -> None:
        """Removing it means it is to be gone."""
        other.delete("key")
        with pytest.raises(NoNewsError):
            ask(provider, fail)

    @pytest.mark.usefixtures("stale")
    def test_a_value_that_was_stored_meanwhile_is_kept(self, provider: Cache, other: Cache) -> None:
        """It is not overwritten by what was computed."""

        def compute() -> str:
            other.set("key", "theirs")
            return "new"

        assert (ask(provider, compute), provider.get("key")) == ("theirs", "theirs")

    @pytest.mark.usefixtures("stale")
    def test_a_computation_elsewhere_is_not_doubled(self, provider: Cache, other: Cache) -> None:
        """Its lock says that it is on its way, in whichever process."""
        with other.get_lock("singleflight:lock:key"):
            assert ask(provider, unasked) == "old"

    @needs(Capability.OPEN_STEPS)
    @pytest.mark.usefixtures("stale")
    @pytest.mark.parametrize("step", ["setnx", "compare_and_set"])
    def test_a_store_that_cannot_be_written_serves_the_stale_value(
        self, provider: Cache, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        """All callers see the same, no matter which of them computed."""

        def refuse(*_arguments: object, **_options: object) -> NoReturn:
            raise CacheUnavailableError("read only")

        monkeypatch.setattr(provider, step, refuse)
        assert ask(provider, lambda: "new") == "old"

    @needs(Capability.OPEN_STEPS)
    @pytest.mark.usefixtures("stale")
    def test_a_value_that_another_renewed_meanwhile_is_not_computed_again(
        self, provider: Cache, other: Cache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A caller that saw a stale value looks again when it has the lock."""
        look = provider.pttl

        def look_late(key: str) -> int | None:
            left = look(key)
            monkeypatch.setattr(provider, "pttl", look)
            ask(other, lambda: "new")
            return left

        monkeypatch.setattr(provider, "pttl", look_late)
        assert ask(provider, unasked) == "new"

    @needs(Capability.PATIENCE_IN_STORE_TIME)
    @pytest.mark.usefixtures("stale")
    def test_a_crashed_computation_is_replaced(self, provider: Cache, harness: Harness) -> None:
        """A caller that finds it past its time is served, and the next caller computes."""
        factory = HeldFactory("late")
        outcome: Future[Any] = start(partial(ask, provider, factory))
        factory.wait_until_begun()
        harness.pass_time(11)
        served = ask(provider, unasked), ask(provider, lambda: "new")
        factory.end()
        outcome.exception(PATIENCE)
        assert served == ("old", "new")

    def test_a_persistent_value_is_fresh(self, provider: Cache) -> None:
        """What never ends is never stale."""
        provider.set("key", "for ever")
        assert ask(provider, unasked) == "for ever"

    def test_a_value_is_stored_for_both_times(self, provider: Cache) -> None:
        """`get` sees it as long as it may be served."""
        ask(provider, lambda: "old")
        assert provider.ttl("key") in (39, 40)

    def test_it_needs_a_ttl(self, provider: Cache) -> None:
        """After which else would a value be stale?"""
        with pytest.raises(ValueError, match="stale_ttl needs a ttl"):
            provider.get_or_set("key", unasked, stale_ttl=30)
