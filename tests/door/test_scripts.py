"""Scripts, with Lua and without."""

import importlib.util
import re
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


@with_lua
@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("return _G", []),
        ("local a = {} setmetatable(a, {__index = function() error('read') end}) return a", []),
        ("return {cmsgpack.unpack_one(cmsgpack.pack(1, {2, 'b'}), 0)}", [1, 1]),
        ("return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 2, 1)}", [-1, 2, 3]),
        ("cjson.encode_number_precision(3) return cjson.encode({1 / 3})", "[0.333]"),
        (
            "redis.call('sadd', 's', 'b', 'aa', 'a') return redis.call('sort', 's', 'by', '_')",
            ["a", "aa", "b"],
        ),
    ],
)
def test_a_script_finds_all_that_redis_gives_it(client: Any, text: str, result: Any) -> None:
    """Seen on a real one."""
    assert client.eval(text, 0) == result


@with_lua
@pytest.mark.parametrize(
    "text",
    [
        "getmetatable(_G).__index = {}",
        "setmetatable(_G, {})",
        "getmetatable('').__index = nil",
        "getmetatable('').__index.len = nil",
        "redis.call = nil",
    ],
)
def test_a_script_leaves_the_next_what_it_found(client: Any, text: str) -> None:
    """It cannot change what all of them share."""
    with pytest.raises(redis.ResponseError, match="Attempt to modify a readonly table"):
        client.eval(text, 0)
    assert client.eval("return redis.call('echo', ('x'):rep(2))", 0) == "xx"


@with_lua
@pytest.mark.parametrize(
    ("text", "story"),
    [
        ("cjson.encode_max_depth(1) return cjson.encode({{}})", "excessive depth (2)"),
        ("cjson.decode_max_depth(1) return cjson.decode('[[1]]')", "too many nested data structures (2)"),
        ("cjson.encode_max_depth(0)", "expected integer between 1 and 2147483647"),
        ("cjson.encode_invalid_numbers('x')", "invalid option 'x'"),
        ("cmsgpack.unpack('\\129')", "Missing bytes in input."),
        ("cmsgpack.unpack_one('a', 9)", "Start offset 9 greater than input length 1."),
    ],
)
def test_what_a_library_refuses_it_says(client: Any, text: str, story: str) -> None:
    """In Redis' words."""
    with pytest.raises(redis.ResponseError, match=re.escape(story)):
        client.eval(text, 0)


@with_lua
def test_a_script_has_the_types_of_the_third_protocol(server: MemoryServer) -> None:
    """Where it asks for them, and its caller speaks it, too."""
    client: Any = server.redis(protocol=3, decode_responses=True)
    client.execute_command("DEBUG", "SET-DISABLE-DENY-SCRIPTS", "1")
    kinds = ("double", "bignum", "map", "true", "null", "attrib", "verbatim")
    texts = [f"redis.setresp(3) return redis.call('debug', 'protocol', '{kind}')" for kind in kinds]
    assert [client.eval(text, 0) for text in texts] == [
        3.141,
        1234567999999999999999999999999999999,
        {0: False, 1: True, 2: False},
        True,
        None,
        "Some real reply following the attribute",
        "This is a verbatim\nstring",
    ]
