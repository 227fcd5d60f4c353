"""The last lines of a run are true."""

from pathlib import Path

from cache_provider.testing.servers import ServerBinary
from tests.whereabouts import SOURCES, told

REDIS = ServerBinary("redis", "7.0.15", Path("redis-server"), "PATH")
ON_REDIS = ["test_a[redis-7.0.15 by threads]", "test_b[redis-7.0.15 by asyncio]"]


def test_each_server_has_a_line() -> None:
    """With its source and the tests that passed on it."""
    lines = list(told([*ON_REDIS, "test_c[double by threads]"], [], {REDIS.name: REDIS}))
    assert lines[:2] == [
        "on redis-7.0.15 (PATH): 2 passed",
        "on the double, or on no server by name: 1 passed",
    ]


def test_what_was_skipped_is_told_by_its_reason() -> None:
    """The most common first."""
    lines = list(told(ON_REDIS, ["no node", "no clock", "no clock"], {REDIS.name: REDIS}))
    assert lines[-2:] == ["left out: 2 tests: no clock", "left out: 1 test: no node"]


def test_a_server_that_was_not_found_is_told() -> None:
    """By where it was looked for."""
    elsewhere = ServerBinary("redis", "7.0.15", Path("redis-server"), "elsewhere")
    lines = list(told(ON_REDIS, [], {REDIS.name: elsewhere}))
    assert "left out: the server of PATH, which was not found" in lines


def test_a_run_that_touched_no_server_says_nothing() -> None:
    """One file of unit tests needs no such section."""
    assert list(told(["test_c"], ["no node"], {REDIS.name: REDIS})) == []


def test_servers_are_looked_for_on_the_path_too() -> None:
    """And not only in the extra's packages."""
    assert SOURCES[0] == "PATH"
