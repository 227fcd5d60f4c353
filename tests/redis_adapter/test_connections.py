"""Connections that are full, dead or lead to the wrong server, on one node, by Sentinel and on a Cluster."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import repeat
from typing import Any
from unittest import mock

import pytest
import redis
import redis.asyncio
from redis.asyncio.cluster import ClusterNode as AwaitedNode
from redis.asyncio.connection import Connection as AwaitedConnection
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ForeignConnectionError
from redis.retry import Retry

from cache_provider import (
    AsyncRedisCacheAdapter,
    CacheClosedError,
    CacheConfig,
    CacheError,
    CacheProviderInterface,
    CacheUnavailableError,
    RedisCacheAdapter,
)
from cache_provider.redis.connections import abandon
from cache_provider.redis.places import PoolPlaces
from cache_provider.testing.servers import (
    Cluster,
    Sentinels,
    ServerBinary,
    ServerProcess,
    find_servers,
    start_cluster,
    start_sentinels,
)
from tests.redis_adapter.connecting import Connect, watching
from tests.threads import PATIENCE, Task, until

AT_ONCE = 40


PATIENT_MS = 60_000
"""Nothing here is about a failover: a machine that is busy must not look like one whose server is down."""


@pytest.fixture(scope="module")
def tcp(binary: ServerBinary) -> Iterator[ServerProcess]:
    """Return a server on a port, where redis-py takes notifications with protocol 3."""
    with ServerProcess(binary, tcp=True) as running:
        yield running


@pytest.fixture(scope="module")
def cluster(binary: ServerBinary) -> Iterator[Cluster]:
    """Return three primaries."""
    with start_cluster(binary) as running:
        yield running


@pytest.fixture(scope="module")
def sentinels(binary: ServerBinary) -> Iterator[Sentinels]:
    """Return a primary, its replica and who watches them."""
    with start_sentinels(binary, down_after_ms=PATIENT_MS) as running:
        yield running


@pytest.fixture
def misled_sentinels(binary: ServerBinary) -> Iterator[Sentinels]:
    """Return such servers for a test that changes their roles, of which the sentinels hear later."""
    with start_sentinels(binary, down_after_ms=PATIENT_MS) as running:
        yield running


# A full pool


def use_at_once(cache: CacheProviderInterface) -> int:
    """Count what succeeds of many writes at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        keys = (f"k{number}" for number in range(5 * AT_ONCE))
        return sum(pool.map(cache.set, keys, repeat(1)))


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_full_pool_waits(tcp: ServerProcess, connect: Connect, protocol: int) -> None:
    """More callers than connections are no error."""
    assert use_at_once(connect(f"{tcp.url}?max_connections=3&protocol={protocol}")) == 5 * AT_ONCE


def test_a_full_pool_of_sentinel_waits(sentinels: Sentinels, connect: Connect) -> None:
    """Its pool is another class."""
    assert use_at_once(connect(f"{sentinels.url}?max_connections=3")) == 5 * AT_ONCE


def test_a_full_pool_of_a_cluster_waits(cluster: Cluster, connect: Connect) -> None:
    """It has a pool for each node."""
    assert use_at_once(connect(f"{cluster.url}?max_connections=3")) == 5 * AT_ONCE


def test_settings_wait_for_a_connection(tcp: ServerProcess) -> None:
    """As a URL does."""
    config = CacheConfig(redis_host="127.0.0.1", redis_port=tcp.port, connection_pool_size=2)
    with config.create("redis") as cache:
        assert use_at_once(cache) == 5 * AT_ONCE


def test_many_tasks_share_a_few_connections(tcp: ServerProcess) -> None:
    """Of one loop."""

    async def scenario() -> int:
        async with AsyncRedisCacheAdapter(f"{tcp.url}?max_connections=3") as cache:
            return sum(await asyncio.gather(*(cache.set("k", number) for number in range(500))))

    assert asyncio.run(scenario()) == 500


def test_who_waits_for_a_lock_is_counted_in_a_full_pool(server: ServerProcess, connect: Connect) -> None:
    """The connection that it listens on is one that others cannot have."""
    cache = connect(f"{server.url}{'&' if '?' in server.url else '?'}max_connections=2")
    connect(server.url).get_lock("l", timeout=3600).acquire()
    waiter = Task(lambda: cache.get_lock("l").acquire(timeout=3600))
    until(lambda: server.info("clients")["blocked_clients"] == "1")
    assert use_at_once(cache) == 5 * AT_ONCE
    cache.close()
    with pytest.raises(CacheClosedError):
        waiter.result()


