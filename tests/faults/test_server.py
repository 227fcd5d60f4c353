"""A server's faults, as clients of redis-py meet them: by their own errors, through their own retries."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from cache_provider import CacheConfigurationError, CacheTimeoutError, InMemoryCacheAdapter, ManualClock
from cache_provider.testing.faults import Faults
from cache_provider.testing.kit import CacheServer
from cache_provider.testing.kit.contents import show_commands

_Redis: Any = redis.Redis
"""redis-py is typed in parts."""


class Client:
    """A client of each kind, called in the same way."""

    def __init__(self, server: CacheServer, kind: str, **options: Any) -> None:
        self.kind = kind
        self._listener = server.listen() if kind == "socket" else None
        if self._listener is not None:
            self._client: Any = _Redis.from_url(self._listener.url, **{"retry": None, **options})
        elif kind == "async":
            self._runner = asyncio.Runner()
            self._client = server.async_redis(**options)
        else:
            self._client = server.redis(**options)

    def __call__(self, command: str, *arguments: Any) -> Any:
        """Run a command."""
        answer = self._client.execute_command(command, *arguments)
        return self._runner.run(self._await(answer)) if self.kind == "async" else answer

    async def _await(self, answer: Any) -> Any:
        return await answer

    def transaction(self, *commands: tuple[Any, ...]) -> Any:
        """Run commands in a transaction."""
        pipeline = self._client.pipeline()
        for command in commands:
            pipeline.execute_command(*command)
        return (
            self._runner.run(self._await(pipeline.execute())) if self.kind == "async" else pipeline.execute()
        )

    def close(self) -> None:
        """End its connections."""
        if self.kind == "async":
            self._runner.run(self._client.aclose())
            self._runner.close()
        else:
            self._client.close()
        if self._listener is not None:
            self._listener.close()


@pytest.fixture
def clock() -> ManualClock:
    """Return a clock that the test moves."""
    return ManualClock()


@pytest.fixture
def server(clock: ManualClock) -> CacheServer:
    """Return a test's server."""
    return CacheServer("test:", clock=clock)


@pytest.fixture
def faults(server: CacheServer, clock: ManualClock) -> Faults:
    """Return what breaks it."""
    faults = Faults(clock, server)
    show_commands(server, faults)
    return faults


@pytest.fixture(params=["sync", "async", "socket"])
def kind(request: pytest.FixtureRequest) -> str:
    """Return a kind of client."""
    kind: str = request.param
    return kind


@pytest.fixture
def client(server: CacheServer, faults: Faults, kind: str) -> Iterator[Client]:
    """Return a client without retries."""
    del faults
    client = Client(server, kind)
    yield client
    client.close()


@pytest.fixture
def patient(server: CacheServer, faults: Faults, kind: str) -> Iterator[Client]:
    """Return a client that tries again."""
    del faults
    retry: Any = AsyncRetry if kind == "async" else Retry
    client = Client(server, kind, retry=retry(NoBackoff(), 3))
    yield client
    client.close()


def test_a_command_is_answered_with_an_error(faults: Faults, client: Client) -> None:
    """Whatever the server says; it has had no effect."""
    faults.reply("SET", "LOADING Redis is loading the dataset in memory")
    with pytest.raises(redis.BusyLoadingError):
        client("SET", "k", 1)
    assert client("EXISTS", "k") == 0


def test_a_reply_that_means_the_connection_ends_it(server: CacheServer, faults: Faults) -> None:
    """Such as LOADING, and below what redis-py's clients do about it themselves."""
    faults.reply("PING", "LOADING Redis is loading the dataset in memory")
    connection: Any = server.redis().connection_pool.make_connection()
    connection.send_command("PING")
    with pytest.raises(redis.BusyLoadingError):
        connection.read_response()
    assert connection.session is None


def test_an_error_may_come_after_the_effect(faults: Faults, client: Client) -> None:
    """As of a server that has too few replicas to tell."""
    faults.reply("SET", "NOREPLICAS Not enough good replicas to write.", after=True)
    with pytest.raises(redis.ResponseError):
        client("SET", "k", 1)
    assert client("GET", "k") == b"1"


def test_an_error_is_aimed_at_keys(faults: Faults, client: Client) -> None:
    """By a glob."""
    faults.reply("SET", "BUSY later", key="user:*")
    client("SET", "other", 1)
    with pytest.raises(redis.ResponseError):
        client("SET", "user:1", 1)


def test_a_transaction_is_refused_with_its_command(faults: Faults, client: Client) -> None:
    """All of it, and the connection is as good as new."""
    faults.reply("SET", "BUSY later")
    with pytest.raises(redis.ResponseError):
        client.transaction(("INCR", "n"), ("SET", "k", 1))
    assert client("EXISTS", "n", "k") == 0


@pytest.mark.parametrize("after", [False, True])
def test_a_connection_ends(faults: Faults, client: Client, after: bool) -> None:
    """Before the effect, or after it."""
    faults.disconnect("INCR", after=after)
    with pytest.raises(RedisConnectionError):
        client("INCR", "n")
    assert client("EXISTS", "n") == after


