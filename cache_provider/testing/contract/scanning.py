"""Scanning: page by page, while keys come and go."""

import re
from collections.abc import Callable
from itertools import count as numbers
from typing import Any

import pytest

from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import ActOn, Cache, Harness

STAYING = {f"stay:{number}" for number in range(50)}

ENOUGH = 10_000
"""Pages after which a scan of some fifty keys counts as endless."""


def scan_all(
    cache: Cache, pattern: str, count: int, between: Callable[[], object] = lambda: None
) -> list[str]:
    """Scan to the end and return every key as often as it came; call `between` between two pages."""
    cursor, found = cache.scan(pattern, count)
    for _ in range(ENOUGH):
        if not cursor:
            return found
        between()
        cursor, page = cache.scan(pattern, count, cursor)
        found += page
    raise AssertionError(f"the scan did not end within {ENOUGH} pages")


# Keys that come and go


def _adding(cache: Cache) -> Callable[[], object]:
    number = numbers()
    return lambda: cache.set(f"new:{next(number)}", 1)


def _removing(cache: Cache) -> Callable[[], object]:
    leaving = [f"leave:{number}" for number in range(50)]
    return lambda: leaving and cache.delete(leaving.pop())


def _churning(cache: Cache) -> Callable[[], object]:
    number = numbers()

    def churn() -> None:
        now = next(number)
        cache.delete(f"new:{now - 5}")
        cache.set(f"new:{now}", 1)

    return churn


def _rewriting(cache: Cache) -> Callable[[], object]:
    number = numbers()
    return lambda: cache.set(f"stay:{next(number) % 50}", 2)


def _dating(cache: Cache) -> Callable[[], object]:
    return lambda: cache.expire("stay:0", 100)


CHANGES: dict[str, Callable[[Cache], Callable[[], object]]] = {
    "keys are added": _adding,
    "keys are removed": _removing,
    "keys are added and removed": _churning,
    "values are replaced": _rewriting,
    "a deadline is given": _dating,
}

changes = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())


# Arguments

CALLS: dict[str, ActOn] = {
    "scan": lambda cache, count: cache.scan(count=count),
    "scan_iter": lambda cache, count: cache.scan_iter(count=count),
}

each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