@pytest.fixture
def full(server: ServerProcess, connect: Connect) -> Iterator[CacheProviderInterface]:
    """Return a cache whose one connection waits for a server that has halted."""
    cache = connect(f"{server.url}?max_connections=1&pool_timeout=0.05&socket_timeout=30")
    cache.ping()
    with ThreadPoolExecutor(1) as pool:
        server.pause()
        waiting = pool.submit(cache.get, "k")
        until(lambda: _is_full(cache))
        yield cache
        server.resume()
        waiting.result()


def _is_full(cache: Any) -> bool:
    line = cache._driver._line if isinstance(cache, RedisCacheAdapter) else _only_line(cache._async)
    return line.places._free == 0


def _only_line(cache: Any) -> Any:
    (line,) = cache._driver._lines.values()
    return line


def test_a_pool_that_stays_full_is_unavailable(full: CacheProviderInterface) -> None:
    """After its time-out, by the names of what can be changed."""
    with pytest.raises(CacheUnavailableError, match=r"all 1 connections .*\(pool_timeout\)"):
        full.set("k", 1)


def test_a_pool_that_stays_full_is_waited_for_once(full: CacheProviderInterface) -> None:
    """Reads are not repeated for it."""
    take = mock.patch.object(PoolPlaces, "take", autospec=True, side_effect=PoolPlaces.take)
    with take as taken, pytest.raises(CacheUnavailableError):
        full.get("k")
    assert taken.call_count == 1


def test_a_place_is_given_back_by_a_cancelled_task(server: ServerProcess) -> None:
    """Wherever the cancellation strikes: while it waits, or while it has one."""

    async def scenario() -> bool:
        async with AsyncRedisCacheAdapter(f"{server.url}?max_connections=1") as cache:
            await cache.ping()
            for pause in range(12):
                tasks = [asyncio.create_task(cache.get("k")) for _ in range(3)]
                for _ in range(pause):
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
            return await asyncio.wait_for(cache.set("k", 1), PATIENCE)

    assert asyncio.run(scenario())


# A connection that the server has closed

WRITES: dict[str, Callable[[CacheProviderInterface], object]] = {
    "a command": lambda cache: cache.set("k", 1),
    "a script": lambda cache: cache.push_limit("list", 1, 5),
    "a transaction": lambda cache: cache.mset({"k": 1}, ttl=60),
    "a lock": lambda cache: cache.get_lock("L").acquire(blocking=False),
}
OPTIONS = ["", "?protocol=2", "?protocol=3"]


def hang_up(server: ServerProcess) -> None:
    """Close all connections of clients, and wait until that has been heard."""
    server.call("CLIENT", "KILL", "TYPE", "normal")
    until(lambda: server.info("clients")["connected_clients"] == "1")


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("options", OPTIONS)
def test_a_write_on_a_dead_connection_works(
    tcp: ServerProcess, connect: Connect, name: str, options: str
) -> None:
    """Nothing was sent on it."""
    cache = connect(f"{tcp.url}{options}")
    cache.flush_all()
    WRITES[name](cache)
    cache.flush_all()
    hang_up(tcp)
    assert WRITES[name](cache)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_on_a_dead_unix_socket_works(server: ServerProcess, connect: Connect, name: str) -> None:
    """As on a port."""
    cache = connect(server.url)
    cache.ping()
    hang_up(server)
    assert WRITES[name](cache)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("options", OPTIONS)
def test_a_write_on_a_dead_connection_of_a_cluster_works(
    cluster: Cluster, connect: Connect, name: str, options: str
) -> None:
    """Each node's connections are watched."""
    cache = connect(f"{cluster.url}{options}")
    WRITES[name](cache)
    cache.flush_all()
    for node in cluster.nodes:
        node.call("CLIENT", "KILL", "TYPE", "normal")
    assert WRITES[name](cache)


def test_a_write_on_a_dead_connection_by_sentinel_works(sentinels: Sentinels, connect: Connect) -> None:
    """The sentinels are asked again."""
    cache = connect(sentinels.url)
    cache.ping()
    sentinels.primary.call("CLIENT", "KILL", "TYPE", "normal")
    assert cache.set("k", 1)


def test_a_busy_loop_finds_out_in_time(tcp: ServerProcess) -> None:
    """The end of the connection came while the loop did something else."""

    async def scenario() -> bool:
        async with AsyncRedisCacheAdapter(tcp.url) as cache:
            await cache.ping()
            hang_up(tcp)
            return await cache.set("k", 1)

    assert asyncio.run(scenario())


# Nodes of a cluster's client that are asked for again


def connections_to(cluster: Cluster) -> int:
    """Count the connections that the nodes have to clients, besides those that ask for it."""
    return sum(int(node.info("clients")["connected_clients"]) - 1 for node in cluster.nodes)