def test_a_retry_after_the_effect_has_it_twice(faults: Faults, patient: Client) -> None:
    """The client's own machinery: this is what a test is to find out."""
    faults.disconnect("INCR", after=True)
    assert patient("INCR", "n") == 2


def test_a_retry_before_the_effect_has_it_once(faults: Faults, patient: Client) -> None:
    """Nobody notices."""
    faults.disconnect("INCR")
    assert patient("INCR", "n") == 1


def test_retries_come_to_an_end(faults: Faults, patient: Client) -> None:
    """As many as the client was told."""
    fault = faults.disconnect("INCR", times=None)
    with pytest.raises(RedisConnectionError):
        patient("INCR", "n")
    assert fault.fired == 4


def test_an_outage_reaches_clients_too(faults: Faults, client: Client) -> None:
    """One word for both doors."""
    with faults.outage(), pytest.raises(RedisConnectionError):
        client("PING")


def test_a_time_out_is_the_clients(server: CacheServer, faults: Faults) -> None:
    """An adapter's error is translated to what the client would see."""
    faults.fail("GET", error=CacheTimeoutError)
    with server.redis() as client, pytest.raises(RedisTimeoutError):
        client.get("k")


def test_a_restart_keeps_keys(faults: Faults, client: Client) -> None:
    """Where the server writes them down."""
    client("SET", "k", 1)
    faults.restart(keep_data=True)
    assert client("GET", "k") == b"1"


def test_a_restart_may_lose_keys(faults: Faults, client: Client, server: CacheServer) -> None:
    """Where it does not; those of providers too."""
    client("SET", "k", 1)
    InMemoryCacheAdapter("p:", server=server).set("k", 1)
    faults.restart(keep_data=False)
    assert client("DBSIZE") == 0


def test_a_restart_forgets_scripts(faults: Faults, client: Client) -> None:
    """Nothing writes those down."""
    pytest.importorskip("lupa")
    sha = client("SCRIPT", "LOAD", "return 1")
    faults.restart(keep_data=True)
    assert client("SCRIPT", "EXISTS", sha) == [0]


def test_a_restart_may_come_before_a_command(faults: Faults, client: Client) -> None:
    """In the middle of what the application does."""
    faults.restart("EXPIRE", keep_data=False)
    client("SET", "k", 1)
    with pytest.raises(RedisConnectionError):
        client("EXPIRE", "k", 5)
    assert client("EXISTS", "k") == 0


def test_a_failover_loses_the_last_writes(faults: Faults, client: Client) -> None:
    """The newest first, whatever they were."""
    client("SET", "k", 1, "EX", 5)
    client("RPUSH", "list", "a")
    client("RPUSH", "list", "b")
    client("DEL", "k")
    faults.failover(lose_last=2)
    assert (client("LRANGE", "list", 0, -1), client("PTTL", "k")) == ([b"a"], 5000)


def test_a_failover_undoes_a_flush(faults: Faults, client: Client) -> None:
    """It is a write as well."""
    client("SET", "k", 1)
    client("FLUSHALL")
    faults.failover(lose_last=1)
    assert client("GET", "k") == b"1"


def test_a_failover_undoes_a_transaction_as_a_whole(faults: Faults, client: Client) -> None:
    """It was one."""
    client.transaction(("INCR", "n"), ("SET", "k", 1))
    faults.failover(lose_last=1)
    assert client("DBSIZE") == 0


def test_latency_moves_the_clock(faults: Faults, client: Client, clock: ManualClock) -> None:
    """Before the effect."""
    before = clock.now_ms()
    faults.latency(2, "GET")
    client("GET", "k")
    assert clock.now_ms() - before == 2000


@pytest.mark.parametrize("kind", ["sync", "async"], indirect=True)
def test_a_client_gives_up_on_what_is_too_late(server: CacheServer, faults: Faults, kind: str) -> None:
    """Its command has its effect all the same."""
    faults.latency(2, "INCR", times=1)
    client = Client(server, kind, socket_timeout=1)
    with pytest.raises(RedisTimeoutError):
        client("INCR", "n")
    assert client("GET", "n") == b"1"
    client.close()


@pytest.mark.parametrize("kind", ["sync", "async"], indirect=True)
def test_a_pool_has_nothing_left_to_give(faults: Faults, client: Client) -> None:
    """redis-py's own error."""
    faults.full_pool()
    with pytest.raises(RedisConnectionError, match="Too many connections"):
        client("PING")
    assert client("PING")


def test_a_fault_of_a_server_that_never_struck_is_told(faults: Faults) -> None:
    """A test that tested nothing."""
    faults.reply("SET", "BUSY later")
    (message,) = faults.unfired()
    assert message.startswith("reply('SET', 'BUSY later'), armed at ")


@pytest.mark.parametrize("command", ["SETT", "set"])
def test_a_command_that_does_not_exist_is_refused(faults: Faults, command: str) -> None:
    """A slip would never strike."""
    with pytest.raises(ValueError, match=f"not '{command}'"):
        faults.reply(command, "BUSY")


def test_a_restart_needs_a_server(clock: ManualClock) -> None:
    """Of this process."""
    with pytest.raises(CacheConfigurationError, match="no server of this process"):
        Faults(clock).restart()
