"""`get_or_set` with `stale_ttl` under every interleaving."""

from cache_provider.testing.race import Race, explore


def test_a_stale_value_is_computed_anew_by_one() -> None:
    """However two callers' steps mix, one factory is called and nobody waits for it."""

    def scenario(r: Race) -> None:
        made: list[str] = []
        r.cache.set("key", "old", ttl=30)

        def ask(name: str) -> None:
            def make() -> str:
                made.append(name)
                return name

            served = r.cache.get_or_set("key", make, 10, stale_ttl=30)
            assert served in {"old", name, *made}

        for name in ("A", "B"):
            r.spawn(ask, name, name=name)
        r.join()
        assert r.cache.get("key") == made[0]
        assert len(made) == 1

    assert explore(scenario).exhausted
