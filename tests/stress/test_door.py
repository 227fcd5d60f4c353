"""The Redis door under threads: a client for each, in process and at a socket."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Any

import pytest
import redis

from cache_provider import InMemoryCacheAdapter, ManualClock, MemoryServer
from cache_provider.door import testing_commands
from cache_provider.door.dispatcher import execute
from cache_provider.door.entrance import core_of
from cache_provider.door.in_process import LocalSession
from cache_provider.door.replies import Reply
from cache_provider.memory.server import keyspace_of
from tests.stress.threads import THREADS, run_threads, seen_during
from tests.threads import Task, until

TURNS = 100

Clients = Callable[[], Any]

Redis: Any = redis.Redis


@pytest.fixture
def server() -> MemoryServer:
    return MemoryServer(clock=ManualClock())


@pytest.fixture(params=["in process", "at a socket"])
def client(request: pytest.FixtureRequest, server: MemoryServer) -> Iterator[Clients]:
    """Return what makes a client."""
    if request.param == "in process":
        yield lambda: server.redis(decode_responses=True)
        return
    with server.listen() as listener:
        yield lambda: Redis.from_url(listener.url, decode_responses=True)


def test_no_increment_is_lost(server: MemoryServer, client: Clients) -> None:
    """Clients and providers count the same key up."""
    cache = InMemoryCacheAdapter("", server=server)

    def count_up(number: int) -> None:
        with client() as mine:
            for _ in range(TURNS):
                mine.incr("n") if number % 2 else cache.incr("n")

    run_threads(THREADS, count_up)
    assert cache.get("n") == THREADS * TURNS


def test_a_transaction_is_seen_whole_or_not_at_all(server: MemoryServer, client: Clients) -> None:
    """Whoever finds the new value of one key does not find the old one of another, through either door."""
    cache = InMemoryCacheAdapter("", server=server)
    cache.mset({"a": 0, "b": 0})

    def write(_: int) -> None:
        with client() as mine:
            for turn in range(1, TURNS):
                with mine.pipeline() as transaction:
                    transaction.set("a", turn).set("b", turn).execute()

    def looks_back() -> bool:
        first = cache.get("a")
        return bool(cache.get("b") < first)

    assert seen_during(write, looks_back, workers=1) == {False}


def test_both_keys_of_a_transaction_are_read_as_they_were_at_one_moment(client: Clients) -> None:
    """MGET never has one of them old and the other new."""
    local = threading.local()

    def write(number: int) -> None:
        with client() as mine:
            for turn in range(TURNS):
                with mine.pipeline() as transaction:
                    transaction.set("a", f"{number} {turn}").set("b", f"{number} {turn}").execute()

    def differ() -> bool:
        if not hasattr(local, "client"):
            local.client = client()
        first, second = local.client.mget("a", "b")
        return bool(first != second)

    assert seen_during(write, differ) == {False}


def test_watched_keys_make_a_counter(server: MemoryServer, client: Clients) -> None:
    """Of transactions that depend on the same value one succeeds."""

    def set_up(transaction: Any) -> None:
        value = int(transaction.get("n") or 0)
        transaction.multi()
        transaction.set("n", value + 1)

    def count(_: int) -> None:
        with client() as mine:
            for _ in range(TURNS // 5):
                mine.transaction(set_up, "n")

    run_threads(THREADS, count)
    assert InMemoryCacheAdapter("", server=server).get("n") == THREADS * (TURNS // 5)


def test_a_watch_sees_a_provider_count_up_and_down(server: MemoryServer) -> None:
    """That the number is the same again does not matter: it was written."""
    cache = InMemoryCacheAdapter("", server=server)
    cache.set("n", 1)
    client: Any = server.redis()
    with client, client.pipeline() as transaction:
        transaction.watch("n")
        cache.incr("n")
        cache.decr("n")
        transaction.multi()
        transaction.set("n", 5)
        with pytest.raises(redis.WatchError):
            transaction.execute()


def test_what_is_pushed_is_popped_once(client: Clients) -> None:
    """Every item goes to one of those who wait for it."""

    def push(number: int) -> list[str]:
        with client() as mine:
            for turn in range(TURNS):
                mine.rpush("items", f"{number}:{turn}")
        return []

    def pop(_: int) -> list[str]:
        with client() as mine:
            return [mine.blpop(["items"])[1] for _ in range(TURNS)]

    half = THREADS // 2
    popped = run_threads(THREADS, lambda number: (push if number < half else pop)(number))
    assert sorted(chain.from_iterable(popped)) == sorted(
        f"{n}:{turn}" for n in range(half) for turn in range(TURNS)
    )


def test_every_listener_hears_every_message_in_order(client: Clients) -> None:
    """While others publish, and others come to listen and go."""
    listening = threading.Barrier(THREADS + 1)

    def listen(_: int) -> list[str]:
        with client() as mine, mine.pubsub(ignore_subscribe_messages=True) as ear:
            ear.subscribe("news")
            until(lambda: ear.subscribed)
            ear.get_message(timeout=5)
            listening.wait(30)
            heard: list[str] = []
            while len(heard) < TURNS:
                message = ear.get_message(timeout=30)
                if message:
                    heard.append(message["data"])
            return heard

    def publish(_: int) -> list[str]:
        listening.wait(30)
        with client() as mine:
            for turn in range(TURNS):
                mine.publish("news", str(turn))
        return []

    heard = run_threads(THREADS + 1, lambda number: (listen if number < THREADS else publish)(number))
    assert heard[:THREADS] == [[str(turn) for turn in range(TURNS)]] * THREADS


def test_clients_come_and_go_while_they_are_listed(client: Clients) -> None:
    """Nobody who looks at the clients stumbles over one that has just come or gone."""

    def come_and_go(_: int) -> None:
        for _ in range(TURNS // 4):
            with client() as mine:
                mine.client_list()
                with suppress(redis.ResponseError):
                    mine.client_kill("10.0.0.1:1")

    run_threads(THREADS, come_and_go)
    with client() as last:
        until(lambda: len(last.client_list()) == 1)


def test_a_socket_that_closes_under_commands_ends_them() -> None:
    """Each client is told, none waits for ever, and what was stored stays."""
    server = MemoryServer()
    listener = server.listen()
    written = [0] * THREADS

    def write(number: int) -> None:
        client: Any = Redis.from_url(listener.url, retry=None)
        with suppress(redis.ConnectionError):
            while True:
                client.incr(f"n{number}")
                written[number] += 1

    tasks = [Task(partial(write, number)) for number in range(THREADS)]
    until(lambda: all(written))
    listener.close()
    for task in tasks:
        task.result()
    reader: Any = server.redis()
    stored = [int(value) for value in reader.mget([f"n{number}" for number in range(THREADS)])]
    # A reply that was lost on the way is no increment that was.
    assert all(kept - seen in (0, 1) for kept, seen in zip(stored, written, strict=True))


def ask(server: MemoryServer, times: int, *request: bytes) -> list[Reply]:
    """Return the replies to a request that a client of its own makes so many times, as fast as can be."""
    session = LocalSession(core_of(server))
    return [execute(session.core, session, list(request)) for _ in range(times)]


def test_what_is_to_fail_a_number_of_times_fails_as_often(server: MemoryServer) -> None:
    """TEST.FAIL counts, whoever meets it."""
    testing_commands.allow(server)
    failures: list[int] = []
    for _ in range(20):
        ask(server, 1, b"TEST.FAIL", b"GET", b"REPLY", b"ERR no", b"TIMES", b"20")
        replies = run_threads(THREADS, lambda _: ask(server, 20, b"GET", b"key"))
        failures.append(sum(reply is not None for reply in chain.from_iterable(replies)))
    assert failures == [20] * 20


def test_every_unknown_command_is_counted(server: MemoryServer) -> None:
    """So many were sent."""
    run_threads(THREADS, lambda _: ask(server, 2000, b"NOPE"))
    assert core_of(server).unknown == {"NOPE": THREADS * 2000}


def test_time_has_passed_when_the_reply_says_so(server: MemoryServer) -> None:
    """Nobody else's TEST.ADVANCE carries out one's own."""
    testing_commands.allow(server)
    clock = server.clock

    def least_advance(_: int) -> int:
        least = 1000
        for _ in range(500):
            before = clock.now_ms()
            ask(server, 1, b"TEST.ADVANCE", b"1")
            least = min(least, clock.now_ms() - before)
        return least

    assert run_threads(THREADS, least_advance) == [1000] * THREADS


def test_a_door_that_opens_keeps_those_who_wait() -> None:
    """Who waited for a lock before there was a client is woken all the same."""
    server = MemoryServer(clock=ManualClock())
    cache = InMemoryCacheAdapter("", server=server)
    lock = cache.get_lock("l")
    lock.acquire()
    waiting = Task(lambda: cache.get_lock("l").acquire())
    until(lambda: bool(keyspace_of(server).queues))
    client: Any = server.redis()
    client.ping()
    lock.release()
    assert waiting.result()