class ScanContract(Contract):
    """Scanning: page by page, while keys come and go."""

    @pytest.fixture
    def full(self, provider: Cache) -> Cache:
        """Return the cache with the keys that stay."""
        provider.mset(dict.fromkeys(STAYING, 1))
        return provider

    @needs(Capability.QUIET_STORE, Capability.ONE_KEYSPACE)
    def test_a_scan_of_an_empty_store_ends_at_once(self, provider: Cache) -> None:
        """No keys: the cursor is 0 and the page empty."""
        assert provider.scan() == (0, [])

    @needs(Capability.QUIET_STORE, Capability.ONE_KEYSPACE)
    def test_a_small_store_fits_one_page(self, provider: Cache) -> None:
        """A `count` well above the number of keys finds all of them in one call."""
        provider.mset({"a": 1, "b": 2})
        cursor, page = provider.scan(count=1000)
        assert (cursor, sorted(page)) == (0, ["a", "b"])

    @needs(Capability.QUIET_STORE, Capability.ONE_KEYSPACE)
    def test_a_scan_asks_for_every_key_and_starts_at_the_beginning(self, full: Cache) -> None:
        """The defaults are `"*"`, a count of 100, and cursor 0."""
        assert full.scan() == full.scan("*", 100, 0)

    @needs(Capability.QUIET_STORE)
    @pytest.mark.parametrize("count", [1, 2, 7, 10, 49, 50, 51, 1000, 2**63 - 1])
    def test_a_scan_finds_every_key_once(self, full: Cache, count: int) -> None:
        """Whatever `count` says, a scan of a store that stands still returns each key exactly once."""
        assert sorted(scan_all(full, "*", count)) == sorted(STAYING)

    @needs(Capability.QUIET_STORE)
    @pytest.mark.parametrize("count", [1, 3, 10])
    def test_a_scan_finds_the_matching_keys_among_many(self, full: Cache, count: int) -> None:
        """A page may be empty while the scan goes on: it ends when the cursor is 0."""
        full.set("needle", 1)
        assert scan_all(full, "need*", count) == ["needle"]

    @needs(Capability.QUIET_STORE)
    def test_a_scan_finds_no_other_prefix(self, provider: Cache, stranger: Cache) -> None:
        """Other prefixes' keys never show, and cost no key of one's own."""
        stranger.mset(dict.fromkeys(STAYING, 1))
        provider.mset({"a": 1, "b": 2})
        assert sorted(scan_all(provider, "*", 1)) == ["a", "b"]

    @needs(Capability.QUIET_STORE)
    @changes
    @pytest.mark.parametrize("count", [2, 7])
    def test_a_key_that_stays_is_found(
        self, full: Cache, count: int, change: Callable[[Cache], Callable[[], object]]
    ) -> None:
        """A key that is there from the first call to the last is returned, whatever else happens."""
        full.mset({f"leave:{number}": 1 for number in range(50)})
        assert set(scan_all(full, "*", count, change(full))) >= STAYING

    @needs(Capability.QUIET_STORE, Capability.SCANS_ONCE)
    @changes
    @pytest.mark.parametrize("count", [2, 7])
    def test_a_key_that_stays_is_found_once(
        self, full: Cache, count: int, change: Callable[[Cache], Callable[[], object]]
    ) -> None:
        """The double returns such a key exactly once (a Redis may do so again)."""
        full.mset({f"leave:{number}": 1 for number in range(50)})
        assert sorted(scan_all(full, "stay:*", count, change(full))) == sorted(STAYING)

    @needs(Capability.QUIET_STORE)
    @pytest.mark.parametrize("count", [1, 2, 7])
    def test_a_scan_of_a_store_that_does_not_grow_ends(self, full: Cache, count: int) -> None:
        """As many keys come as go between two pages, and the scan still comes to an end."""
        churn = _churning(full)

        def churn_a_page() -> None:
            for _ in range(count):
                churn()

        assert set(scan_all(full, "*", count, churn_a_page)) >= STAYING

    @needs(Capability.QUIET_STORE)
    def test_a_scan_that_is_fed_by_what_it_finds_ends(self, full: Cache) -> None:
        """A loop that copies every key it finds does not go on to copy the copies for ever."""
        for _, key in zip(range(ENOUGH), full.scan_iter(count=2), strict=False):
            full.set(f"copy of {key}"[:200], 1)
        assert full.count_keys() < ENOUGH

    def test_a_key_that_went_before_its_page_is_not_found(self, full: Cache) -> None:
        """What is deleted between two calls does not show in the second."""
        cursor, first = full.scan(count=10)
        left = STAYING - set(first)
        full.mdelete(left)
        assert not left & set(full.scan(count=1000, cursor=cursor)[1])

    def test_a_key_that_expired_before_its_page_is_not_found(self, full: Cache, harness: Harness) -> None:
        """What expires between two calls does not show in the second."""
        for key in STAYING:
            full.expire(key, 10)
        cursor, _ = full.scan(count=10)
        harness.pass_time(10)
        assert full.scan(count=1000, cursor=cursor)[1] == []

    # scan_iter

    @needs(Capability.QUIET_STORE)
    @pytest.mark.parametrize("count", [1, 7, 1000])
    def test_scan_iter_yields_each_key_once(self, full: Cache, count: int) -> None:
        """`scan_iter` walks the whole scan."""
        assert sorted(full.scan_iter(count=count)) == sorted(STAYING)

    @needs(Capability.QUIET_STORE)
    @pytest.mark.parametrize("count", [1, 7])
    def test_scan_iter_yields_each_key_once_while_keys_are_rewritten(self, full: Cache, count: int) -> None:
        """A caller may write what it was given while it walks."""
        found: list[str] = []
        for key in full.scan_iter("stay:*", count):
            full.set(key, 2)
            full.set(f"done:{key}", 1)
            found.append(key)
        assert sorted(found) == sorted(STAYING)

    @needs(Capability.QUIET_STORE)
    @pytest.mark.parametrize("count", [1, 7])
    def test_scan_iter_may_delete_what_it_yields(self, full: Cache, count: int) -> None:
        """A caller may delete what it was given while it walks, and misses nothing."""
        for key in full.scan_iter(count=count):
            full.delete(key)
        assert full.keys() == []

    @pytest.mark.parametrize("count", [0, -1, -(2**63)])
    @each_call
    def test_a_count_is_positive(self, provider: Cache, call: ActOn, count: int) -> None:
        """A count below 1 is a `ValueError` that names it, from `scan_iter` at once."""
        with pytest.raises(ValueError, match=rf"\bcount\b.*{count}"):
            call(provider, count)

    @pytest.mark.parametrize("count", [1.0, True, "10", None], ids=repr)
    @each_call
    def test_a_count_is_an_int(self, provider: Cache, call: ActOn, count: Any) -> None:
        """A count that is not an `int`, or is a `bool`, is a `TypeError` that names it."""
        with pytest.raises(TypeError, match=rf"\bcount\b.*{re.escape(repr(count))}"):
            call(provider, count)

    @pytest.mark.parametrize("cursor", [-1, -(2**63)])
    def test_a_cursor_is_not_negative(self, provider: Cache, cursor: int) -> None:
        """A negative cursor is a `ValueError` that names it."""
        with pytest.raises(ValueError, match=rf"\bcursor\b.*{cursor}"):
            provider.scan(cursor=cursor)

    @pytest.mark.parametrize("cursor", [0.0, False, True, "0", b"0", None], ids=repr)
    def test_a_cursor_is_an_int(self, provider: Cache, cursor: Any) -> None:
        """A cursor that is not an `int`, or is a `bool`, is a `TypeError` that names it."""
        with pytest.raises(TypeError, match=rf"\bcursor\b.*{re.escape(repr(cursor))}"):
            provider.scan(cursor=cursor)
