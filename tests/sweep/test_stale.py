"""`get_or_set` with `stale_ttl` under every fault."""

from cache_provider import CacheProviderInterface
from cache_provider.testing.sweep import sweep
from tests.sweep.silence import SILENT


def test_a_stale_value_survives_every_fault() -> None:
    """Whatever operation fails, somebody is served, and no lock stays."""

    def scenario(cache: CacheProviderInterface) -> None:
        assert cache.get_or_set("key", lambda: "new", 10, stale_ttl=30) in {"old", "new"}

    def check(cache: CacheProviderInterface) -> None:
        assert cache.get("key") in {None, "old", "new"}

    def prepared(cache: CacheProviderInterface) -> None:
        cache.set("key", "old", ttl=30)

    assert sweep(scenario, check=check, prepare=prepared, **SILENT).failures == []
