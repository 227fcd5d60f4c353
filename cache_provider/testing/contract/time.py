"""How long a key lives: exactly, in whole milliseconds."""

import re
from datetime import timedelta
from typing import Any

import pytest

from cache_provider.arguments import Ttl
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Act, Cache, Harness
from cache_provider.testing.contract.rows import about
from cache_provider.testing.contract.writes import CREATING, WITH_TTL, Write

MILLISECOND = timedelta(milliseconds=1)

LIVES: list[tuple[Ttl, int]] = [
    (1, 1000),
    (60, 60_000),
    (86_400 * 365, 86_400_000 * 365),
    (1.9, 1900),
    (0.25, 250),
    (1.0, 1000),
    (0.1 + 0.2, 300),
    (timedelta(seconds=1.9), 1900),
    (timedelta(milliseconds=1), 1),
    (timedelta(days=1, milliseconds=1), 86_400_001),
    (0.001, 1),
    (0.0004, 1),
    (1e-9, 1),
    (timedelta(microseconds=1), 1),
    (timedelta(microseconds=499), 1),
    (0.0014, 1),
    (0.0016, 2),
    (0.9999, 1000),
    (timedelta(microseconds=1400), 1),
    (timedelta(microseconds=1600), 2),
    (timedelta(microseconds=999_900), 1000),
]
"""A ttl, and the milliseconds that a key set with it lives for."""

ROUNDED: dict[int, int] = {
    1: 0,
    499: 0,
    500: 1,
    520: 1,
    999: 1,
    1000: 1,
    1499: 1,
    1500: 2,
    1600: 2,
    1900: 2,
    2499: 2,
    86_399_500: 86_400,
}
"""Milliseconds that are left, and what `ttl` makes of them."""

# Durations that are refused

NOT_POSITIVE: list[Ttl] = [0, 0.0, -0.0, -1, -0.001, -1e-9, timedelta(0), timedelta(microseconds=-1)]

each_write = pytest.mark.parametrize("write", WITH_TTL, ids=str)


