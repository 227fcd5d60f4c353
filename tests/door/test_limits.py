"""What the server refuses for a state of its own, and settings."""

from typing import Any

import pytest
import redis
from redis.exceptions import ExecAbortError

from cache_provider import ManualClock

NO_MEMORY = "command not allowed when used memory > 'maxmemory'."


def test_without_memory_a_write_is_refused(client: Any) -> None:
    """A `maxmemory` below what an empty Redis takes brings that about."""
    client.config_set("maxmemory", 1)
    with pytest.raises(redis.OutOfMemoryError, match=NO_MEMORY):
        client.set("key", "value")


def test_without_memory_there_is_still_reading_and_removing(client: Any) -> None:
    """Neither takes memory."""
    client.set("key", "value")
    client.config_set("maxmemory", 1)
    assert (client.get("key"), client.delete("key")) == ("value", 1)


def test_enough_memory_refuses_nothing(client: Any) -> None:
    """As much as an empty Redis takes is enough here."""
    client.config_set("maxmemory", "1mb")
    assert client.set("key", "value")


def test_a_transaction_that_writes_is_refused_without_memory(client: Any) -> None:
    """At its end too, and it changes nothing."""
    connection = client.connection_pool.get_connection()
    for words in (["MULTI"], ["SET", "key", "value"]):
        connection.send_command(*words)
        connection.read_response()
    client.config_set("maxmemory", 1)
    connection.send_command("EXEC")
    with pytest.raises(ExecAbortError, match="OOM"):
        connection.read_response()
    client.connection_pool.release(connection)


def test_a_script_that_writes_is_refused_without_memory(client: Any) -> None:
    """With the line at which it would have."""
    pytest.importorskip("lupa")
    client.config_set("maxmemory", 1)
    with pytest.raises(redis.ResponseError, match=NO_MEMORY):
        client.eval("return redis.call('set', KEYS[1], 1)", 1, "key")


def test_a_script_may_say_that_it_needs_no_memory(client: Any) -> None:
    """By its first line, as in Redis 7."""
    pytest.importorskip("lupa")
    client.config_set("maxmemory", 1)
    assert client.eval("#!lua flags=allow-oom\nreturn redis.call('set', KEYS[1], 1)", 1, "key") == "OK"


def test_replicas_that_are_asked_for_are_missing(client: Any) -> None:
    """There are none."""
    client.config_set("min-replicas-to-write", 1)
    with pytest.raises(redis.ResponseError, match="NOREPLICAS"):
        client.set("key", "value")


@pytest.mark.parametrize(("policy", "left"), [("allkeys-lru", []), ("volatile-ttl", ["lasting"])])
def test_a_policy_gives_keys_up_without_memory(client: Any, policy: str, left: list[str]) -> None:
    """All that it may: nothing would be enough."""
    client.set("lasting", 1)
    client.set("passing", 1, ex=30)
    client.config_set("maxmemory-policy", policy)
    client.config_set("maxmemory", 1)
    assert client.keys() == left


@pytest.mark.parametrize(
    ("name", "value", "story"),
    [
        ("maxmemory", "much", "argument must be a memory value"),
        ("maxmemory-policy", "none", "argument(s) must be one of the following: volatile-lru,"),
        ("appendonly", "maybe", "argument must be 'yes' or 'no'"),
        ("hz", "often", "argument couldn't be parsed into an integer"),
        ("databases", "3", "can't set immutable config"),
        ("notify-keyspace-events", "?", "Invalid event class character"),
    ],
)
def test_a_setting_that_is_none_is_refused(client: Any, name: str, value: str, story: str) -> None:
    """In Redis' words."""
    with pytest.raises(redis.ResponseError) as raised:
        client.config_set(name, value)
    assert str(raised.value).startswith(
        f"CONFIG SET failed (possibly related to argument '{name}') - {story}"
    )


def test_of_several_settings_all_are_set_or_none(client: Any) -> None:
    """The first is not, where the second is refused."""
    with pytest.raises(redis.ResponseError):
        client.execute_command("CONFIG", "SET", "hz", 50, "maxmemory", "much")
    assert client.config_get("hz") == {"hz": "10"}


def test_a_size_may_have_a_unit(client: Any) -> None:
    """And is shown in bytes."""
    client.config_set("maxmemory", "2gb")
    assert client.config_get("maxmemory") == {"maxmemory": str(2 * 2**30)}


def test_sleeping_stops_the_server(client: Any, clock: ManualClock) -> None:
    """In real time, whatever the clock says; clients try their time-outs so."""
    before = clock.real_seconds()
    client.execute_command("DEBUG", "SLEEP", "0.01")
    assert clock.real_seconds() - before >= 0.01
