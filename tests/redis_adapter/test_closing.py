"""`close` while others are at work: nothing of redis-py's comes out, and no connection is left open."""

import os
import re
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest
import redis

from cache_provider import (
    CacheClosedError,
    CacheError,
    CacheProviderInterface,
    CacheUnavailableError,
    RedisCacheAdapter,
)
from cache_provider.redis.adapter import client_of
from cache_provider.testing.servers import ServerProcess
from tests.memory.test_fork import in_child
from tests.redis_adapter.connecting import Connect, watching
from tests.threads import Task, until

AN_HOUR = 3600
ROUNDS = 5


pytestmark = pytest.mark.usefixtures("tiny_switch_interval")


def values(cache: CacheProviderInterface) -> None:
    cache.set("k", 1)
    cache.get("k")
    cache.mget(["k", "l"])
    cache.push_limit("list", 1, 3)


def locks(cache: CacheProviderInterface) -> None:
    with cache.get_lock("free"):
        pass


def waits(cache: CacheProviderInterface) -> None:
    cache.get_lock("held").acquire()


Work = Callable[[CacheProviderInterface], None]


def end_of(work: Work, cache: CacheProviderInterface) -> type[BaseException]:
    """Return what ends a task that does some work again and again."""
    try:
        while True:
            work(cache)
    except Exception as error:  # noqa: BLE001 - it is what the test asks for
        return type(error)


def clients(server: ServerProcess) -> int:
    """Return how many clients there are besides the one that asks."""
    return int(server.info("clients")["connected_clients"]) - 1


def ends(
    server: ServerProcess, cache: CacheProviderInterface, work: Work, close: Callable[[], None]
) -> set[type[BaseException]]:
    """Return what ends some tasks whose cache is closed while they work."""
    tasks = [Task(lambda: end_of(work, cache)) for _ in range(3)]
    sent = int(server.info("stats")["total_commands_processed"])
    until(lambda: int(server.info("stats")["total_commands_processed"]) > sent + 20)
    close()
    return {task.result() for task in tasks}


@pytest.mark.parametrize("work", [values, locks, waits])
@pytest.mark.parametrize("options", ["", "max_connections=2"])
def test_who_is_at_work_hears_that_the_cache_is_closed(
    server: ServerProcess, connect: Connect, work: Work, options: str
) -> None:
    """Whatever that does to a connection in use."""
    connect(server.url).get_lock("held", timeout=AN_HOUR).acquire()
    url = f"{server.url}{'&' if '?' in server.url else '?'}{options}"
    for _ in range(ROUNDS):
        cache = connect(url)
        assert ends(server, cache, work, cache.close) == {CacheClosedError}


@pytest.mark.parametrize("work", [values, locks, waits])
def test_no_connection_outlives_its_cache(server: ServerProcess, connect: Connect, work: Work) -> None:
    """Also one that is opened while the cache is closed; the cache is still there."""
    connect(server.url).get_lock("held", timeout=AN_HOUR).acquire()
    before = clients(server)
    for _ in range(ROUNDS):
        cache = connect(server.url)
        ends(server, cache, work, cache.close)
        until(lambda: clients(server) == before)


def test_who_was_asking_is_answered(server: ServerProcess) -> None:
    """A thread whose command is under way keeps its connection until the answer is there."""
    cache = RedisCacheAdapter(server.url)
    cache.set("k", "value")
    is_asking = threading.Event()
    server.pause()
    with watching(cache, before=lambda _words: is_asking.set()):
        reader = Task(lambda: cache.get("k"))
        is_asking.wait()
        cache.close()
        server.resume()
        assert reader.result() == "value"


@pytest.mark.parametrize("work", [values, locks, waits])
def test_a_client_whose_owner_closes_it_is_unavailable(server: ServerProcess, work: Work) -> None:
    """Its connections are closed under the hands of those who use them."""
    client_class: Any = redis.Redis
    RedisCacheAdapter(server.url).get_lock("held", timeout=AN_HOUR).acquire()
    cache = RedisCacheAdapter(client=client_class.from_url(server.url))
    met = set[type[BaseException]]()
    is_over = threading.Event()

    def work_on() -> None:
        while not is_over.is_set():
            try:
                work(cache)
            except CacheError as error:
                met.add(type(error))

    def has_met() -> bool:
        client_of(cache).close()
        return bool(met)

    tasks = [Task(work_on) for _ in range(3)]
    for _ in range(ROUNDS):
        met.clear()
        until(has_met)
    is_over.set()
    cache.close()
    for task in tasks:
        task.result()
    assert met - {CacheClosedError} == {CacheUnavailableError}


WORDS = [
    (ValueError, "I/O operation on closed file."),
    (AttributeError, "b'secret'"),
    (TypeError, "argument must be an int, or have a fileno() method."),
]


def raising(error: type[Exception], text: str, module: str) -> Callable[[tuple[object, ...]], None]:
    """Return a function of a module that raises an error."""
    there: dict[str, Any] = {"__name__": module, "error": error, "text": text}
    exec("def stumble(_words): raise error(text)", there)  # a function is of the module that it is made in
    return cast("Callable[[tuple[object, ...]], None]", there["stumble"])


@pytest.mark.parametrize(("error", "text"), WORDS)
def test_what_redis_py_stumbles_into_is_an_unavailable_server(
    cache: CacheProviderInterface, error: type[Exception], text: str
) -> None:
    """With no word of what it may have read."""
    cache.ping()
    stumble = raising(error, text, "redis.connection")
    with watching(cache, before=stumble), pytest.raises(CacheUnavailableError, match="while it was in use"):
        cache.set("k", 1)


@pytest.mark.parametrize(("error", "text"), WORDS)
def test_what_a_credential_provider_raises_says_what_it_says(
    cache: CacheProviderInterface, error: type[Exception], text: str
) -> None:
    """Such an error of other code than redis-py's is a mistake there, and no closed connection."""
    cache.ping()
    mistake = raising(error, text, "their.credentials")
    with watching(cache, before=mistake), pytest.raises(error, match=re.escape(text)):
        cache.set("k", 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_a_child_waits_on_no_connection_of_its_parent(server: ServerProcess) -> None:
    """What was opened for waiting before the fork stays the parent's."""
    url = f"{server.url}{'&' if '?' in server.url else '?'}max_connections=1"
    cache = RedisCacheAdapter(url)
    holder = RedisCacheAdapter(server.url).get_lock("l", timeout=AN_HOUR, thread_local=False)
    holder.acquire()
    waiter = Task(lambda: cache.get_lock("l", timeout=AN_HOUR).acquire())
    until(lambda: server.info("clients")["blocked_clients"] == "1")
    holder.release()
    waiter.result()
    lender = cache._driver._line._lender
    assert lender._own
    assert in_child(lambda: not lender._own)
