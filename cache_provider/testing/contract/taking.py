"""Taking a value while another takes its place, or none: `getset` and `getdel`."""

import pytest

from cache_provider.errors import DecodeError
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.harness import Act, Cache

TAKE: dict[str, Act] = {
    "getset": lambda cache: cache.getset("key", "new"),
    "getdel": lambda cache: cache.getdel("key"),
}

each_take = pytest.mark.parametrize("take", TAKE.values(), ids=TAKE.keys())


class TakingContract(Contract):
    """Operations that answer with the value that was there, in the same step."""

    @each_take
    @pytest.mark.parametrize("value", ["old", 7, None, {"state": "old"}, ["old"]], ids=repr)
    def test_it_answers_with_the_old_value(self, provider: Cache, take: Act, value: object) -> None:
        """Whatever value it was."""
        provider.set("key", value)
        assert take(provider) == value

    @each_take
    def test_without_an_old_value_it_answers_none(self, provider: Cache, take: Act) -> None:
        """A missing key is not an error."""
        assert take(provider) is None

    @each_take
    def test_it_counts_as_a_hit_or_a_miss(self, provider: Cache, take: Act) -> None:
        """It is a read as well."""
        take(provider)
        provider.set("key", "old")
        take(provider)
        stats = provider.stats()
        assert (stats.hits, stats.misses) == (1, 1)

    def test_getset_replaces_what_the_codec_cannot_read(self, provider: Cache, raw: Cache) -> None:
        """The server does not know what it hands out; only the answer is lost."""
        raw.set("key", b"\xff no JSON")
        with pytest.raises(DecodeError, match="'key'"):
            provider.getset("key", "new")
        assert provider.get("key") == "new"

    def test_getdel_removes_what_the_codec_cannot_read(self, provider: Cache, raw: Cache) -> None:
        """It is gone, and nobody has read it."""
        raw.set("key", b"\xff no JSON")
        with pytest.raises(DecodeError, match="'key'"):
            provider.getdel("key")
        assert not provider.exists("key")

    def test_getset_stores_the_new_value(self, provider: Cache) -> None:
        """Under a free key too."""
        provider.getset("key", "new")
        assert provider.get("key") == "new"

    def test_getset_counts_as_a_write(self, provider: Cache) -> None:
        """As `set` does."""
        provider.getset("key", "new")
        assert provider.stats().sets == 1

    def test_getset_without_a_ttl_removes_the_deadline(self, provider: Cache) -> None:
        """As `set` does."""
        provider.set("key", "old", 100)
        provider.getset("key", "new")
        assert provider.ttl("key") is None

    def test_getset_keeps_a_deadline_if_asked(self, provider: Cache) -> None:
        """As `set` does."""
        provider.set("key", "old", 100)
        provider.getset("key", "new", keep_ttl=True)
        assert provider.ttl("key") == 100

    def test_getset_with_both_a_ttl_and_keep_ttl_is_refused(self, provider: Cache) -> None:
        """Before anything has changed."""
        provider.set("key", "old")
        with pytest.raises(ValueError, match="keep_ttl"):
            provider.getset("key", "new", 5, keep_ttl=True)
        assert provider.get("key") == "old"

    def test_getdel_removes_the_key(self, provider: Cache) -> None:
        """A None that was stored goes as well."""
        provider.set("key", None)
        provider.getdel("key")
        assert not provider.exists("key")

    def test_getdel_counts_what_it_removed(self, provider: Cache) -> None:
        """A missing key is none."""
        provider.set("key", "old")
        provider.getdel("key")
        provider.getdel("key")
        assert provider.stats().deletes == 1
