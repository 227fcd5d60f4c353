"""The clients of a schedule are copies, and nothing of one schedule gets into the next."""

from collections import Counter
from collections.abc import Callable
from select import select
from typing import Any, cast
from uuid import uuid4

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.connection import AbstractConnection as AsyncAbstractConnection
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection
from redis.exceptions import RedisError
from redis.retry import Retry

from cache_provider import MemoryServer
from cache_provider.door.driver import driver_option
from cache_provider.testing.race import AsyncRace, Race, clients, explore


def look_up(cache: Any) -> None:
    cache.get("n")


async def look_up_later(cache: Any) -> None:
    await cache.get("n")


def run_others(r: Race) -> None:
    """Have more than one schedule."""
    r.spawn(look_up, r.cache)
    r.spawn(look_up, r.cache)
    r.join()


def rename(client: Any) -> None:
    client.client_setname("renamed")


def listen(client: Any) -> object:
    listener = client.pubsub()
    listener.subscribe("news")
    return listener


def watch(client: Any) -> object:
    pipeline = client.pipeline()
    pipeline.watch("n")
    return pipeline


def answer_otherwise(client: Any) -> None:
    def otherwise(_reply: object, **_options: object) -> str:
        return "otherwise"

    client.set_response_callback("ECHO", otherwise)


def try_often(client: Any) -> None:
    client.set_retry(Retry(NoBackoff(), 7))


def note(client: Any) -> None:
    client.note = "noted"  # as instrumentation of clients does


def retries(client: Any) -> object:
    return client.connection_pool.make_connection().retry._retries


def number_of_clients(client: Any) -> object:
    return len(client.client_list())


def open_connection(client: Any) -> object:
    return client.client_id()


def database(client: Any) -> object:
    return client.client_info()["db"]


CHANGES: dict[str, tuple[Callable[[Any], object], Callable[[Any], object]]] = {
    "a client's name": (rename, lambda client: client.client_getname()),
    "a subscription": (listen, lambda client: client.pubsub_numsub("news")),
    "a watched key": (watch, number_of_clients),
    "a selected database": (lambda client: client.execute_command("SELECT", 3), database),
    "a callback": (answer_otherwise, lambda client: client.echo("echo")),
    "retries": (try_often, retries),
    "an attribute": (note, lambda client: hasattr(client, "note")),
    "a pool's options": (
        lambda client: client.get_connection_kwargs().update(db=5),
        lambda client: client.get_connection_kwargs().get("db"),
    ),
    "a closed client": (lambda client: client.close(), open_connection),
    "a broken connection": (lambda client: client.connection_pool.disconnect(), open_connection),
}


@pytest.mark.parametrize(("change", "look"), CHANGES.values(), ids=CHANGES)
def test_what_a_scenario_does_to_a_client_is_not_there_in_the_next_schedule(
    change: Callable[[Any], object], look: Callable[[Any], object]
) -> None:
    seen: list[tuple[object, object]] = []

    def scenario(r: Race) -> None:
        client: Any = r.redis()
        before = look(client)
        kept = change(client)
        seen.append((before, look(client)))
        del kept
        run_others(r)

    explore(scenario).check()
    changed = [before != after for before, after in seen]
    assert (all(changed), len(seen) > 1, len(set(map(repr, seen)))) == (True, True, 1)


def test_what_a_scenario_does_to_an_asynchronous_client_is_not_there_in_the_next_schedule() -> None:
    seen: list[object] = []

    async def scenario(r: AsyncRace) -> None:
        client: Any = r.async_redis()
        seen.append((await client.client_getname(), await client.echo("echo"), await client.client_id()))
        await client.client_setname("renamed")
        answer_otherwise(client)
        await client.connection_pool.disconnect()
        r.spawn(look_up_later, r.cache)
        r.spawn(look_up_later, r.cache)
        await r.join()

    explore(scenario).check()
    assert (len(seen) > 1, len(set(seen))) == (True, 1)


