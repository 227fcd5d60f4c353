"""What a sweep refuses, and what it hands to its caches."""

from datetime import timedelta
from typing import Any

import pytest

from cache_provider import BytesCodec
from cache_provider.testing.sweep import KINDS, sweep
from tests.sweep.silence import SILENT


def asking(cache: Any) -> None:
    cache.exists("k")


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"kinds": "crash"}, TypeError, "kinds must be an iterable of kinds, not a single str 'crash'"),
    ({"kinds": ["crush"]}, ValueError, "kinds must be of .*, not .'crush'."),
    ({"kinds": []}, ValueError, "kinds must be of"),
    ({"kinds": [1]}, TypeError, "kinds must be a str, not int 1"),
    ({"order": 0}, ValueError, "order must be between 1"),
    ({"order": 3}, ValueError, "order must be 1 or 2, not 3"),
    ({"order": True}, TypeError, "order must be an int"),
    ({"allow": "CacheError"}, TypeError, "allow must be exception classes, not 'CacheError'"),
    ({"allow": (ValueError("x"),)}, TypeError, "allow must be exception classes"),
    ({"allow": (int,)}, TypeError, "allow must be exception classes"),
    ({"check": 1}, TypeError, "check must be callable, not int 1"),
    ({"recovered": 1}, TypeError, "recovered must be callable"),
    ({"recovery": 1}, TypeError, "recovery must be callable"),
    ({"prepare": 1}, TypeError, "prepare must be callable"),
    ({"settle": -1}, ValueError, "settle must not be negative, not -1"),
    ({"settle": "1"}, TypeError, "settle must be a timedelta or seconds"),
    ({"allow_keys": "account:*"}, TypeError, "allow_keys must be an iterable of patterns"),
    ({"allow_locks": [1]}, TypeError, "allow_locks must be a str, not int 1"),
    ({"only": 1}, TypeError, "only must be a str"),
    ({"key_prefix": 1}, TypeError, "key_prefix must be a str"),
    ({"default_ttl": 0}, ValueError, "default_ttl must be positive"),
]


@pytest.mark.parametrize(("options", "error", "message"), REFUSED, ids=[str(row[0]) for row in REFUSED])
def test_a_bad_argument_is_refused(options: dict[str, Any], error: type[Exception], message: str) -> None:
    """With its name and its value."""
    with pytest.raises(error, match=message):
        sweep(asking, **options)


def test_a_scenario_that_cannot_be_called_is_refused() -> None:
    """None is no scenario."""
    with pytest.raises(TypeError, match="scenario must be callable"):
        sweep(None)  # type: ignore[arg-type] # the point of the test


def test_kinds_stand_in_the_order_of_the_matrix() -> None:
    """In whatever order they are named."""
    assert sweep(asking, kinds=reversed(KINDS), allow=Exception, **SILENT).kinds == KINDS


def test_patterns_may_come_from_a_generator() -> None:
    """They are read once."""

    def scenario(cache: Any) -> None:
        cache.set("k", 1)

    result = sweep(scenario, kinds=["crash"], allow_keys=(key for key in ["k"]), **SILENT)
    assert result.failures == []


def test_the_caches_are_made_as_asked() -> None:
    """Prefix, codec and default ttl."""

    def scenario(cache: Any) -> None:
        cache.set("k", b"raw")

    options: Any = {"key_prefix": "shop:", "codec": BytesCodec(), "default_ttl": timedelta(seconds=5)}

    def is_made_so(cache: Any) -> bool:
        return (cache.key_prefix, cache.get("k"), cache.ttl("k")) == ("shop:", b"raw", 5)

    assert sweep(scenario, is_made_so, kinds=["crash"], **options, **SILENT).failures == []


def test_each_cell_begins_from_fresh_state() -> None:
    """Nothing of another cell is there, and the clock is where it was."""
    seen: list[Any] = []

    def scenario(cache: Any) -> None:
        cache.incr("n", ttl=60)

    def note(cache: Any) -> None:
        seen.append((cache.keys(), cache.clock.now_ms()))

    sweep(scenario, kinds=["error before", "crash"], prepare=note, allow=Exception, **SILENT)
    assert seen == [seen[0]] * 3
