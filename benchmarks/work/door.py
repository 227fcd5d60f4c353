"""The Redis door: redis-py in process, awaited, and at a socket."""

import importlib
import threading
from collections.abc import Callable
from itertools import repeat
from typing import Any

from benchmarks.batch import loop, reads
from benchmarks.clients import (
    AT_SOCKETS,
    AWAITED,
    CONSTANT,
    DOOR,
    FAKEREDIS,
    PX,
    REDIS,
    SYNCHRONOUS,
    URLS,
)
from benchmarks.measure import Effort, Sampler, timed
from benchmarks.resources import close_later
from benchmarks.row import Pace, Row, Section, count
from benchmarks.subjects import Subject
from benchmarks.targets import MICROSECONDS, Against, Flat, Target
from benchmarks.work.locks import acquire_release
from benchmarks.work.values import KEYS, TEXT
from cache_provider import MemoryServer

IN_PROCESS = Section(
    name="door",
    title="The Redis door, in process",
    note="Calls of redis-py's own client. What the constant connection takes is redis-py itself.",
    cast=lambda _effort: SYNCHRONOUS,
    ours=DOOR,
    reference=CONSTANT,
)
IN_LOOPS = Section(
    name="door-async",
    title="The Redis door, awaited",
    note="The same of redis.asyncio, in a running event loop.",
    cast=lambda _effort: AWAITED,
    ours=DOOR,
    reference=CONSTANT,
)
AT_THE_SOCKET = Section(
    name="door-socket",
    title="The Redis door, at a socket",
    note="Servers in processes of their own; each client is a redis-py with a connection of its own in a "
    "thread of its own. Time for one command of all clients together; for the pipeline, of a hundred sets.",
    cast=lambda _effort: AT_SOCKETS,
    ours=DOOR,
    reference=REDIS,
)
CLIENTS = 8


def _get(subject: Subject, effort: Effort) -> Sampler:
    store = subject.open()
    store.done(store.set(KEYS[0], TEXT))
    return timed(reads(store, store.get, KEYS), operations=len(KEYS), target_ns=effort.batch_ns)


def _set(subject: Subject, effort: Effort) -> Sampler:
    store = subject.open()
    names = {"set": store.set, "keys": KEYS, "value": TEXT, "px": PX}
    batch = loop(store, "set(key, value, px=px)", "key in keys", **names)
    return timed(batch, operations=len(KEYS), target_ns=effort.batch_ns)


def _incr(subject: Subject, effort: Effort) -> Sampler | None:
    store = subject.open()
    if store.incr is None:
        return None
    return timed(reads(store, store.incr, KEYS), operations=len(KEYS), target_ns=effort.batch_ns)


def _client(url: str) -> Any:
    client = importlib.import_module("redis").Redis.from_url(url)
    close_later(client.close)
    return client


def _pipeline(subject: Subject, effort: Effort) -> Sampler:
    # In process where it is ours: that is what a test has instead of a server.
    client: Any = MemoryServer().redis() if subject.name == DOOR else _client(URLS[subject.name]())

    def run(repetitions: int) -> None:
        for _ in repeat(None, repetitions):
            pipeline = client.pipeline(transaction=False)
            for key in KEYS:
                pipeline.set(key, TEXT)
            pipeline.execute()

    return timed(run, operations=1, target_ns=effort.batch_ns)


def _clients(number: int) -> Callable[[Subject, Effort], Sampler]:
    def prepare(subject: Subject, effort: Effort) -> Sampler:
        url = URLS[subject.name]()
        clients = [_client(url) for _ in range(number)]
        clients[0].set(KEYS[0], TEXT)

        def work(client: Any, repetitions: int) -> None:
            get = client.get
            for _ in repeat(None, repetitions):
                get(KEYS[0])

        def run(repetitions: int) -> None:
            threads = [threading.Thread(target=work, args=(one, repetitions)) for one in clients]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        return timed(run, operations=number, target_ns=effort.batch_ns * 10)

    return prepare


