"""Commands that some servers have in place of a script: they are found once, and used."""

from typing import Any

import pytest

from cache_provider import CacheProviderInterface
from cache_provider.redis.natives import DeleteIfEqual
from cache_provider.testing.servers import ServerBinary, ServerProcess, find_servers
from tests.redis_adapter.connecting import Connect
from tests.redis_adapter.test_round_trips import calls

FIRST = {"valkey": ("delifeq", (9,)), "redis": ("delex", (8, 4))}
"""What each engine calls the command, and since which version."""


def has_it(binary: ServerBinary) -> bool:
    """Tell whether a server has the command of its engine."""
    version = tuple(int(part) for part in binary.version.split(".")[:2])
    return version >= FIRST[binary.engine][1]


NEWEST: list[ServerBinary | None] = [found for found in find_servers() if has_it(found)]


@pytest.fixture(params=NEWEST or [None], ids=lambda found: found.name if found else "none")
def binary(request: pytest.FixtureRequest) -> ServerBinary:
    """Return each server that has the command."""
    found: ServerBinary | None = request.param
    if found is None:
        pytest.skip("no server on this machine has such a command")
    return found


@pytest.fixture
def command(binary: ServerBinary) -> str:
    """Return its name."""
    return FIRST[binary.engine][0]


def test_a_value_is_removed_by_the_command(
    server: ServerProcess, cache: CacheProviderInterface, command: str
) -> None:
    """One, and no script."""
    cache.set("k", 1)
    removed = cache.compare_and_delete("k", 1)
    sent = calls(server)
    assert (removed, sent.get(command), sent.get("evalsha"), sent.get("eval")) == (True, 1, None, None)


def test_it_is_asked_for_once(server: ServerProcess, cache: CacheProviderInterface) -> None:
    """Not before each use."""
    for _ in range(3):
        cache.set("k", 1)
        cache.compare_and_delete("k", 1)
    assert calls(server)["command|info"] == 1


def test_another_value_stays(cache: CacheProviderInterface) -> None:
    """As by the script."""
    cache.set("k", 1)
    assert (cache.compare_and_delete("k", 2), cache.get("k")) == (False, 1)


@pytest.mark.parametrize("missing", ["-{}", "-command"])
def test_a_missing_right_leads_to_the_script(
    server: ServerProcess, connect: Connect, command: str, missing: str
) -> None:
    """The user may have been made for an older version of this package."""
    server.call("ACL", "SETUSER", "u", "reset", "on", ">pw", "~*", "+@all", missing.format(command))
    cache = connect(f"{server.url}{'&' if '?' in server.url else '?'}username=u&password=pw")
    cache.set("k", 1)
    assert (cache.compare_and_delete("k", 1), cache.exists("k")) == (True, False)


def test_a_lock_whose_waiters_cannot_be_woken_is_released_by_it(
    server: ServerProcess, connect: Connect, command: str
) -> None:
    """Its own key is all that the user may touch."""
    server.call("ACL", "SETUSER", "u", "reset", "on", ">pw", "~l", "+@all")
    cache = connect(f"{server.url}{'&' if '?' in server.url else '?'}username=u&password=pw")
    with cache.get_lock("l"):
        pass
    assert (calls(server).get(command), cache.exists("l")) == (1, False)


Entry = list[Any] | None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([[b"delifeq", 3], None], (b"DELIFEQ", b"k", b"v")),
        ([None, [b"delex", -2]], (b"DELEX", b"k", "IFEQ", b"v")),
        ([None, None], None),
        ([], None),
    ],
)
def test_the_command_is_the_servers(answer: list[Entry], words: tuple[object, ...] | None) -> None:
    """Valkey's, Redis' or none."""
    found = DeleteIfEqual()
    found.learn(answer)
    assert found.words(b"k", b"v") == words