def test_each_schedule_has_clients_of_its_own() -> None:
    clients: list[object] = []

    def scenario(r: Race) -> None:
        clients.append(r.redis())
        run_others(r)

    explore(scenario).check()
    assert len(set(map(id, clients))) == len(clients)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many clients and connections redis-py has made."""
    counted = Counter[str]()

    def count(what: str, kind: type[Any]) -> None:
        make = kind.__init__

        def counting(self: object, *given: Any, **options: Any) -> None:
            counted[what] += 1
            make(self, *given, **options)

        monkeypatch.setattr(kind, "__init__", counting)

    for client in (Redis, AsyncRedis):
        count("clients", client)
    for connection in (AbstractConnection, AsyncAbstractConnection):
        count("connections", connection)
    return counted


async def awaited_clients(r: AsyncRace) -> None:
    await r.async_redis().get("n")
    r.spawn(look_up_later, r.async_redis())
    r.spawn(look_up_later, r.async_redis())


def plain_clients(r: Race) -> None:
    r.redis().get("n")
    r.spawn(look_up, r.redis())
    r.spawn(look_up, r.redis())


@pytest.mark.parametrize("scenario", [plain_clients, awaited_clients])
def test_redis_py_makes_one_client_for_all_schedules(scenario: Any, made: Counter[str]) -> None:
    """And two connections: one to see what opening it leads to, and one to copy."""
    assert explore(scenario).schedules > 1
    assert made == {"clients": 1, "connections": 2}


def test_a_client_draws_as_many_random_bytes_in_each_schedule() -> None:
    drawn: set[object] = set()

    def scenario(r: Race) -> None:
        r.redis()
        drawn.add(uuid4())
        run_others(r)

    explore(scenario).check()
    assert len(drawn) == 1


def test_a_pool_gives_no_more_connections_than_it_may() -> None:
    refusals: list[str] = []

    def scenario(r: Race) -> None:
        client: Any = r.redis(max_connections=1)
        listener = listen(client)
        with pytest.raises(RedisError) as refusal:
            client.get("n")
        del listener
        refusals.append(str(refusal.value))
        run_others(r)

    explore(scenario).check()
    assert set(refusals) == {"Too many connections"}


def test_options_are_heeded_in_each_schedule() -> None:
    seen: set[object] = set()

    def scenario(r: Race) -> None:
        client: Any = r.redis(db=3, client_name="worker", decode_responses=True)
        client.set("n", 1)
        seen.add((client.client_info()["db"], client.client_getname(), client.get("n")))
        run_others(r)

    explore(scenario).check()
    assert seen == {(3, "worker", "1")}


def test_options_that_are_objects_are_heeded_in_each_schedule() -> None:
    seen: set[object] = set()

    def scenario(r: Race) -> None:
        seen.add(retries(r.redis(retry=Retry(NoBackoff(), 4))))
        run_others(r)

    explore(scenario).check()
    assert seen == {4}


def test_a_wrong_option_is_refused_as_by_redis_py() -> None:
    def scenario(r: Race) -> None:
        r.redis(colour="blue").get("n")

    assert "TypeError: AbstractConnection.__init__() got an unexpected" in str(explore(scenario).failure)


def slow_to_import() -> dict[str, Any]:
    select([], [], [], 0.6)
    return driver_option()


async def awaited_client(r: AsyncRace) -> None:
    await r.async_redis().get("n")
    r.spawn(look_up_later, r.cache)


def plain_client(r: Race) -> None:
    r.redis().get("n")
    r.spawn(look_up, r.cache)


@pytest.mark.parametrize("scenario", [plain_client, awaited_client])
def test_a_slow_import_of_redis_py_is_no_wait_outside_the_cache(
    scenario: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "driver_option", slow_to_import)
    assert explore(scenario, watchdog=0.2, max_schedules=1).blocked == ()


def described(part: object, depth: int = 4) -> object:
    """Return of what kinds an object of redis-py and its parts are."""
    kind = type(part).__mro__[1 if "Prepared" in type(part).__name__ else 0]
    parts = vars(part) if hasattr(part, "__dict__") and depth and not callable(part) else {}
    own = {
        name: described(value, depth - 1) for name, value in parts.items() if name not in {"spares", "setup"}
    }
    return kind.__name__, own, len(cast("dict[str, object]", part)) if isinstance(part, dict) else 0


@pytest.mark.parametrize("what", ["redis", "async_redis", "connection_pool"])
def test_a_copied_client_consists_of_what_one_that_redis_py_makes_does(what: str) -> None:
    prepared = pytest.importorskip("cache_provider.testing.race.prepared")
    copied = prepared.Preparations().make(what, MemoryServer(), {})
    assert described(copied) == described(getattr(MemoryServer(), what)())


def opened(client: Any) -> object:
    client.ping()
    return client.connection_pool._available_connections.pop()


def test_a_copied_connection_consists_of_what_one_that_redis_py_opens_does() -> None:
    prepared = pytest.importorskip("cache_provider.testing.race.prepared")
    copied = prepared.Preparations().make("redis", MemoryServer(), {})
    assert described(opened(copied)) == described(opened(MemoryServer().redis()))
