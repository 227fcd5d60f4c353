"""What the server is asked for many keys: one command, not one for each."""

import pytest

from cache_provider import RedisCacheAdapter
from cache_provider.testing.servers import ServerProcess

KEYS = [f"k{number}" for number in range(100)]


def calls(server: ServerProcess) -> dict[str, int]:
    """Return how often the server was asked for each command since the last reset."""
    stats = server.info("commandstats")
    return {
        name.removeprefix("cmdstat_"): int(text.split(",")[0].split("=")[1]) for name, text in stats.items()
    }


@pytest.fixture
def counted(server: ServerProcess, cache: RedisCacheAdapter) -> ServerProcess:
    """Return a server that holds all keys and has counted nothing yet."""
    cache.mset(dict.fromkeys(KEYS, "x"))
    server.call("CONFIG", "RESETSTAT")
    return server


def test_mget_is_one_command(counted: ServerProcess, cache: RedisCacheAdapter) -> None:
    """However many keys it reads."""
    cache.mget(KEYS)
    assert calls(counted)["mget"] == 1


def test_mset_without_ttl_is_one_command(counted: ServerProcess, cache: RedisCacheAdapter) -> None:
    """However many keys it writes."""
    cache.mset(dict.fromkeys(KEYS, "y"))
    assert calls(counted)["mset"] == 1


def test_mset_with_ttl_is_one_transaction(counted: ServerProcess, cache: RedisCacheAdapter) -> None:
    """Redis has no `MSET` with a ttl; what it has is sent at once."""
    cache.mset(dict.fromkeys(KEYS, "y"), ttl=60)
    assert calls(counted)["exec"] == 1


def test_mdelete_is_one_command(counted: ServerProcess, cache: RedisCacheAdapter) -> None:
    """However many keys it removes."""
    cache.mdelete(KEYS)
    assert calls(counted)["del"] == 1


def test_flush_all_unlinks_a_page_with_one_command(counted: ServerProcess, cache: RedisCacheAdapter) -> None:
    """Not each key of the page."""
    cache.flush_all()
    assert calls(counted)["unlink"] == 1


@pytest.mark.parametrize("name", ["mget", "mdelete"])
def test_no_keys_are_no_command(counted: ServerProcess, cache: RedisCacheAdapter, name: str) -> None:
    """A server refuses `MGET` and `DEL` without keys, and has nothing to say about them."""
    before = calls(counted)
    getattr(cache, name)([])
    # The asking itself is counted.
    assert calls(counted).keys() - {"info"} == before.keys() - {"info"}
