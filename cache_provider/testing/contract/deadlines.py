"""Deadlines that are given, moved, kept and taken away: `expire`, `expire_at`, `keep_ttl`, `persist`."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Cache, Harness
from cache_provider.testing.contract.terms import Terms

TEN_SECONDS = timedelta(seconds=10)


# expire

NOT_POSITIVE: list[Any] = [0, 0.0, -1, -0.5, timedelta(0), timedelta(days=-1), -(2**62) // 1000]


AGO = [timedelta(0), timedelta(milliseconds=1), timedelta(days=1), timedelta(days=365 * 100)]


OLD, NEW = {"state": "old"}, {"state": "new"}

KEEPING: dict[str, Callable[[Cache, int | None], bool]] = {
    "set": lambda cache, ttl: cache.set("key", NEW, ttl, keep_ttl=True),
    "compare_and_set": lambda cache, ttl: cache.compare_and_set("key", OLD, NEW, ttl, keep_ttl=True),
    "cas_dict_field": lambda cache, ttl: cache.cas_dict_field("key", "state", "old", NEW, ttl, keep_ttl=True),
}
"""Writes over a live key that are asked to keep its deadline; the argument is a ttl."""

keeping = pytest.mark.parametrize("write", KEEPING.values(), ids=KEEPING.keys())


class DeadlineContract(Contract):
    """Deadlines that are given, moved, kept and taken away: `expire`, `expire_at`, `keep_ttl`, `persist`."""

    @pytest.fixture
    def live(self, provider: Cache) -> Cache:
        """Return the cache with a persistent key and a key that has 100 s left."""
        provider.set("persistent", "value")
        provider.set("key", "value", 100)
        return provider

    @pytest.mark.parametrize("key", ["key", "persistent"])
    def test_expire_says_that_a_live_key_was_there(self, live: Cache, key: str) -> None:
        """`expire` of a live key returns True, whether it had a deadline or not."""
        assert live.expire(key, 10) is True

    @pytest.mark.parametrize("key", ["key", "persistent"])
    @pytest.mark.parametrize("ttl", [10, 1000])
    def test_expire_sets_the_deadline(self, live: Cache, key: str, ttl: int) -> None:
        """`expire` makes a life shorter or longer."""
        live.expire(key, ttl)
        assert live.ttl(key) == ttl

    def test_expire_counts_from_now(self, live: Cache, harness: Harness) -> None:
        """`expire` replaces the deadline and does not add to it."""
        harness.pass_time(40)
        live.expire("key", 100)
        assert live.ttl("key") == 100

    def test_expire_leaves_the_value(self, live: Cache) -> None:
        """`expire` touches the deadline only."""
        live.expire("key", 10)
        assert live.get("key") == "value"

    @pytest.mark.parametrize("ttl", [10, *NOT_POSITIVE], ids=repr)
    def test_expire_says_that_no_key_was_there(self, provider: Cache, ttl: Any) -> None:
        """`expire` of a missing key returns False, also where it would delete."""
        assert provider.expire("missing", ttl) is False

    def test_expire_creates_nothing(self, provider: Cache) -> None:
        """`expire` of a missing key leaves it missing."""
        provider.expire("missing", 10)
        assert not provider.exists("missing")

    @pytest.mark.parametrize("ttl", NOT_POSITIVE, ids=repr)
    def test_expire_in_no_time_deletes(self, live: Cache, ttl: Any) -> None:
        """A ttl of 0 or less removes the key."""
        live.expire("key", ttl)
        assert not live.exists("key")

    @pytest.mark.parametrize("ttl", NOT_POSITIVE, ids=repr)
    def test_expire_in_no_time_says_that_a_key_was_there(self, live: Cache, ttl: Any) -> None:
        """`expire` that deletes a live key returns True."""
        assert live.expire("persistent", ttl) is True

    def test_expire_of_none_is_refused(self, live: Cache) -> None:
        """None is not a ttl: `persist` is what takes a deadline away."""
        nothing: Any = None
        with pytest.raises(TypeError, match=r"\bttl\b.*None"):
            live.expire("key", nothing)

    def test_expire_of_none_changes_nothing(self, live: Cache) -> None:
        """A refused `expire` keeps the deadline."""
        nothing: Any = None
        with pytest.raises(TypeError, match="ttl"):
            live.expire("key", nothing)
        assert live.ttl("key") == 100

    # expire_at

    def test_expire_at_says_that_a_live_key_was_there(self, live: Cache, harness: Harness) -> None:
        """`expire_at` of a live key returns True."""
        assert live.expire_at("persistent", harness.now() + TEN_SECONDS) is True

    def test_expire_at_says_that_no_key_was_there(self, provider: Cache, harness: Harness) -> None:
        """`expire_at` of a missing key returns False."""
        assert provider.expire_at("missing", harness.now() + TEN_SECONDS) is False

    @pytest.mark.parametrize("key", ["key", "persistent"])
    def test_expire_at_sets_the_deadline(self, live: Cache, harness: Harness, key: str) -> None:
        """The ttl is the time from now to that moment."""
        live.expire_at(key, harness.now() + TEN_SECONDS)
        assert live.ttl(key) == 10

    @needs(Capability.STILL_TIME)
    def test_a_key_is_there_just_before_its_moment(self, live: Cache, harness: Harness) -> None:
        """One millisecond before the moment the key is there."""
        live.expire_at("key", harness.now() + TEN_SECONDS)
        harness.pass_time(9.999)
        assert live.exists("key")

    def test_a_key_is_gone_at_its_moment(self, live: Cache, harness: Harness) -> None:
        """At exactly that moment the key is not there any more."""
        live.expire_at("key", harness.now() + TEN_SECONDS)
        harness.pass_time(10)
        assert not live.exists("key")

    @pytest.mark.parametrize("hours", [-11, 0, 5.5, 14])
    def test_expire_at_heeds_the_time_zone(self, live: Cache, harness: Harness, hours: float) -> None:
        """One moment is one deadline, in whatever zone it is written."""
        zone = timezone(timedelta(hours=hours))
        live.expire_at("key", (harness.now() + TEN_SECONDS).astimezone(zone))
        assert live.ttl("key") == 10

    @pytest.mark.parametrize("ago", AGO, ids=str)
    def test_a_moment_that_is_over_deletes(self, live: Cache, harness: Harness, ago: timedelta) -> None:
        """`expire_at` now or in the past removes the key."""
        live.expire_at("key", harness.now() - ago)
        assert not live.exists("key")

    @pytest.mark.parametrize("ago", AGO, ids=str)
    def test_a_moment_that_is_over_says_that_a_key_was_there(
        self, live: Cache, harness: Harness, ago: timedelta
    ) -> None:
        """`expire_at` that deletes a live key returns True."""
        assert live.expire_at("key", harness.now() - ago) is True

    def test_a_moment_that_is_over_says_that_no_key_was_there(
        self, provider: Cache, harness: Harness
    ) -> None:
        """`expire_at` in the past of a missing key returns False."""
        assert provider.expire_at("missing", harness.now() - TEN_SECONDS) is False

    @pytest.mark.parametrize(
        "when", [datetime.min.replace(tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC)], ids=str
    )
    def test_a_moment_before_the_epoch_is_over(self, live: Cache, when: datetime) -> None:
        """A negative timestamp deletes, as in Redis."""
        live.expire_at("key", when)
        assert not live.exists("key")

    def test_the_last_moment_of_the_calendar_is_a_deadline(self, live: Cache) -> None:
        """`expire_at` takes every aware `datetime`."""
        live.expire_at("persistent", datetime.max.replace(tzinfo=UTC))
        assert live.ttl("persistent") is not None

    def test_a_naive_moment_is_refused(self, live: Cache) -> None:
        """A `datetime` without a time zone is a `ValueError`: nobody knows when it is."""
        naive = datetime(2100, 1, 1)  # noqa: DTZ001 - this is what must be refused
        with pytest.raises(ValueError, match=r"\bwhen\b.*2100"):
            live.expire_at("key", naive)

    @pytest.mark.parametrize(
        "when", [4_102_444_800, 4_102_444_800.0, TEN_SECONDS, date(2100, 1, 1), "2100-01-01"], ids=repr
    )
    def test_what_is_no_moment_is_refused(self, live: Cache, when: Any) -> None:
        """`expire_at` takes an aware `datetime` or None, no number and no duration."""
        with pytest.raises(TypeError, match=r"\bwhen\b"):
            live.expire_at("key", when)

    def test_a_refused_moment_changes_nothing(self, live: Cache) -> None:
        """A refused `expire_at` keeps the deadline."""
        no_moment: Any = 0
        with pytest.raises(TypeError, match="when"):
            live.expire_at("key", no_moment)
        assert live.ttl("key") == 100

    def test_expire_at_none_takes_the_deadline_away(self, live: Cache) -> None:
        """`expire_at` of None is `persist`."""
        live.expire_at("key", None)
        assert live.ttl("key") is None

    @pytest.mark.parametrize(("key", "removed"), [("key", True), ("persistent", False), ("missing", False)])
    def test_expire_at_none_says_whether_a_deadline_was_removed(
        self, live: Cache, key: str, removed: bool
    ) -> None:
        """`expire_at` of None is True only where a deadline was."""
        assert live.expire_at(key, None) is removed

    # persist

    def test_persist_takes_the_deadline_away(self, live: Cache) -> None:
        """A key that was made persistent has no ttl."""
        live.persist("key")
        assert live.ttl("key") is None

    def test_a_persisted_key_outlives_its_deadline(self, live: Cache, harness: Harness) -> None:
        """A key that was made persistent is there after its old deadline."""
        live.persist("key")
        harness.pass_time(1000)
        assert live.get("key") == "value"

    @pytest.mark.parametrize(("key", "removed"), [("key", True), ("persistent", False), ("missing", False)])
    def test_persist_says_whether_a_deadline_was_removed(self, live: Cache, key: str, removed: bool) -> None:
        """`persist` is True only where a deadline was."""
        assert live.persist(key) is removed

    def test_a_second_persist_removes_nothing(self, live: Cache) -> None:
        """A deadline is removed once."""
        live.persist("key")
        assert live.persist("key") is False

    # keep_ttl

    @keeping
    def test_a_write_that_keeps_the_ttl_leaves_the_deadline(
        self, provider: Cache, harness: Harness, write: Callable[[Cache, int | None], bool]
    ) -> None:
        """With `keep_ttl` the key ends when it would have ended."""
        provider.set("key", OLD, 100)
        harness.pass_time(40)
        write(provider, None)
        assert provider.ttl("key") == 60

    @keeping
    def test_a_write_that_keeps_the_ttl_replaces_the_value(
        self, provider: Cache, write: Callable[[Cache, int | None], bool]
    ) -> None:
        """`keep_ttl` is about the deadline and nothing else."""
        provider.set("key", OLD, 100)
        assert (write(provider, None), provider.get("key")) == (True, NEW)

    @keeping
    def test_a_write_that_keeps_the_ttl_gives_a_persistent_key_none(
        self, harness: Harness, write: Callable[[Cache, int | None], bool]
    ) -> None:
        """Not even where the provider has a default."""
        cache = harness.connect(Terms(default_ttl=60))
        cache.set("key", OLD)
        cache.persist("key")
        write(cache, None)
        assert cache.ttl("key") is None

    @keeping
    def test_a_write_that_keeps_the_ttl_applies_no_default(
        self, harness: Harness, write: Callable[[Cache, int | None], bool]
    ) -> None:
        """The deadline that is there stays, whatever the provider's default."""
        cache = harness.connect(Terms(default_ttl=60))
        cache.set("key", OLD, 100)
        write(cache, None)
        assert cache.ttl("key") == 100

    @pytest.mark.parametrize("default_ttl", [None, 60])
    def test_a_missing_key_has_no_ttl_to_keep(self, harness: Harness, default_ttl: int | None) -> None:
        """`set` with `keep_ttl` then makes a persistent key, as Redis' `KEEPTTL` does."""
        cache = harness.connect(Terms(default_ttl=default_ttl))
        cache.set("key", "value", keep_ttl=True)
        assert cache.ttl("key") is None

    def test_an_expired_key_has_no_ttl_to_keep(self, provider: Cache, harness: Harness) -> None:
        """It is a missing key."""
        provider.set("key", "old", 10)
        harness.pass_time(10)
        provider.set("key", "new", keep_ttl=True)
        assert provider.ttl("key") is None

    def test_the_ttl_of_another_type_is_kept(self, provider: Cache) -> None:
        """`set` replaces a list by a value that ends when the list would have ended."""
        provider.push_limit("key", "item", 5, 100)
        provider.set("key", "value", keep_ttl=True)
        assert provider.ttl("key") == 100

    @keeping
    def test_a_ttl_cannot_be_both_kept_and_given(
        self, provider: Cache, write: Callable[[Cache, int | None], bool]
    ) -> None:
        """`keep_ttl` together with a ttl is a `ValueError`."""
        provider.set("key", OLD)
        with pytest.raises(ValueError, match=r"\bkeep_ttl\b.*\bttl\b.*10"):
            write(provider, 10)

    @keeping
    def test_a_refused_keep_ttl_changes_nothing(
        self, provider: Cache, write: Callable[[Cache, int | None], bool]
    ) -> None:
        """The value stays."""
        provider.set("key", OLD)
        with pytest.raises(ValueError, match="keep_ttl"):
            write(provider, 10)
        assert provider.get("key") == OLD

    @pytest.mark.parametrize("write", [KEEPING["compare_and_set"], KEEPING["cas_dict_field"]])
    def test_a_compare_that_fails_creates_nothing_to_keep(
        self, provider: Cache, write: Callable[[Cache, int | None], bool]
    ) -> None:
        """A missing key stays missing."""
        assert (write(provider, None), provider.exists("key")) == (False, False)

    # pttl

    def test_pttl_of_a_persistent_key_is_none(self, live: Cache) -> None:
        """As `ttl`."""
        assert live.pttl("persistent") is None

    def test_pttl_of_a_missing_key_is_minus_two(self, provider: Cache) -> None:
        """As `ttl`."""
        assert provider.pttl("missing") == -2

    @needs(Capability.STILL_TIME)
    @pytest.mark.parametrize("milliseconds", [1, 499, 1_499, 1_500, 100_001])
    def test_pttl_rounds_nothing(self, provider: Cache, milliseconds: int) -> None:
        """Every millisecond that is left counts."""
        provider.set("key", "value", timedelta(milliseconds=milliseconds))
        assert provider.pttl("key") == milliseconds

    @needs(Capability.STILL_TIME)
    def test_pttl_goes_down_as_time_passes(self, live: Cache, harness: Harness) -> None:
        """By as much as has passed, which on a server is one millisecond more."""
        harness.pass_time(0.25)
        assert 99_749 <= (live.pttl("key") or 0) <= 99_750
