"""The `default_ttl` of a provider: what it applies to, and what it leaves alone."""

from datetime import timedelta
from typing import Any

import pytest

from cache_provider.arguments import Ttl
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Act, Cache, Harness
from cache_provider.testing.contract.terms import Terms
from cache_provider.testing.contract.writes import CREATING, WITH_TTL, Write

HSET = Write(
    "hset",
    lambda cache: cache.hset("key", "field", "old"),
    lambda cache, _ttl: cache.hset("key", "new field", "new"),
)
REPLACING = [
    write
    for write in WITH_TTL
    if write.name in {"set", "getset", "mset", "cas_dict_field", "compare_and_set"}
]
KEEPING = [*(write for write in WITH_TTL if write.name in {"incr", "decr", "push_limit"}), HSET]


REFUSED: dict[str, tuple[Any, type[Exception]]] = {
    "0": (0, ValueError),
    "-1": (-1, ValueError),
    "nan": (float("nan"), ValueError),
    "True": (True, TypeError),
    "'60'": ("60", TypeError),
}


READS: dict[str, Act] = {
    "get": lambda cache: cache.get("key"),
    "expire_at": lambda cache: cache.expire_at("key", None),
    "keys": lambda cache: cache.keys(),
    "hdel": lambda cache: cache.hdel("hash", "a"),
}


class DefaultTtlContract(Contract):
    """The `default_ttl` of a provider: what it applies to, and what it leaves alone."""

    @pytest.fixture
    def defaulting(self, harness: Harness) -> Cache:
        """Return a provider whose default is 60 s."""
        return harness.connect(Terms(default_ttl=60))

    @pytest.fixture
    def plain(self, harness: Harness) -> Cache:
        """Return a provider without a default, with the same keys."""
        return harness.connect(Terms())

    @pytest.mark.parametrize("write", [*CREATING, HSET], ids=str)
    def test_a_key_that_is_created_takes_the_default(self, defaulting: Cache, write: Write) -> None:
        """Every write that creates a key and names no ttl applies the default."""
        write.call(defaulting, None)
        assert defaulting.ttl("key") == 60

    @pytest.mark.parametrize("write", REPLACING, ids=str)
    @pytest.mark.parametrize("before", [None, 5], ids=["persistent", "with a deadline"])
    def test_a_value_that_is_replaced_takes_the_default(
        self, defaulting: Cache, plain: Cache, write: Write, before: int | None
    ) -> None:
        """What replaces a whole value counts as creating it."""
        write.prepare(plain)
        if before is not None:
            plain.expire("key", before)
        write.call(defaulting, None)
        assert defaulting.ttl("key") == 60

    @pytest.mark.parametrize("write", KEEPING, ids=str)
    @pytest.mark.parametrize("before", [None, 5], ids=["persistent", "with a deadline"])
    def test_a_key_that_is_only_changed_keeps_its_deadline(
        self, defaulting: Cache, plain: Cache, write: Write, before: int | None
    ) -> None:
        """Counters, lists and hashes take the default only when they are created."""
        write.prepare(plain)
        if before is not None:
            plain.expire("key", before)
        write.call(defaulting, None)
        assert defaulting.ttl("key") == before

    @pytest.mark.parametrize("write", CREATING, ids=str)
    def test_a_ttl_that_is_named_wins(self, defaulting: Cache, write: Write) -> None:
        """An explicit ttl is what counts."""
        write.call(defaulting, 5)
        assert defaulting.ttl("key") == 5

    @pytest.mark.parametrize("write", REPLACING, ids=str)
    def test_a_ttl_that_is_named_wins_on_a_replacement(self, defaulting: Cache, write: Write) -> None:
        """An explicit ttl is what counts, whatever the key had before."""
        write.prepare(defaulting)
        write.call(defaulting, 5)
        assert defaulting.ttl("key") == 5

    def test_every_key_of_a_bulk_write_takes_the_default(self, defaulting: Cache) -> None:
        """`mset` without ttl gives each key the default."""
        defaulting.mset({"a": 1, "b": 2})
        assert [defaulting.ttl("a"), defaulting.ttl("b")] == [60, 60]

    def test_setnx_that_fails_leaves_the_deadline(self, defaulting: Cache, plain: Cache) -> None:
        """`setnx` on a live key applies no default."""
        plain.set("key", "old")
        defaulting.setnx("key", "new")
        assert defaulting.ttl("key") is None

    def test_a_compare_that_fails_leaves_the_deadline(self, defaulting: Cache, plain: Cache) -> None:
        """`compare_and_set` that finds another value applies no default."""
        plain.set("key", "old")
        defaulting.compare_and_set("key", "another", "new")
        assert defaulting.ttl("key") is None

    def test_a_hit_leaves_the_deadline(self, defaulting: Cache, plain: Cache) -> None:
        """`get_or_set` that finds a value applies no default."""
        plain.set("key", "old")
        defaulting.get_or_set("key", lambda: "new")
        assert defaulting.ttl("key") is None

    def test_persist_asks_for_no_expiry_under_a_default(self, defaulting: Cache) -> None:
        """A key is made persistent by `persist`, default or not."""
        defaulting.set("key", "value")
        defaulting.persist("key")
        assert defaulting.ttl("key") is None

    @needs(Capability.STILL_TIME)
    def test_a_value_goes_when_the_default_is_over(self, defaulting: Cache, harness: Harness) -> None:
        """The default counts from the write, to the millisecond."""
        defaulting.set("key", "value")
        harness.pass_time(59.999)
        alive = defaulting.exists("key")
        harness.pass_time(0.001)
        assert (alive, defaulting.exists("key")) == (True, False)

    def test_the_default_is_the_providers_own(self, defaulting: Cache, plain: Cache) -> None:
        """Another provider on the same store writes without it."""
        defaulting.set("key", "value")
        plain.set("key", "value")
        assert plain.ttl("key") is None

    def test_a_default_is_no_lease(self, defaulting: Cache) -> None:
        """A lock has the lease it asked for."""
        defaulting.get_lock("lock", timeout=5).acquire()
        assert defaulting.ttl("lock") == 5

    @pytest.mark.parametrize("default", [2, 2.0, timedelta(seconds=2)], ids=repr)
    def test_a_default_is_any_kind_of_ttl(self, harness: Harness, default: Ttl) -> None:
        """A default is read as every ttl is."""
        cache = harness.connect(Terms(default_ttl=default))
        cache.set("key", "value")
        assert cache.ttl("key") == 2

    @pytest.mark.parametrize(
        ("shown", "default", "error"), [(shown, *row) for shown, row in REFUSED.items()], ids=REFUSED
    )
    def test_a_default_that_is_no_ttl_is_refused(
        self, harness: Harness, shown: str, default: Any, error: type[Exception]
    ) -> None:
        """A default is refused as every ttl is, when the provider is made."""
        with pytest.raises(error, match=rf"\bdefault_ttl\b.*{shown}"):
            harness.connect(Terms(default_ttl=default))

    @pytest.mark.parametrize("call", READS.values(), ids=READS.keys())
    def test_what_writes_no_value_applies_no_default(
        self, defaulting: Cache, plain: Cache, call: Act
    ) -> None:
        """Reads, `expire_at` and removals leave deadlines alone."""
        plain.set("key", "value")
        plain.hset("hash", "a", 1)
        plain.hset("hash", "b", 2)
        call(defaulting)
        assert [defaulting.ttl("key"), defaulting.ttl("hash")] == [None, None]
