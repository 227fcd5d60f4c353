"""A lock is an ordinary key on its server: it shows, and it can be broken."""

from datetime import timedelta

import pytest

from cache_provider.errors import LockNotOwnedError, WrongTypeError
from cache_provider.interface.lock import DistributedLock
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Act, Cache, Harness
from cache_provider.testing.contract.operations import whole_scan

# What shows

SHOWS: dict[str, tuple[Act, object]] = {
    "exists": (lambda cache: cache.exists("lock"), True),
    "mexists": (lambda cache: cache.mexists(["lock"]), {"lock": True}),
    "keys": (lambda cache: cache.keys(), ["lock"]),
    "keys of a pattern": (lambda cache: cache.keys("l?ck"), ["lock"]),
    "scan": (whole_scan, ["lock"]),
    "scan_iter": (lambda cache: list(cache.scan_iter()), ["lock"]),
    "count_keys": (lambda cache: cache.count_keys(), 1),
    "ttl": (lambda cache: cache.ttl("lock"), 10),
    "setnx": (lambda cache: cache.setnx("lock", "new"), False),
}


ABSENT: dict[str, tuple[Act, object]] = {
    "exists": (lambda cache: cache.exists("lock"), False),
    "mexists": (lambda cache: cache.mexists(["lock"]), {"lock": False}),
    "keys": (lambda cache: cache.keys(), []),
    "scan": (whole_scan, []),
    "count_keys": (lambda cache: cache.count_keys(), 0),
    "ttl": (lambda cache: cache.ttl("lock"), -2),
    "delete": (lambda cache: cache.delete("lock"), False),
    "mdelete": (lambda cache: cache.mdelete(["lock"]), 0),
    "setnx": (lambda cache: cache.setnx("lock", "new"), True),
}

absent = pytest.mark.parametrize(("call", "expected"), ABSENT.values(), ids=ABSENT.keys())


OTHER_TYPES: dict[str, Act] = {
    "push_limit": lambda cache: cache.push_limit("lock", 1, 5),
    "list_range": lambda cache: cache.list_range("lock", 0, -1),
    "hget": lambda cache: cache.hget("lock", "field"),
    "hset": lambda cache: cache.hset("lock", "field", 1),
}


# What breaks it

BREAKS: dict[str, Act] = {
    "delete": lambda cache: cache.delete("lock"),
    "mdelete": lambda cache: cache.mdelete(["lock"]),
    "delete_pattern": lambda cache: cache.delete_pattern("*"),
    "flush_all": lambda cache: cache.flush_all(),
    "expire at once": lambda cache: cache.expire("lock", 0),
}

breaks = pytest.mark.parametrize("call", BREAKS.values(), ids=BREAKS.keys())


OVERWRITES: dict[str, Act] = {
    "set": lambda cache: cache.set("lock", "new"),
    "mset": lambda cache: cache.mset({"lock": "new"}),
}


# A key that is not a lock

PLAIN: dict[str, Act] = {
    "a value": lambda cache: cache.set("plain", "value"),
    "a None": lambda cache: cache.set("plain", None),
    "a list": lambda cache: cache.push_limit("plain", "item", 5),
    "a hash": lambda cache: cache.hset("plain", "field", "value"),
}

plain = pytest.mark.parametrize("store", PLAIN.values(), ids=PLAIN.keys())


