"""Scripts, with Lua and without."""

import importlib.util
import sys
from hashlib import sha1
from typing import Any

import pytest
import redis
from redis.lock import Lock

from cache_provider import MemoryServer
from cache_provider.door.known_scripts import known_script
from cache_provider.door.scripts import NEEDS_LUA
from cache_provider.redis import scripts as ours

OURS = {name: script.sha for name, script in vars(ours).items() if isinstance(script, ours.Script)}
THEIRS = {
    name: sha1(text.encode(), usedforsecurity=False).hexdigest()
    for name, text in vars(Lock).items()
    if name.startswith("LUA_") and isinstance(text, str)
}

with_lua = pytest.mark.skipif(importlib.util.find_spec("lupa") is None, reason="needs the extra lua")


@pytest.fixture
def no_lua(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `lupa` not be installed."""
    for name in ("lupa", "lupa.lua51"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize(("name", "sha"), [*OURS.items(), *THEIRS.items()])
def test_a_script_of_a_lock_or_of_our_adapter_needs_no_lua(name: str, sha: str) -> None:
    """Each is known by its text."""
    del name
    assert known_script(sha) is not None


@pytest.mark.usefixtures("no_lua")
def test_redis_pys_lock_works_without_lua(client: Any) -> None:
    """Acquire, extend, reacquire, release."""
    lock = client.lock("lock", timeout=5)
    assert [lock.acquire(), lock.extend(5), lock.reacquire(), lock.release()] == [True, True, True, None]


@pytest.mark.usefixtures("no_lua")
def test_another_script_says_what_it_needs(client: Any) -> None:
    """And how to get it."""
    with pytest.raises(redis.ResponseError, match=NEEDS_LUA.removeprefix("ERR ").partition("[")[0]):
        client.eval("return 1", 0)


@with_lua
@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("return {1, 'a', false, {ok = 'fine'}, 3.9}", [1, "a", None, "fine", 3]),
        ("return redis.call('incrby', KEYS[1], ARGV[1])", 7),
        (
            "return redis.pcall('incr', {}).err",
            "ERR Lua redis lib command arguments must be strings or integers",
        ),
        ("return cjson.encode({a = {1, 2}})", '{"a":[1,2]}'),
        ("return cjson.decode('{\"a\": [1, 2]}').a[2]", 2),
        ("return bit.band(12, 10)", 8),
        ("return struct.unpack('>I2', struct.pack('>I2', 258))", 258),
        ("return cmsgpack.unpack(cmsgpack.pack({1, 2}))", [1, 2]),
    ],
)
def test_a_script_returns_what_it_would_on_redis(client: Any, text: str, result: object) -> None:
    """Values and calls."""
    assert client.eval(text, 1, "key", 7) == result


@with_lua
def test_an_error_in_a_script_names_its_line(client: Any) -> None:
    """As Redis 7.0 does."""
    with pytest.raises(redis.ResponseError, match=r"Unknown Redis command .* on @user_script:2\."):
        client.eval("local x\nreturn redis.call('nosuch')", 0)


@with_lua
def test_an_endless_script_is_ended(server: MemoryServer) -> None:
    """Whatever it catches."""
    client: Any = server.redis()
    client.config_set("busy-reply-threshold", 50)
    with pytest.raises(redis.ResponseError, match="killed"):
        client.eval("while true do pcall(function() while true do end end) end", 0)


@with_lua
def test_a_script_is_seen_whole(server: MemoryServer) -> None:
    """Its changes become visible together, be it on other databases."""
    client: Any = server.redis()
    client.eval("redis.call('set', 'a', 1) redis.call('select', 3) redis.call('set', 'b', 2)", 0)
    assert (client.get("a"), client.exists("b"), server.redis(db=3).get("b")) == (b"1", 0, b"2")
