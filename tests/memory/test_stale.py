"""What `get_or_set(…, stale_ttl=…)` does not do: nothing goes on behind the callers' backs."""

import threading

from cache_provider import InMemoryCacheAdapter, ManualClock


def test_an_expired_value_is_computed_again_by_a_caller_and_no_other_thread() -> None:
    """Whoever comes first computes it and gets it; no thread is started for that."""
    clock = ManualClock()
    cache = InMemoryCacheAdapter(clock=clock)
    cache.get_or_set("key", lambda: "old", ttl=1, stale_ttl=10)
    clock.advance(2)
    before = set(threading.enumerate())
    seen: list[tuple[threading.Thread, set[threading.Thread]]] = []

    def compute() -> str:
        seen.append((threading.current_thread(), set(threading.enumerate()) - before))
        return "new"

    cache.get_or_set("key", compute, ttl=1, stale_ttl=10)
    assert seen == [(threading.current_thread(), set())]
