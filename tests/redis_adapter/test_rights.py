"""A user who has just the commands that docs/rights.md lists can do what it says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from cache_provider import CacheAccessError, CacheProviderInterface, CounterOverflowError
from cache_provider.testing.seam import EFFECTS
from cache_provider.testing.servers import ServerProcess
from tests.redis_adapter.connecting import Connect

PAGE = (Path(__file__).parents[2] / "docs/rights.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (`.*) \| ((?:`[A-Z]+` ?)+) \|$", re.MULTILINE)
RIGHTS = {match[1]: re.findall(r"`([A-Z]+)`", match[2]) for match in ROW.finditer(PAGE)}

LATER = datetime.now(UTC) + timedelta(hours=1)

Use = Callable[[CacheProviderInterface], object]


def release(cache: CacheProviderInterface) -> None:
    """Give back what was acquired."""
    lock = cache.get_lock("lock")
    lock.acquire()
    lock.release()


def extend(cache: CacheProviderInterface) -> None:
    """Make a lease longer."""
    lock = cache.get_lock("lock")
    lock.acquire()
    lock.extend(5)


def overflow(cache: CacheProviderInterface) -> None:
    """Create a counter that cannot be."""
    with pytest.raises(CounterOverflowError):
        cache.incr("p", 1, default=2**63 - 1)


def compute(cache: CacheProviderInterface) -> None:
    """Store over nothing, and over a None, and wait for another process."""
    cache.get_or_set("computed", lambda: None)
    cache.get_or_set("computed", lambda: 1)
    cache.get_lock("singleflight:lock:elsewhere").acquire()
    cache.get_or_set("elsewhere", lambda: 1, wait_timeout=0.01)


# Each on a store with the value 1 under "n", a record under "d", a list under "l" and a hash under "h".
USES: dict[str, list[Use]] = {
    "`get`": [lambda c: c.get("n")],
    "`set` · `setnx` · `getset`": [
        lambda c: c.set("k", 1, 5),
        lambda c: c.setnx("k", 1, 5),
        lambda c: c.getset("k", 2, 5),
    ],
    "`getdel`": [lambda c: c.getdel("n")],
    "`delete` · `mdelete`": [lambda c: c.delete("n"), lambda c: c.mdelete(["d", "l"])],
    "`exists`": [lambda c: c.exists("n")],
    "`incr` · `decr`": [lambda c: c.incr("n"), lambda c: c.decr("n")],
    "`incr` or `decr` with `default` or `ttl`, or under a `default_ttl`": [
        lambda c: c.incr("m", default=5, ttl=5),
        lambda c: c.decr("o", default=5, ttl=5),
        overflow,
    ],
    "`expire`": [lambda c: c.expire("n", 5)],
    "`expire_at`": [lambda c: c.expire_at("n", LATER)],
    "`persist`": [lambda c: c.persist("n")],
    "`ttl` · `pttl`": [lambda c: c.ttl("n"), lambda c: c.pttl("n")],
    "`cas_dict_field` · `compare_and_set`": [
        lambda c: c.cas_dict_field("d", "a", 1, {"a": 2}, 5),
        lambda c: c.compare_and_set("n", 1, 2),
    ],
    "`compare_and_delete`": [lambda c: c.compare_and_delete("n", 1)],
    "`mget`": [lambda c: c.mget(["n", "d"])],
    "`mset`": [lambda c: c.mset({"a": 1, "b": 2})],
    "`mset` with `ttl`, or under a `default_ttl`": [lambda c: c.mset({"a": 1, "b": 2}, 5)],
    "`mexists`": [lambda c: c.mexists(["n", "d"])],
    "`push_limit`": [lambda c: c.push_limit("l", 2, 5, 5)],
    "`list_range`": [lambda c: c.list_range("l", 0, -1)],
    "`hset`": [lambda c: c.hset("h", "g", 1)],
    "`hset` under a `default_ttl`": [lambda c: c.hset("new", "g", 1)],
    "`hget`": [lambda c: c.hget("h", "f")],
    "`hgetall`": [lambda c: c.hgetall("h")],
    "`hdel`": [lambda c: c.hdel("h"), lambda c: c.hdel("h", "f")],
    "`keys`": [lambda c: c.keys()],
    "`scan` · `scan_iter` · `count_keys`": [
        lambda c: c.scan(),
        lambda c: list(c.scan_iter()),
        lambda c: c.count_keys("*"),
    ],
    "`delete_pattern`": [lambda c: c.delete_pattern("*")],
    "`flush_all`": [lambda c: c.flush_all()],
    "`get_or_set`": [compute],
    "`lock.acquire`": [
        lambda c: c.get_lock("lock").acquire(),
        lambda c: c.get_lock("lock").acquire(timeout=0.01),
    ],
    "`lock.acquire` with `fenced=True`": [
        lambda c: c.get_lock("lock", fenced=True).acquire(),
        lambda c: c.get_lock("lock", fenced=True).acquire(timeout=0.01),
    ],
    "`lock.release`": [release],
    "`lock.locked`": [lambda c: c.get_lock("lock").locked()],
    "`lock.owned`": [lambda c: c.get_lock("lock").owned()],
    "`lock.extend`": [extend],
    "`health_check` · `ping`": [lambda c: _is_true(c.health_check()), lambda c: _is_true(c.ping())],
}

HELPS: dict[str, list[str]] = {"`lock.release`": ["SET"], "`lock.extend`": ["SET"]}
"""What a row's use needs besides, to come to what the row is about."""