NO_DURATION: list[tuple[Any, type[Exception], str]] = [
    (True, TypeError, "True"),
    (False, TypeError, "False"),
    ("5", TypeError, "'5'"),
    (b"5", TypeError, "b'5'"),
    (1j, TypeError, "1j"),
    ([5], TypeError, r"\[5\]"),
    (float("nan"), ValueError, "nan"),
    (float("inf"), ValueError, "inf"),
    (float("-inf"), ValueError, "-inf"),
    (1e300, ValueError, r"1e\+300"),
    (2**63, ValueError, "9223372036854775808"),
    (10**400, ValueError, "1000000"),
    # Legal in themselves; counted from now, they end after the last moment there is.
    (2**63 // 1000, ValueError, "9223372036854775"),
    (9.2233720368e15, ValueError, "92233720368"),
]


def _expire(cache: Cache, ttl: Any) -> object:
    return cache.expire("key", ttl)


EXPIRE = Write("expire", lambda cache: cache.set("key", "old"), _expire)

each_use = pytest.mark.parametrize("write", [*WITH_TTL, EXPIRE], ids=str)


# A write replaces the deadline or keeps it

CLEARING: dict[str, Act] = {
    "set": lambda cache: cache.set("value", "new"),
    "mset": lambda cache: cache.mset({"value": "new"}),
    "cas_dict_field": lambda cache: cache.cas_dict_field("value", "state", 0, {"state": 1}),
    "compare_and_set": lambda cache: cache.compare_and_set("value", {"state": 0}, "new"),
}


KEEPING: dict[str, Act] = {
    "incr": lambda cache: cache.incr("counter"),
    "incr with ttl": lambda cache: cache.incr("counter", ttl=5),
    "decr": lambda cache: cache.decr("counter"),
    "decr with ttl": lambda cache: cache.decr("counter", ttl=5),
    "push_limit": lambda cache: cache.push_limit("list", "new", 5),
    "push_limit that drops": lambda cache: cache.push_limit("list", "new", 1),
    "hset of a new field": lambda cache: cache.hset("hash", "c", 3),
    "hset of an old field": lambda cache: cache.hset("hash", "a", 3),
    "hdel": lambda cache: cache.hdel("hash", "a"),
    "get": lambda cache: cache.get("counter"),
    "mget": lambda cache: cache.mget(["counter"]),
    "exists": lambda cache: cache.exists("counter"),
    "list_range": lambda cache: cache.list_range("list", 0, -1),
    "hget": lambda cache: cache.hget("hash", "a"),
    "hgetall": lambda cache: cache.hgetall("hash"),
    "get_or_set, a hit": lambda cache: cache.get_or_set("counter", int, 5),
    "setnx that fails": lambda cache: cache.setnx("counter", "new", 5),
    "compare_and_set that fails": lambda cache: cache.compare_and_set("counter", "no", "new", 5),
    "cas_dict_field that fails": lambda cache: cache.cas_dict_field("counter", "no", 1, {}, 5),
    "compare_and_delete that fails": lambda cache: cache.compare_and_delete("counter", "no"),
}


RENEWING = [write for write in WITH_TTL if write.name not in {"setnx", "get_or_set", "incr", "decr"}]


class TimeContract(Contract):
    """How long a key lives: exactly, in whole milliseconds."""

    @needs(Capability.STILL_TIME)
    def test_a_key_lives_until_its_ttl_is_over(self, provider: Cache, harness: Harness) -> None:
        """One millisecond before `t+d` the key is there."""
        for ttl, milliseconds in LIVES:
            with about(ttl):
                provider.set("key", "value", ttl)
                harness.pass_time((milliseconds - 1) * MILLISECOND)
                assert provider.exists("key")

    def test_a_key_is_gone_when_its_ttl_is_over(self, provider: Cache, harness: Harness) -> None:
        """At exactly `t+d` the key is not there any more."""
        for ttl, milliseconds in LIVES:
            with about(ttl):
                provider.set("key", "value", ttl)
                harness.pass_time(milliseconds * MILLISECOND)
                assert not provider.exists("key")

    @needs(Capability.STILL_TIME)
    def test_expire_counts_as_set_does(self, provider: Cache, harness: Harness) -> None:
        """A key given a ttl by `expire` is gone at exactly `t+d`."""
        for ttl, milliseconds in LIVES:
            with about(ttl):
                provider.set("key", "value")
                provider.expire("key", ttl)
                harness.pass_time((milliseconds - 1) * MILLISECOND)
                alive = provider.exists("key")
                harness.pass_time(MILLISECOND)
                assert (alive, provider.exists("key")) == (True, False)

    @pytest.mark.parametrize("write", CREATING, ids=str)
    def test_part_of_a_second_counts(self, provider: Cache, harness: Harness, write: Write) -> None:
        """Of 1.9 s there is some left after 1.4 s: the ttl was not cut to a whole second."""
        write.call(provider, 1.9)
        harness.pass_time(1.4)
        assert provider.exists("key")

    @pytest.mark.parametrize(("ttl", "left"), [(0.9, 1), (1.25, 1), (1.9, 2)])
    def test_ttl_rounds_what_is_left(self, provider: Cache, ttl: float, left: int) -> None:
        """What is left is neither cut nor rounded up."""
        provider.set("key", "value", ttl)
        assert provider.ttl("key") == left

    @needs(Capability.STILL_TIME)
    @pytest.mark.parametrize("write", CREATING, ids=str)
    def test_every_write_counts_as_set_does(self, provider: Cache, harness: Harness, write: Write) -> None:
        """A key created with a ttl of 1.9 s lives for 1.9 s, neither 1 nor 2, whatever created it."""
        write.call(provider, 1.9)
        harness.pass_time(1.899)
        alive = provider.exists("key")
        harness.pass_time(MILLISECOND)
        assert (alive, provider.exists("key")) == (True, False)

    @pytest.mark.parametrize("write", CREATING, ids=str)
    def test_every_write_takes_every_kind_of_ttl(self, provider: Cache, write: Write) -> None:
        """A ttl is seconds as `int` or `float`, or a `timedelta`."""
        for ttl in (5, 5.0, timedelta(seconds=5)):
            with about(ttl):
                provider.delete("key")
                write.call(provider, ttl)
                assert provider.ttl("key") == 5

    def test_a_persistent_key_never_expires(self, provider: Cache, harness: Harness) -> None:
        """Without a ttl, no time is too long."""
        provider.set("key", "value")
        harness.pass_time(timedelta(days=36_500))
        assert provider.get("key") == "value"

    # What is left

    @needs(Capability.STILL_TIME)
    def test_ttl_rounds_to_the_nearest_second(self, provider: Cache) -> None:
        """`ttl` is (ms + 500) // 1000."""
        for milliseconds, seconds in ROUNDED.items():
            with about(milliseconds):
                provider.set("key", "value", milliseconds * MILLISECOND)
                assert provider.ttl("key") == seconds

    def test_ttl_is_an_int(self, provider: Cache) -> None:
        """`ttl` returns whole seconds as an `int`."""
        provider.set("key", "value", 1.6)
        assert type(provider.ttl("key")) is int

    def test_ttl_goes_down_as_time_passes(self, provider: Cache, harness: Harness) -> None:
        """`ttl` is what is left, not what was given."""
        provider.set("key", "value", 100)
        harness.pass_time(40)
        assert provider.ttl("key") == 60

    def test_ttl_of_a_persistent_key_is_none(self, provider: Cache) -> None:
        """A key without a deadline has no ttl."""
        provider.set("key", "value")
        assert provider.ttl("key") is None

    def test_ttl_of_a_missing_key_is_minus_two(self, provider: Cache) -> None:
        """A missing key reads as -2, as in Redis."""
        assert provider.ttl("missing") == -2

    @each_write
    def test_a_ttl_that_is_not_positive_is_refused(self, provider: Cache, write: Write) -> None:
        """A write with a ttl of 0 or less is a `ValueError` that names the ttl and its value."""
        write.prepare(provider)
        for ttl in NOT_POSITIVE:
            with about(ttl), pytest.raises(ValueError, match=rf"\bttl\b.*{re.escape(repr(ttl))}"):
                write.call(provider, ttl)

    @each_write
    def test_a_ttl_that_is_not_positive_leaves_the_value(self, provider: Cache, write: Write) -> None:
        """A write with a ttl of 0 or less neither replaces nor removes what is stored."""
        write.prepare(provider)
        before = write.read(provider)
        for ttl in NOT_POSITIVE:
            with about(ttl):
                with pytest.raises(ValueError, match="ttl"):
                    write.call(provider, ttl)
                assert write.read(provider) == before

    @each_write
    def test_a_ttl_that_is_not_positive_creates_nothing(self, provider: Cache, write: Write) -> None:
        """A write with a ttl of 0 or less to a missing key leaves it missing."""
        for ttl in NOT_POSITIVE:
            with about(ttl):
                with pytest.raises(ValueError, match="ttl"):
                    write.call(provider, ttl)
                assert not provider.exists("key")

    @each_use
    def test_what_is_no_duration_is_refused(self, provider: Cache, write: Write) -> None:
        """A ttl of the wrong type is a `TypeError`, a ttl that leads out of time a `ValueError`."""
        write.prepare(provider)
        for ttl, error, shown in NO_DURATION:
            with about(shown), pytest.raises(error, match=rf"\bttl\b.*{shown}"):
                write.call(provider, ttl)

    @each_use
    def test_what_is_no_duration_changes_nothing(self, provider: Cache, write: Write) -> None:
        """A refused ttl leaves value and deadline as they were."""
        write.prepare(provider)
        before = write.read(provider)
        for ttl, error, shown in NO_DURATION:
            with about(shown):
                provider.expire("key", 100)
                with pytest.raises(error, match=rf"\bttl\b.*{shown}"):
                    write.call(provider, ttl)
                assert (write.read(provider), provider.ttl("key")) == (before, 100)

    def test_the_longest_timedelta_is_a_ttl(self, provider: Cache, harness: Harness) -> None:
        """What fits int64 milliseconds is legal, however long."""
        provider.set("key", "value", timedelta.max)
        harness.pass_time(timedelta(days=36_500))
        assert provider.exists("key")

    @pytest.mark.parametrize("write", CLEARING.values(), ids=CLEARING.keys())
    def test_a_replacement_without_ttl_is_persistent(self, provider: Cache, write: Act) -> None:
        """What replaces a whole value takes its deadline away."""
        provider.set("value", {"state": 0}, 100)
        write(provider)
        assert provider.ttl("value") is None

    @pytest.mark.parametrize("call", KEEPING.values(), ids=KEEPING.keys())
    def test_a_deadline_is_kept(self, provider: Cache, harness: Harness, call: Act) -> None:
        """What changes a part of a key, or nothing, leaves its deadline where it was."""
        provider.set("counter", 1)
        provider.push_limit("list", "old", 5)
        provider.hset("hash", "a", 1)
        provider.hset("hash", "b", 2)
        for key in ("counter", "list", "hash"):
            provider.expire(key, 100)
        harness.pass_time(40)
        call(provider)
        assert [provider.ttl(key) for key in ("counter", "list", "hash")] == [60, 60, 60]

    @pytest.mark.parametrize("write", RENEWING, ids=str)
    def test_a_write_with_ttl_sets_a_new_deadline(
        self, provider: Cache, harness: Harness, write: Write
    ) -> None:
        """A ttl counts from the write that names it."""
        write.prepare(provider)
        provider.expire("key", 100)
        harness.pass_time(40)
        write.call(provider, 90)
        assert provider.ttl("key") == 90

    @pytest.mark.parametrize("write", RENEWING, ids=str)
    def test_a_write_with_ttl_gives_a_persistent_key_a_deadline(self, provider: Cache, write: Write) -> None:
        """A ttl applies to a key that had none."""
        write.prepare(provider)
        write.call(provider, 90)
        assert provider.ttl("key") == 90