def _row(section: Section, name: str, title: str, prepare: Any, *targets: Target) -> Row:
    return Row(
        section=section,
        name=f"{section.name}-{name}",
        title=f"{title}, {section.title[0].lower()}{section.title[1:]}",
        prepare=prepare,
        targets=targets,
        unit=MICROSECONDS,
    )


_CALLS = (("get", "get", _get), ("set", "set px", _set), ("incr", "incr", _incr))
_WITHIN = (Against(1.6, CONSTANT), Against(0.5, FAKEREDIS))
_AT = (Against(3, REDIS), Against(1 / 3, FAKEREDIS))


# Growth


def _cast(effort: Effort) -> tuple[Subject, ...]:
    door = SYNCHRONOUS[1]
    return tuple(
        Subject(
            name=count(size),
            module="redis",
            distribution="redis",
            note=door.note,
            open=door.open,
            is_alias=True,
        )
        for size in (effort.sizes[0], effort.sizes[-1])
    )


GROWTH = Section(
    name="door-growth",
    title="The Redis door, as one key grows",
    note="A command in process on a key of so many members.",
    cast=_cast,
    reference="1k",
)


def _grown(fill: str, command: Callable[[Any, int], object]) -> Callable[[Subject, Effort], Sampler]:
    def prepare(subject: Subject, effort: Effort) -> Sampler:
        client: Any = MemoryServer().redis()
        size = next(size for size in effort.sizes if count(size) == subject.name)
        for start in range(0, size, 10_000):
            members = [f"m{number}" for number in range(start, min(size, start + 10_000))]
            words: dict[str, list[Any]] = {
                "RPUSH": members,
                "SADD": members,
                "HSET": [word for member in members for word in (member, "v")],
                "ZADD": [word for place, member in enumerate(members, start) for word in (place, member)],
            }
            client.execute_command(fill, "key", *words[fill])
        numbers = iter(range(10**12))

        def run(repetitions: int) -> None:
            for _ in repeat(None, repetitions):
                command(client, next(numbers))

        return timed(run, operations=1, target_ns=effort.batch_ns)

    return prepare


def _grown_row(name: str, fill: str, limit: float, command: Callable[[Any, int], object]) -> Row:
    return Row(
        section=GROWTH,
        name=f"door-growth-{name}",
        title=f"{name} on a large key",
        prepare=_grown(fill, command),
        targets=(Flat(limit),),
        unit=MICROSECONDS,
        pace=Pace.SLOW,
    )


def _push(client: Any, number: int) -> object:
    return client.rpush("key", number)


def _push_pop(client: Any, number: int) -> object:
    client.lpush("key", number)
    return client.lpop("key")


def _hset(client: Any, number: int) -> object:
    return client.hset("key", "m500", number)


def _sadd(client: Any, number: int) -> object:
    return client.sadd("key", f"m{number % 500}")


def _zadd(client: Any, number: int) -> object:
    return client.zadd("key", {f"m{number % 500}": number % 1000})


ROWS = (
    *(_row(IN_PROCESS, name, title, prepare, *_WITHIN) for name, title, prepare in _CALLS),
    _row(IN_PROCESS, "lock", "lock acquire + release", acquire_release, Against(0.25, FAKEREDIS)),
    *(_row(IN_LOOPS, name, title, prepare, Against(1.8, CONSTANT)) for name, title, prepare in _CALLS),
    _row(AT_THE_SOCKET, "pipeline", "pipeline of 100 sets, in process", _pipeline, Against(1, REDIS)),
    _row(AT_THE_SOCKET, "one", "get, one client", _clients(1), *_AT),
    _row(AT_THE_SOCKET, "eight", "get, eight clients", _clients(CLIENTS), *_AT),
    _grown_row("push", "RPUSH", 2, _push),
    _grown_row("pop", "RPUSH", 2, _push_pop),
    _grown_row("hset", "HSET", 2, _hset),
    _grown_row("sadd", "SADD", 2, _sadd),
    _grown_row("zadd", "ZADD", 3, _zadd),
)