def use_after_a_failure(cache: CacheProviderInterface) -> None:
    """Use all nodes, after a lost reply, for which redis-py asks for them anew."""
    keys = [f"k{number}" for number in range(30)]
    cache.mget(keys)
    with losing_one_reply(), suppress(CacheUnavailableError):
        cache.incr("n")
    cache.mget(keys)


def test_nodes_that_are_asked_for_again_keep_their_connections(cluster: Cluster, connect: Connect) -> None:
    """redis-py 7 opened others, and forgot these."""
    cache = connect(cluster.url)
    for _ in range(6):
        use_after_a_failure(cache)
    # One to ask for the nodes, and one to use them.
    until(lambda: connections_to(cluster) <= 2 * len(cluster.nodes))


def test_a_cluster_is_left_without_a_connection_after_a_failure(cluster: Cluster) -> None:
    """redis-py's asynchronous client believes by then that it is closed."""

    async def scenario() -> None:
        async with AsyncRedisCacheAdapter(cluster.url) as cache:
            await cache.mget([f"k{number}" for number in range(30)])
            with losing_one_reply(), suppress(CacheUnavailableError):
                await cache.incr("n")

    asyncio.run(scenario())
    until(lambda: connections_to(cluster) == 0)


# A reply that was lost


def test_a_write_to_a_cluster_whose_reply_is_lost_is_not_sent_again(
    cluster: Cluster, connect: Connect
) -> None:
    """redis-py's cluster client would, before version 6."""
    cache = connect(cluster.url)
    cache.delete("n")
    cache.get("n")
    with losing_one_reply(), pytest.raises(CacheUnavailableError):
        cache.incr("n")
    assert cache.get("n") == 1


def losing_one_reply() -> Any:
    """Return a patch under which the first reply to `INCRBY` is lost."""
    return _LosingOneReply()


class _LosingOneReply:
    def __init__(self) -> None:
        self._patch = pytest.MonkeyPatch()
        self._left = 1

    def __enter__(self) -> None:
        threaded: Any = redis.Redis
        awaited: Any = AwaitedNode
        self._patch.setattr(threaded, "parse_response", self._lose(threaded.parse_response))
        self._patch.setattr(awaited, "parse_response", self._lose_later(awaited.parse_response))

    def __exit__(self, *_raised: object) -> None:
        self._patch.undo()

    def _strikes(self, command: object) -> bool:
        if command != "INCRBY" or not self._left:
            return False
        self._left -= 1
        return True

    def _lose(self, parse: Any) -> Any:
        def lose(client: Any, connection: Any, command: object, **options: Any) -> Any:
            answer = parse(client, connection, command, **options)
            if self._strikes(command):
                raise ForeignConnectionError("the reply was lost")
            return answer

        return lose

    def _lose_later(self, parse: Any) -> Any:
        async def lose(node: Any, connection: Any, command: object, **options: Any) -> Any:
            answer = await parse(node, connection, command, **options)
            if self._strikes(command):
                raise ForeignConnectionError("the reply was lost")
            return answer

        return lose


# A primary that is one no longer

DEMOTED: dict[str, Callable[[CacheProviderInterface], object]] = {
    **WRITES,
    "a counter": lambda cache: cache.incr("n", default=1, ttl=60),
}


@pytest.fixture
def elsewhere(binary: ServerBinary) -> Iterator[ServerProcess]:
    """Return another server, to which a name may lead from now on."""
    with ServerProcess(binary, tcp=True) as running:
        yield running


@pytest.mark.parametrize("name", DEMOTED)
def test_a_demoted_primary_is_left(
    binary: ServerBinary, elsewhere: ServerProcess, connect: Connect, name: str, monkeypatch: Any
) -> None:
    """One name, which leads to the new primary; the old one refuses and keeps its connections."""
    with ServerProcess(binary, tcp=True) as primary:
        ports = redirect(monkeypatch)
        cache = connect(primary.url)
        DEMOTED[name](cache)
        cache.flush_all()
        primary.call("REPLICAOF", "127.0.0.1", elsewhere.port)
        ports[primary.port] = elsewhere.port
        assert DEMOTED[name](cache)


@pytest.mark.parametrize("name", ["a script", "a counter"])
def test_a_demoted_primary_of_an_earlier_redis_is_left(
    before_redis_7: ServerBinary, elsewhere: ServerProcess, connect: Connect, name: str, monkeypatch: Any
) -> None:
    """Its refusal stands inside the error of the script that wrote."""
    with ServerProcess(before_redis_7, tcp=True) as primary:
        ports = redirect(monkeypatch)
        cache = connect(primary.url)
        DEMOTED[name](cache)
        cache.flush_all()
        primary.call("REPLICAOF", "127.0.0.1", elsewhere.port)
        ports[primary.port] = elsewhere.port
        assert DEMOTED[name](cache)


