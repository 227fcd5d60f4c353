"""What identifies a provider, what it shares, what it throws away, and how it ends."""

from collections.abc import Callable

import pytest

from cache_provider.errors import CacheClosedError
from cache_provider.interface.lock import DistributedLock
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Act, Cache, Harness
from cache_provider.testing.contract.operations import EVERY, ON_A_KEY
from cache_provider.testing.contract.terms import Terms

# flush_all


def fill(cache: Cache) -> None:
    """Store a key of each type, and hold a lock."""
    cache.set("value", 1)
    cache.set("none", None, 100)
    cache.push_limit("list", 1, 5)
    cache.hset("hash", "field", 1)
    cache.get_lock("lock").acquire()


# close


LOCK_OPERATIONS: dict[str, Callable[[DistributedLock], object]] = {
    "acquire": lambda lock: lock.acquire(),
    "acquire without blocking": lambda lock: lock.acquire(blocking=False),
    "release": lambda lock: lock.release(),
    "locked": lambda lock: lock.locked(),
    "owned": lambda lock: lock.owned(),
    "extend": lambda lock: lock.extend(5),
    "with": lambda lock: lock.__enter__(),
}


class HousekeepingContract(Contract):
    """What identifies a provider, what it shares, what it throws away, and how it ends."""

    # Identity

    def test_a_provider_has_a_name(self, provider: Cache, other: Cache) -> None:
        """`provider_name` is a word for the kind of provider."""
        assert (provider.provider_name.isidentifier(), provider.provider_name) == (True, other.provider_name)

    def test_a_provider_has_its_label(self, harness: Harness) -> None:
        """`cache_name` is the label it was given."""
        assert harness.connect(Terms(cache_name="sessions")).cache_name == "sessions"

    @needs(Capability.EXACT_PREFIX)
    @pytest.mark.parametrize("prefix", ["", "app:", "a[1]*:", "é:"])
    def test_a_provider_has_its_prefix(self, harness: Harness, prefix: str) -> None:
        """`key_prefix` is the prefix it was given."""
        assert harness.connect(Terms(prefix)).key_prefix == prefix

    def test_reads_that_find_are_hits(self, provider: Cache) -> None:
        """`stats` counts each read that found its key."""
        provider.set("key", "value")
        provider.get("key")
        provider.mget(["key", "missing"])
        assert provider.stats().hits == 2

    def test_reads_that_find_nothing_are_misses(self, provider: Cache) -> None:
        """`stats` counts each read that found no key."""
        provider.get("missing")
        provider.mget(["missing", "gone"])
        assert provider.stats().misses == 3

    def test_keys_that_are_written_are_counted(self, provider: Cache) -> None:
        """`stats` counts each key that was written."""
        provider.set("key", "value")
        provider.mset({"a": 1, "b": 2})
        provider.setnx("key", "not stored")
        assert provider.stats().sets == 3

    def test_keys_that_are_deleted_are_counted(self, provider: Cache) -> None:
        """`stats` counts each key that was removed."""
        provider.mset({"a": 1, "b": 2, "c": 3})
        provider.delete("a")
        provider.delete("missing")
        provider.mdelete(["b", "c", "missing"])
        assert provider.stats().deletes == 3

    def test_each_provider_counts_for_itself(self, provider: Cache, other: Cache) -> None:
        """`stats` tells what went through this provider."""
        provider.set("key", "value")
        provider.get("key")
        assert (other.stats().hits, other.stats().sets) == (0, 0)

    # Health

    @pytest.mark.parametrize("ask", ["health_check", "ping"])
    def test_a_store_that_is_there_is_healthy(self, provider: Cache, ask: str) -> None:
        """`health_check` and `ping` answer True."""
        assert getattr(provider, ask)() is True

    # Prefixes

    def test_a_prefix_stands_before_every_key(self, provider: Cache, harness: Harness) -> None:
        """On the store a key is its prefix and itself, values and locks alike."""
        provider.set("key", "value")
        provider.get_lock("lock").acquire()
        assert sorted(harness.connect(Terms("")).keys()) == ["test:key", "test:lock"]

    def test_one_full_key_is_one_key(self, harness: Harness) -> None:
        """Where prefix ends and key begins makes no difference to the store."""
        harness.connect(Terms("a:")).set("b:c", "value")
        assert harness.connect(Terms("a:b:")).get("c") == "value"

    @pytest.mark.parametrize("call", EVERY.values(), ids=EVERY.keys())
    def test_an_operation_leaves_other_prefixes_alone(
        self, provider: Cache, stranger: Cache, call: Act
    ) -> None:
        """Whatever is done under one prefix, a key of the same name under another one stays as it is."""
        stranger.set("key", "old", 100)
        call(provider)
        assert (stranger.get("key"), stranger.ttl("key"), stranger.count_keys()) == ("old", 100, 1)

    @pytest.mark.parametrize("call", ON_A_KEY.values(), ids=ON_A_KEY.keys())
    def test_an_operation_sees_no_other_prefix(
        self, provider: Cache, harness: Harness, stranger: Cache, call: Callable[[Cache, str], object]
    ) -> None:
        """A key of the same name under another prefix makes no difference to the answer."""
        on_an_empty_store = call(harness.connect(Terms("empty:")), "key")
        stranger.hset("key", "field", "theirs")
        assert call(provider, "key") == on_an_empty_store

    def test_flush_all_answers_true(self, provider: Cache) -> None:
        """`flush_all` returns True."""
        assert provider.flush_all() is True

    def test_flush_all_of_nothing_answers_true(self, provider: Cache) -> None:
        """`flush_all` of an empty store returns True as well."""
        provider.flush_all()
        assert provider.flush_all() is True

    def test_flush_all_removes_keys_of_every_type_and_locks(self, provider: Cache) -> None:
        """Under its own prefix nothing is left."""
        fill(provider)
        provider.flush_all()
        assert provider.keys() == []

    def test_flush_all_removes_many_keys(self, provider: Cache) -> None:
        """However many there are, all of them go."""
        provider.mset({str(number): number for number in range(3_000)})
        provider.flush_all()
        assert provider.keys() == []

    def test_flush_all_spares_other_prefixes(self, provider: Cache, stranger: Cache) -> None:
        """Keys and locks under another prefix stay."""
        fill(stranger)
        provider.flush_all()
        assert sorted(stranger.keys()) == ["hash", "list", "lock", "none", "value"]

    @pytest.mark.parametrize(
        ("prefix", "stranger"),
        [("a[1]*:", "a1x:"), ("*", "x"), ("?:", "x:"), ("a\\:", "a:"), ("[^a]:", "b:")],
    )
    def test_flush_all_takes_its_prefix_for_text(self, harness: Harness, prefix: str, stranger: str) -> None:
        """Keys that the prefix would match as a pattern stay."""
        theirs = harness.connect(Terms(stranger))
        theirs.set("key", "value")
        harness.connect(Terms(prefix)).flush_all()
        assert theirs.get("key") == "value"

    def test_a_flushed_store_can_be_used(self, provider: Cache) -> None:
        """`flush_all` ends no provider."""
        provider.set("key", "old")
        provider.flush_all()
        provider.set("key", "new")
        assert provider.get("key") == "new"

    @pytest.mark.parametrize("call", EVERY.values(), ids=EVERY.keys())
    def test_a_closed_provider_does_nothing_more(self, provider: Cache, call: Act) -> None:
        """After `close` every operation raises `CacheClosedError`."""
        provider.set("key", "value")
        provider.close()
        with pytest.raises(CacheClosedError, match="closed"):
            call(provider)

    def test_a_closed_provider_scans_nothing(self, provider: Cache) -> None:
        """After `close`, `scan_iter` raises at once, not at the first key."""
        provider.close()
        with pytest.raises(CacheClosedError, match="closed"):
            provider.scan_iter()

    @pytest.mark.parametrize("held", [False, True], ids=["free", "held"])
    @pytest.mark.parametrize("call", LOCK_OPERATIONS.values(), ids=LOCK_OPERATIONS.keys())
    def test_a_lock_of_a_closed_provider_does_nothing_more(
        self, provider: Cache, call: Callable[[DistributedLock], object], held: bool
    ) -> None:
        """After `close` every operation on a handle that was made before raises `CacheClosedError`."""
        lock = provider.get_lock("lock")
        if held:
            lock.acquire()
        provider.close()
        with pytest.raises(CacheClosedError, match="closed"):
            call(lock)

    def test_a_provider_may_be_closed_twice(self, provider: Cache) -> None:
        """`close` is idempotent."""
        provider.close()
        provider.close()
        with pytest.raises(CacheClosedError, match="closed"):
            provider.ping()

    def test_a_closed_provider_keeps_its_identity(self, provider: Cache) -> None:
        """Names and prefix can be read after `close`, for logs."""
        before = (provider.provider_name, provider.cache_name, provider.key_prefix)
        provider.close()
        assert (provider.provider_name, provider.cache_name, provider.key_prefix) == before

    def test_a_shared_store_keeps_its_data(self, provider: Cache, other: Cache) -> None:
        """What a closed provider wrote is there for the others."""
        provider.set("key", "value")
        provider.close()
        assert other.get("key") == "value"

    def test_a_shared_store_keeps_its_locks(self, provider: Cache, other: Cache, harness: Harness) -> None:
        """A lock that a closed provider held ends with its lease, not before."""
        provider.get_lock("lock", timeout=10).acquire()
        provider.close()
        held = other.get_lock("lock").acquire(blocking=False)
        harness.pass_time(10)
        assert (held, other.get_lock("lock").acquire(blocking=False)) == (False, True)

    def test_a_shared_store_serves_the_others(self, provider: Cache, other: Cache) -> None:
        """`close` ends this provider only."""
        provider.close()
        assert other.set("key", "value") is True

    # As a context manager

    def test_a_with_block_gives_the_provider(self, provider: Cache) -> None:
        """`as` binds the provider itself."""
        with provider as bound:
            assert bound is provider

    def test_a_with_block_closes_the_provider(self, provider: Cache) -> None:
        """After the block every operation raises `CacheClosedError`."""
        with provider:
            provider.set("key", "value")
        with pytest.raises(CacheClosedError, match="closed"):
            provider.get("key")

    def test_a_with_block_closes_the_provider_when_its_body_raises(self, provider: Cache) -> None:
        """After an exception the provider is closed too."""
        with pytest.raises(KeyError), provider:
            raise KeyError
        with pytest.raises(CacheClosedError, match="closed"):
            provider.get("key")

    def test_a_with_block_may_close_its_provider(self, provider: Cache) -> None:
        """The end of the block is a second `close`, which does nothing."""
        with provider:
            provider.close()
        with pytest.raises(CacheClosedError, match="closed"):
            provider.get("key")