class LockKeyContract(Contract):
    """A lock is an ordinary key on its server: it shows, and it can be broken."""

    @pytest.mark.usefixtures("lock")
    @pytest.mark.parametrize(("call", "expected"), SHOWS.values(), ids=SHOWS.keys())
    def test_a_held_lock_shows(self, other: Cache, call: Act, expected: object) -> None:
        """A held lock is a live key under its name, with its lease as ttl."""
        assert call(other) == expected

    @absent
    def test_a_released_lock_does_not_show(
        self, lock: DistributedLock, other: Cache, call: Act, expected: object
    ) -> None:
        """A lock that was given back leaves no key."""
        lock.release()
        assert call(other) == expected

    @pytest.mark.usefixtures("lock")
    @absent
    def test_a_lock_whose_lease_is_over_does_not_show(
        self, other: Cache, harness: Harness, call: Act, expected: object
    ) -> None:
        """A lease ends as a ttl does."""
        harness.pass_time(10)
        assert call(other) == expected

    @pytest.mark.usefixtures("lock")
    def test_a_lock_shows_under_its_own_prefix_only(self, stranger: Cache) -> None:
        """Another prefix sees no lock."""
        assert (stranger.exists("lock"), stranger.keys()) == (False, [])

    @pytest.mark.usefixtures("lock")
    @pytest.mark.parametrize("call", OTHER_TYPES.values(), ids=OTHER_TYPES.keys())
    def test_a_lock_is_a_value(self, other: Cache, call: Act) -> None:
        """A lock's key is neither a list nor a hash."""
        with pytest.raises(WrongTypeError, match="'lock'"):
            call(other)

    @breaks
    def test_a_broken_lock_is_not_owned(self, lock: DistributedLock, other: Cache, call: Act) -> None:
        """The holder of a lock that was removed does not hold it any more."""
        call(other)
        assert lock.owned() is False

    @breaks
    def test_a_broken_lock_cannot_be_released(self, lock: DistributedLock, other: Cache, call: Act) -> None:
        """Its holder learns of it at the latest when giving it back."""
        call(other)
        with pytest.raises(LockNotOwnedError, match="'lock'"):
            lock.release()

    @pytest.mark.usefixtures("lock")
    @breaks
    def test_a_broken_lock_is_free(self, other: Cache, call: Act) -> None:
        """Somebody else may acquire it at once."""
        call(other)
        assert other.get_lock("lock").acquire(blocking=False) is True

    @pytest.mark.usefixtures("lock")
    def test_delete_says_that_a_lock_was_there(self, other: Cache) -> None:
        """A held lock counts as a live key."""
        assert (other.mdelete(["lock"]), other.delete("lock")) == (1, False)

    def test_flush_all_spares_other_prefixes_locks(self, lock: DistributedLock, stranger: Cache) -> None:
        """`flush_all` breaks the locks under its own prefix only."""
        stranger.flush_all()
        assert lock.owned()

    @pytest.mark.parametrize("overwrite", OVERWRITES.values(), ids=OVERWRITES.keys())
    def test_an_overwritten_lock_is_not_owned(
        self, lock: DistributedLock, other: Cache, overwrite: Act
    ) -> None:
        """`set` and `mset` replace whatever is there, a lock too."""
        overwrite(other)
        assert (lock.owned(), lock.locked(), other.get("lock")) == (False, True, "new")

    def test_a_token_put_back_as_a_value_is_the_same_claim(self, lock: DistributedLock, raw: Cache) -> None:
        """The claim is the stored token and nothing else, as a Redis compares it."""
        token = raw.get("lock")
        raw.delete("lock")
        raw.set("lock", token, 10)
        assert lock.owned()

    # What changes its lease

    @needs(Capability.STILL_TIME)
    @pytest.mark.parametrize("ttl", [5, 50])
    def test_expire_changes_the_lease(
        self, lock: DistributedLock, other: Cache, harness: Harness, ttl: int
    ) -> None:
        """A lease is the key's deadline: `expire` moves it."""
        other.expire("lock", ttl)
        harness.pass_time(ttl - 0.001)
        held = lock.owned()
        harness.pass_time(0.001)
        assert (held, lock.owned()) == (True, False)

    def test_expire_at_changes_the_lease(self, lock: DistributedLock, other: Cache, harness: Harness) -> None:
        """A lease is the key's deadline: `expire_at` moves it."""
        other.expire_at("lock", harness.now() + timedelta(seconds=50))
        harness.pass_time(49)
        assert lock.owned()

    def test_persist_takes_the_end_from_a_lease(
        self, lock: DistributedLock, other: Cache, harness: Harness
    ) -> None:
        """A lock that was made persistent is held until it is released."""
        other.persist("lock")
        harness.pass_time(1_000)
        assert lock.owned()

    def test_a_persistent_lock_can_be_released(self, lock: DistributedLock, other: Cache) -> None:
        """`release` gives back a lock without a lease too."""
        other.persist("lock")
        lock.release()
        assert not other.exists("lock")

    @plain
    def test_a_key_that_is_taken_is_no_free_lock(self, provider: Cache, store: Act) -> None:
        """A lock cannot be acquired under a live key of any type."""
        store(provider)
        assert provider.get_lock("plain").acquire(blocking=False) is False

    @plain
    def test_a_key_that_is_taken_is_locked(self, provider: Cache, store: Act) -> None:
        """`locked` tells whether `acquire` would fail, whatever type the key has."""
        store(provider)
        lock = provider.get_lock("plain")
        assert (lock.locked(), lock.owned()) == (True, False)

    @plain
    def test_a_key_that_is_no_lock_is_left_alone(self, provider: Cache, store: Act) -> None:
        """A handle that acquired nothing neither releases nor extends what is there."""
        store(provider)
        lock = provider.get_lock("plain")
        lock.acquire(blocking=False)
        lock.extend(5)
        with pytest.raises(LockNotOwnedError, match="'plain'"):
            lock.release()
        assert (provider.exists("plain"), provider.ttl("plain")) == (True, None)

    def test_a_key_that_expired_is_a_free_lock(self, provider: Cache, harness: Harness) -> None:
        """A lock can be acquired once the value under its name has expired."""
        provider.set("plain", "value", 10)
        harness.pass_time(10)
        assert provider.get_lock("plain").acquire(blocking=False) is True