@pytest.fixture
def before_redis_7() -> ServerBinary:
    """Return a server such as the extra `servers` brings."""
    found = [binary for binary in find_servers() if int(binary.version.partition(".")[0]) < 7]
    if not found:
        pytest.skip("there is no Redis before 7 on this machine")
    return found[0]


def redirect(monkeypatch: Any) -> dict[int, int]:
    """Return to which other port new connections to a port lead, as by a name or a proxy; none at first."""
    ports: dict[int, int] = {}
    for kind in (redis.Connection, AwaitedConnection):
        monkeypatch.setattr(kind, "port", _Port(ports), raising=False)
    return ports


class _Port:
    """A connection's port, as it is by now."""

    def __init__(self, ports: dict[int, int]) -> None:
        self._ports = ports

    def __get__(self, connection: Any, _kind: object = None) -> int:
        port: int = connection.first_port
        return self._ports.get(port, port)

    def __set__(self, connection: Any, port: int) -> None:
        connection.first_port = port


def test_a_primary_that_stays_demoted_is_unavailable(
    binary: ServerBinary, elsewhere: ServerProcess, connect: Connect
) -> None:
    """After a few attempts."""
    with ServerProcess(binary, tcp=True) as primary:
        cache = connect(primary.url)
        primary.call("REPLICAOF", "127.0.0.1", elsewhere.port)
        with pytest.raises(CacheUnavailableError, match="read only replica"):
            cache.set("k", 1)


@pytest.mark.parametrize("name", WRITES)
def test_a_primary_of_sentinels_that_was_demoted_is_left(
    misled_sentinels: Sentinels, connect: Connect, name: str, monkeypatch: Any
) -> None:
    """redis-py makes of its refusal a lost connection."""
    ports = redirect(monkeypatch)
    cache = connect(misled_sentinels.url)
    WRITES[name](cache)
    cache.flush_all()
    demote(misled_sentinels, ports)
    assert WRITES[name](cache)


def demote(sentinels: Sentinels, ports: dict[int, int]) -> None:
    """Swap primary and replica, as Sentinel would, save that nobody's connection is closed."""
    old = sentinels.primary
    new = next(server for server in sentinels.servers if server is not old)
    new.call("REPLICAOF", "NO", "ONE")
    old.call("REPLICAOF", "127.0.0.1", new.port)
    ports[old.port] = new.port


# A client that was handed in


def test_a_read_on_a_client_that_was_handed_in_is_sent_once(server: ServerProcess) -> None:
    """What it sends again is its own affair."""
    client_class: Any = redis.Redis
    client = client_class.from_url(server.url, retry=Retry(NoBackoff(), 0))
    cache = RedisCacheAdapter(client=client)
    sent: list[object] = []
    server.kill()
    with (
        watching(cache, before=lambda words: sent.append(words[0])),
        pytest.raises(CacheUnavailableError),
    ):
        cache.get("k")
    assert sent == ["GET"]


@pytest.mark.filterwarnings("ignore")  # its connection is never closed: the loop that could is gone
def test_a_client_of_a_loop_that_has_ended_is_a_cache_error(tcp: ServerProcess) -> None:
    """Nothing foreign comes out."""
    client_class: Any = redis.asyncio.Redis
    client = client_class.from_url(tcp.url)
    cache = AsyncRedisCacheAdapter(client=client)
    asyncio.run(cache.set("k", 1))
    with pytest.raises(CacheError, match="serves one loop") as caught:
        asyncio.run(cache.set("k", 2))
    abandon(client)
    del cache, client, caught
    gc.collect()


# Loops


@pytest.mark.parametrize("topology", ["tcp", "sentinels", "cluster"])
def test_the_end_of_a_loop_closes_its_connections(request: pytest.FixtureRequest, topology: str) -> None:
    """As Celery, Flask and `async_to_sync` use one adapter: a loop for each call."""
    cache = AsyncRedisCacheAdapter(request.getfixturevalue(topology).url)
    for number in range(20):
        asyncio.run(cache.set("k", number))
    assert cache._driver._lines == {}


def test_the_server_hears_of_the_end_of_a_loop(server: ServerProcess) -> None:
    """No connection stays open."""
    cache = AsyncRedisCacheAdapter(server.url)
    for number in range(20):
        asyncio.run(cache.set("k", number))
    until(lambda: server.info("clients")["connected_clients"] == "1")


@pytest.mark.filterwarnings("ignore")
def test_loops_that_end_without_a_word_are_forgotten(server: ServerProcess) -> None:
    """The next one hangs up for them."""
    cache = AsyncRedisCacheAdapter(server.url)
    for number in range(20):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(cache.set("k", number))
        loop.close()
        del loop
    until(lambda: int(server.info("clients")["connected_clients"]) <= 2)
    del cache
    gc.collect()
