"""One store behind two doors: what threads do through both at once can be told as one after the other."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from cache_provider import (
    CacheProviderInterface,
    InMemoryCacheAdapter,
    ManualClock,
    MemoryServer,
    RedisCacheAdapter,
)
from tests.door.reaching import client_of
from tests.linearizability.checker import Model
from tests.linearizability.explanation import assert_linearizable
from tests.linearizability.models import (
    CappedListModel,
    DictFieldModel,
    HashModel,
    LockModel,
    MultiKeyModel,
    RegisterModel,
)
from tests.stress.recording import Call, record_all_keys, record_keys, record_lock
from tests.stress.test_linearizability import (
    KEYS,
    bulk_call,
    counter_call,
    hash_call,
    list_call,
    record_call,
    value_call,
)
from tests.stress.threads import THREADS, run_threads
from tests.threads import Task

pytestmark = pytest.mark.usefixtures("tiny_switch_interval")

TURNS = 60
PREFIX = "app:"


@pytest.fixture
def adapters() -> Iterator[Sequence[CacheProviderInterface]]:
    """Yield an adapter for each thread: four of the double, two in process, two by a socket."""
    server = MemoryServer(clock=ManualClock())
    local = [InMemoryCacheAdapter(PREFIX, server=server) for _ in range(THREADS - 4)]
    with server.listen() as listener:
        clients = [server.redis(), server.redis()]
        clients += [client_of(listener) for _ in range(2)]
        yield [*local, *(RedisCacheAdapter(client=client, key_prefix=PREFIX) for client in clients)]
        for client in clients:
            client.close()


@pytest.mark.parametrize(
    ("call", "model"),
    [
        (value_call, RegisterModel()),
        (counter_call, RegisterModel()),
        (list_call, CappedListModel()),
        (hash_call, HashModel()),
        (record_call, DictFieldModel()),
    ],
    ids=["values", "counters", "lists", "hashes", "records"],
)
def test_operations_through_both_doors_are_linearizable(
    adapters: Sequence[CacheProviderInterface], call: Callable[[random.Random], Call], model: Model[Any]
) -> None:
    """Each takes effect at one moment, whichever way it came."""
    for history in record_keys(adapters, KEYS, call, turns=TURNS).by_key().values():
        assert_linearizable(history, model)


def test_operations_on_several_keys_through_both_doors_are_linearizable(
    adapters: Sequence[CacheProviderInterface],
) -> None:
    """Each at one moment for all keys; a list of keys is a walk on Redis, and none of one moment."""

    def call(rng: random.Random) -> Call:
        return next(made for made in iter(lambda: bulk_call(rng), None) if made[0] != "keys")

    (history,) = record_all_keys(adapters, call, turns=TURNS).by_key().values()
    assert_linearizable(history, MultiKeyModel(*KEYS))


def test_a_lock_through_both_doors_is_linearizable(adapters: Sequence[CacheProviderInterface]) -> None:
    """Who holds it holds it for all."""
    locks = [adapter.get_lock("lock", timeout=600) for adapter in adapters]
    # Few turns: a client hears of a release through the other door only when it looks again, each second.
    (history,) = record_lock(locks, turns=8).by_key().values()
    assert_linearizable(history, LockModel())


def transaction(client: Any, number: int) -> None:
    """Write both keys in a transaction."""
    client.pipeline().set("a", number).set("b", number).execute()


def script(client: Any, number: int) -> None:
    """Write both keys in a script."""
    client.eval("for _, key in ipairs(KEYS) do redis.call('set', key, ARGV[1]) end", 2, "a", "b", number)


def one_command(client: Any, number: int) -> None:
    """Write both keys in a command."""
    client.mset({"a": number, "b": number})


def renames(client: Any, number: int) -> None:
    """Write both keys by commands that are one step only together."""
    client.pipeline().set("new", number).copy("new", "a", replace=True).rename("new", "b").execute()


def provider_reads(server: MemoryServer) -> Callable[[], tuple[Any, Any]]:
    """Read both as a provider does."""
    cache = InMemoryCacheAdapter("", server=server)

    def read() -> tuple[Any, Any]:
        found = cache.mget(["a", "b"])
        return found.get("a"), found.get("b")

    return read


def client_reads(server: MemoryServer) -> Callable[[], tuple[Any, Any]]:
    """Read both in a command."""
    client: Any = server.redis()
    return lambda: tuple(client.mget("a", "b"))


def transaction_reads(server: MemoryServer) -> Callable[[], tuple[Any, Any]]:
    """Read both in a transaction."""
    client: Any = server.redis()
    return lambda: tuple(client.pipeline().get("a").get("b").execute())


@pytest.mark.parametrize("reads", [provider_reads, client_reads, transaction_reads])
@pytest.mark.parametrize("write", [transaction, script, one_command, renames])
def test_what_is_one_step_is_seen_whole_or_not_at_all(
    write: Callable[[Any, int], None], reads: Callable[[MemoryServer], Callable[[], tuple[Any, Any]]]
) -> None:
    """Through whichever door it is looked at."""
    if write is script:
        pytest.importorskip("lupa")
    server = MemoryServer(clock=ManualClock())
    over = threading.Event()

    def work() -> None:
        client: Any = server.redis()
        try:
            for number in range(150):
                write(client, number)
        finally:
            over.set()

    writing, read = Task(work), reads(server)
    seen: set[bool] = set()
    while not seen or not over.is_set():
        first, second = read()
        seen.add(first == second)
    writing.result()
    assert seen == {True}


def test_transactions_that_watch_lose_no_update_to_a_provider(server: MemoryServer) -> None:
    """A client's read, change and write is one step, or is begun anew."""
    cache = InMemoryCacheAdapter("", server=server)
    cache.set("visits", 0)

    def work(number: int) -> None:
        client: Any = server.redis()
        for _ in range(25):
            if number % 2:
                cache.incr("visits")
            else:
                client.transaction(_count_up, "visits")

    run_threads(THREADS, work)
    assert cache.get("visits") == 25 * THREADS


def _count_up(pipeline: Any) -> None:
    visits = int(pipeline.get("visits"))
    pipeline.multi()
    pipeline.set("visits", visits + 1)