_numbers = count()


def _is_true(healthy: bool) -> None:
    if not healthy:
        raise CacheAccessError("not healthy")


class Limited:
    """Connects users to a server who have a few rights."""

    def __init__(self, server: ServerProcess, connect: Connect) -> None:
        self._server = server
        self._connect = connect

    def as_user(self, commands: list[str], default_ttl: str = "") -> CacheProviderInterface:
        """Return the cache of a new user with these commands, and its own keys."""
        name = f"user{next(_numbers)}"
        rights = [f"+{command.lower()}" for command in ("HELLO", *commands)]
        self._server.call("ACL", "SETUSER", name, "reset", "on", ">pw", "~app:*", *rights)
        separator = "&" if "?" in self._server.url else "?"
        login = f"{separator}username={name}&password=pw{default_ttl}"
        return self._connect(f"{self._server.url}{login}", "app:")


@pytest.fixture
def limited(server: ServerProcess, connect: Connect) -> Limited:
    """Return how to connect with few rights to a server that holds something."""
    owner = connect(server.url, "app:")
    owner.set("n", 1, 60)
    owner.set("d", {"a": 1})
    owner.push_limit("l", 1, 5)
    owner.hset("h", "f", 1)
    server.call("SCRIPT", "FLUSH")
    return Limited(server, connect)


def use(limited: Limited, row: str, commands: list[str]) -> None:
    """Do what a row is about with these commands."""
    cache = limited.as_user(
        commands + HELPS.get(row, []), "&default_ttl=60" if row.startswith("`hset` under") else ""
    )
    for step in USES[row]:
        step(cache)


def test_every_row_is_tried() -> None:
    """No operation is listed that nobody tried, and none tried that is not listed."""
    assert set(USES) == set(RIGHTS)


def test_every_operation_has_a_row() -> None:
    """A new one is listed with the rights that it needs."""
    assert set(re.findall(r"`([\w.]+)`", " ".join(RIGHTS))) >= set(EFFECTS)


@pytest.mark.parametrize("row", RIGHTS)
def test_the_listed_rights_are_enough(limited: Limited, row: str) -> None:
    """On a server that knows no script yet."""
    use(limited, row, RIGHTS[row])


@pytest.mark.parametrize(
    ("row", "missing"), [(row, command) for row, commands in RIGHTS.items() for command in commands]
)
def test_no_listed_right_is_too_much(limited: Limited, row: str, missing: str) -> None:
    """Without it the operation is refused."""
    with pytest.raises(CacheAccessError):
        use(limited, row, [command for command in RIGHTS[row] if command != missing])
