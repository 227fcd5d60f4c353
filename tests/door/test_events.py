"""Events of keys that nobody touched."""

from collections.abc import Iterator
from typing import Any

import pytest

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer
from tests.door.reaching import client_of
from tests.threads import PATIENCE

EXPIRED = "__keyevent@0__:expired"


def listening(client: Any) -> Any:
    """Return the ear of a client for keys that expire."""
    client.config_set("notify-keyspace-events", "Ex")
    ear = client.pubsub()
    ear.subscribe(EXPIRED)
    assert ear.get_message(timeout=PATIENCE)["type"] == "subscribe"
    return ear


@pytest.fixture
def ear(client: Any) -> Iterator[Any]:
    """Return the ear of a client in process."""
    with listening(client) as ear:
        yield ear


def test_a_key_that_expires_is_told_of_though_nobody_touched_it(
    client: Any, clock: ManualClock, ear: Any
) -> None:
    """As Redis finds such keys by itself."""
    client.set("key", "value", ex=30)
    clock.advance(30)
    assert ear.get_message(timeout=PATIENCE)["data"] == "key"


def test_a_providers_key_that_expires_is_told_of(server: MemoryServer, clock: ManualClock, ear: Any) -> None:
    """It is one store."""
    InMemoryCacheAdapter("", server=server).set("key", 1, 30)
    clock.advance(30)
    assert ear.get_message(timeout=PATIENCE)["data"] == "key"


def test_a_key_that_does_not_expire_is_not_told_of(client: Any, clock: ManualClock, ear: Any) -> None:
    """Neither one without a deadline, nor one whose deadline is later."""
    client.mset({"without": 1, "later": 1})
    client.expire("later", 31)
    clock.advance(30)
    assert ear.get_message(timeout=0.01) is None


def test_a_listener_at_the_socket_is_told_soon(server: MemoryServer, client: Any, clock: ManualClock) -> None:
    """Within a tick of the server."""
    with (
        server.listen() as listener,
        client_of(listener) as other,
        listening(other) as ear,
    ):
        client.set("key", "value", ex=30)
        clock.advance(30)
        assert ear.get_message(timeout=PATIENCE)["data"] == b"key"


def test_an_expired_key_is_told_of_once(client: Any, clock: ManualClock, ear: Any) -> None:
    """Whoever finds it."""
    client.set("key", "value", ex=30)
    clock.advance(30)
    client.get("key")
    ear.get_message(timeout=PATIENCE)
    assert ear.get_message(timeout=0.01) is None


def test_a_new_key_is_told_of_once(client: Any) -> None:
    """Before what else is told of it, and not when it is changed."""
    client.config_set("notify-keyspace-events", "Kn$")
    ear = client.pubsub()
    ear.psubscribe("*")
    client.set("key", 1)
    client.set("key", 2)
    heard = [ear.get_message(timeout=PATIENCE)["data"] for _ in range(4)]
    assert heard == [1, "new", "set", "set"]
