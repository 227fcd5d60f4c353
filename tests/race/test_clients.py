"""Clients of redis-py in the explorer: a command is a step."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from math import comb
from threading import Thread
from typing import Any, Literal

import pytest
import redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import LockError

from cache_provider.testing.race import AsyncRace, Deadlock, Livelock, Race, StrayThread, explore
from cache_provider.testing.seam import Operation


def schedules_of(*lengths: int) -> int:
    """Return in how many orders two tasks of so many operations go on, their beginnings included."""
    first, second = (length + 1 for length in lengths)
    return comb(first + second, first)


def visit(client: "redis.Redis") -> None:
    visits = int(client.get("visits") or 0)
    client.set("visits", visits + 1)


def visits(r: Race) -> None:
    client = r.redis(decode_responses=True)
    r.spawn(visit, client)
    r.spawn(visit, client)
    r.join()
    assert client.get("visits") == "2"


async def async_visit(client: "AsyncRedis") -> None:
    visits = int(await client.get("visits") or 0)
    await client.set("visits", visits + 1)


async def async_visits(r: AsyncRace) -> None:
    client = r.async_redis(decode_responses=True)
    r.spawn(async_visit, client)
    r.spawn(async_visit, client)
    await r.join()
    assert await client.get("visits") == "2"


@pytest.mark.parametrize("scenario", [visits, async_visits], ids=["threads", "coroutines"])
def test_a_lost_update_is_found_with_one_interruption(scenario: Callable[..., object]) -> None:
    failure = explore(scenario).failure
    assert failure is not None
    assert failure.preemptions == 1


def test_a_report_shows_commands_results_and_the_callers_line() -> None:
    report = str(explore(visits).failure)
    assert "GET visits -> None" in report
    assert "SET visits 1" in report
    assert "A sets visits over the change that B made" in report
    line = visit.__code__.co_firstlineno + 1
    assert f"test_clients.py:{line}  visits = int(" in report


def test_a_token_runs_the_schedule_again() -> None:
    failure = explore(visits).failure
    assert failure is not None
    again = explore(visits, replay=failure.token)
    assert str(again.failure).partition("\n\n")[2] == str(failure).partition("\n\n")[2]


def two(work: Callable[[Any], object]) -> Callable[[Race], None]:
    def scenario(r: Race) -> None:
        r.spawn(work, r.redis())
        r.spawn(work, r.redis())

    return scenario


def test_a_command_is_one_step() -> None:
    result = explore(two(lambda client: [client.incr("n") for _ in range(3)]), preemptions=None)
    assert result.exhausted
    assert result.schedules == schedules_of(3, 3)


def test_a_transactional_pipeline_is_one_step() -> None:
    def work(client: Any) -> None:
        client.pipeline().incr("n").incr("m").incr("n").execute()

    assert explore(two(work), preemptions=None).schedules == schedules_of(1, 1)


def test_a_plain_pipeline_is_a_step_for_each_command() -> None:
    def work(client: Any) -> None:
        client.pipeline(transaction=False).incr("n").incr("m").incr("n").execute()

    assert explore(two(work), preemptions=None).schedules == schedules_of(3, 3)


def test_a_script_is_one_step() -> None:
    pytest.importorskip("lupa")
    script = "redis.call('INCR', KEYS[1]); return redis.call('INCR', KEYS[1])"
    result = explore(two(lambda client: client.eval(script, 1, "n")), preemptions=None)
    assert result.schedules == schedules_of(1, 1)


def test_who_is_blocked_is_not_run_until_served() -> None:
    def scenario(r: Race) -> None:
        client = r.redis(decode_responses=True)
        taken = r.spawn(client.blpop, ["jobs"])
        r.spawn(client.lpush, "jobs", "first")
        r.join()
        assert [*(taken.result or ())] == ["jobs", "first"]

    assert explore(scenario, preemptions=None).exhausted


def test_two_who_wait_for_one_job_are_a_deadlock() -> None:
    def scenario(r: Race) -> None:
        client = r.redis(socket_timeout=None)
        r.spawn(client.blpop, ["jobs"])
        r.spawn(client.blpop, ["jobs"])
        r.spawn(client.lpush, "jobs", "first")

    failure = explore(scenario).failure
    assert failure is not None
    assert isinstance(failure.__cause__, Deadlock)
    assert "waits for BLPOP jobs at" in str(failure)


def test_the_time_out_of_a_blocked_client_runs_out_once_nobody_else_can_go_on() -> None:
    def scenario(r: Race) -> None:
        client = r.redis()
        waiting = r.spawn(client.blpop, ["jobs"], timeout=2)
        r.spawn(client.set, "n", 1)
        r.join()
        assert waiting.result is None

    assert explore(scenario, preemptions=None).exhausted


def test_a_socket_time_out_runs_on_the_clock_of_the_schedule() -> None:
    def scenario(r: Race) -> None:
        client = r.redis(socket_timeout=3)
        began = r.clock.now()
        with pytest.raises(redis.TimeoutError):
            client.blpop(["jobs"], timeout=10)
        assert (r.clock.now() - began).total_seconds() == 3
        r.spawn(client.get, "n")

    assert explore(scenario).exhausted


def locked(r: Race) -> None:
    client = r.redis(decode_responses=True)

    def work() -> None:
        with client.lock("lock:visits", timeout=30):
            visit(client)

    r.spawn(work)
    r.spawn(work)
    r.join()
    assert client.get("visits") == "2"


async def async_locked(r: AsyncRace) -> None:
    client = r.async_redis(decode_responses=True)

    async def work() -> None:
        async with client.lock("lock:visits", timeout=30):
            await async_visit(client)

    r.spawn(work)
    r.spawn(work)
    await r.join()
    assert await client.get("visits") == "2"


@pytest.mark.parametrize("scenario", [locked, async_locked], ids=["threads", "coroutines"])
def test_redis_pys_own_lock_excludes_while_time_stands(scenario: Callable[..., object]) -> None:
    pytest.importorskip("lupa")
    assert explore(scenario, preemptions=None).exhausted


@pytest.mark.parametrize("scenario", [locked, async_locked], ids=["threads", "coroutines"])
def test_redis_pys_own_lock_does_not_outlast_its_lease(scenario: Callable[..., object]) -> None:
    pytest.importorskip("lupa")
    assert explore(scenario, clock="explored").failure is not None


@pytest.mark.parametrize("scenario", [locked, async_locked], ids=["threads", "coroutines"])
@pytest.mark.parametrize("reduce", [None, "keys", "states"])
def test_redis_pys_own_lock_may_be_lost_while_time_stands(
    scenario: Callable[..., object], reduce: Literal["keys", "states"] | None
) -> None:
    assert explore(scenario, lost_leases=True, reduce=reduce).failure is not None


def test_redis_pys_own_lock_may_be_lost_in_another_database() -> None:
    def scenario(r: Race) -> None:
        client = r.redis(db=3)

        def work() -> None:
            with suppress(LockError), client.lock("lock:visits", timeout=30):
                visit(client)

        r.spawn(work)
        r.spawn(work)
        r.join()
        assert int(client.get("visits") or 0) == 2

    assert explore(scenario).failure is None
    assert explore(scenario, lost_leases=True).failure is not None


def test_a_lock_of_redis_py_that_was_given_back_is_not_lost() -> None:
    def scenario(r: Race) -> None:
        client = r.redis(decode_responses=True)

        def work() -> None:
            with suppress(LockError), client.lock("lock", timeout=30):
                pass
            client.get("n")

        r.spawn(work)

    # Without a loss, and with one before each of the three commands by which it is released.
    assert explore(scenario, lost_leases=True, preemptions=None).schedules == 4


def test_two_locks_in_opposite_orders_are_a_livelock() -> None:
    pytest.importorskip("lupa")

    def scenario(r: Race) -> None:
        client = r.redis()

        def take(first: str, second: str) -> None:
            with client.lock(first), client.lock(second):
                client.incr("taken")

        r.spawn(take, "left", "right")
        r.spawn(take, "right", "left")

    failure = explore(scenario).failure
    assert failure is not None
    assert isinstance(failure.__cause__, Livelock)


def test_a_sleep_is_time() -> None:
    def scenario(r: Race) -> None:
        began = time.time()
        client = r.redis()

        def rest() -> None:
            client.get("n")
            time.sleep(3600)

        r.spawn(rest)
        r.spawn(client.get, "n")
        r.join()
        assert time.time() - began == 3600

    result = explore(scenario, preemptions=None, watchdog=30)
    assert result.exhausted


def test_a_sleep_of_asyncio_is_time() -> None:
    async def scenario(r: AsyncRace) -> None:
        began = time.monotonic()

        async def work() -> None:
            await asyncio.sleep(3600)
            await r.async_redis().get("n")

        r.spawn(work)
        await r.join()
        assert time.monotonic() - began == 3600

    assert explore(scenario, preemptions=None).exhausted


def test_both_doors_open_on_one_store() -> None:
    def scenario(r: Race) -> None:
        client, cache = r.redis(), r.make_cache(key_prefix="")
        r.spawn(cache.incr, "n")
        r.spawn(client.incr, "n")
        r.join()
        assert (cache.get("n"), client.get("n")) == (2, b"2")

    result = explore(scenario, preemptions=None)
    assert result.exhausted
    assert result.schedules == schedules_of(1, 1)


def test_a_race_between_both_doors_is_found() -> None:
    def scenario(r: Race) -> None:
        client, cache = r.redis(), r.make_cache(key_prefix="")
        r.spawn(lambda: cache.set("n", cache.get("n", 0) + 1))
        r.spawn(client.incr, "n")
        r.join()
        assert client.get("n") == b"2"

    assert explore(scenario).failure is not None


def test_a_pool_serves_an_application_that_makes_its_own_clients() -> None:
    def scenario(r: Race) -> None:
        pool = r.connection_pool(decode_responses=True)
        r.spawn(lambda: visit(redis.Redis(connection_pool=pool)))
        r.spawn(lambda: visit(redis.Redis(connection_pool=pool)))
        r.join()
        assert redis.Redis(connection_pool=pool).get("visits") == "2"

    failure = explore(scenario).failure
    assert failure is not None
    assert failure.preemptions == 1


def test_a_plain_function_of_a_coroutine_uses_a_client_in_its_thread() -> None:
    async def scenario(r: AsyncRace) -> None:
        client = r.redis(decode_responses=True)
        await asyncio.gather(asyncio.to_thread(visit, client), asyncio.to_thread(visit, client))
        assert await r.async_redis(decode_responses=True).get("visits") == "2"

    failure = explore(scenario).failure
    assert failure is not None
    assert failure.preemptions == 1


def test_time_passes_between_a_look_at_a_ttl_and_the_next_command() -> None:
    def scenario(r: Race) -> None:
        client = r.redis(db=3)
        client.set("session", "ada", ex=60)

        def read() -> None:
            if client.exists("session"):
                assert client.get("session") is not None

        r.spawn(read)

    assert explore(scenario).exhausted
    assert explore(scenario, clock="explored").failure is not None


def test_an_error_strikes_before_a_command_and_after_it() -> None:
    def scenario(r: Race) -> None:
        client = r.redis(retry=None)

        def count() -> None:
            try:
                client.incr("n")
            except redis.ConnectionError:
                counted.append("unknown")

        counted = list[str]()
        r.spawn(count)
        r.join()
        seen.add((*counted, r.make_cache(key_prefix="").get("n")))

    seen = set[tuple[object, ...]]()

    def fault(operation: Operation) -> redis.ConnectionError | None:
        return redis.ConnectionError("gone") if operation.name == "INCRBY" else None

    assert explore(scenario, faults=[fault], preemptions=None).exhausted
    assert seen == {(1,), ("unknown", None), ("unknown", 1)}


def test_what_a_cancelled_consumer_has_taken_is_lost() -> None:
    async def scenario(r: AsyncRace) -> None:
        client = r.async_redis(decode_responses=True)
        await client.rpush("jobs", "first")
        done = list[str]()  # the key and the job

        async def consume() -> None:
            taken = await client.blpop(["jobs"])
            done.extend(map(str, taken or ()))

        r.spawn(consume)
        await r.join()
        left = await client.llen("jobs")
        assert len(done) // 2 + left == 1

    assert explore(scenario).exhausted
    failure = explore(scenario, cancellations=True).failure
    assert "is cancelled here, after the effect" in str(failure)


def test_watch_refuses_what_was_changed_in_every_order() -> None:
    def work(client: Any) -> None:
        def add(pipe: Any) -> None:
            value = int(pipe.get("n") or 0)
            pipe.multi()
            pipe.set("n", value + 1)

        client.transaction(add, "n")

    def scenario(r: Race) -> None:
        client = r.redis()
        r.spawn(work, client)
        r.spawn(work, client)
        r.join()
        assert client.get("n") == b"2"

    assert explore(scenario, preemptions=None).exhausted


def test_a_message_that_is_looked_for_may_come_before_and_after() -> None:
    def scenario(r: Race) -> None:
        client: Any = r.redis(decode_responses=True)
        listener = client.pubsub(ignore_subscribe_messages=True)
        listener.subscribe("news")
        listener.get_message()

        def listen() -> None:
            client.set("listening", 1)
            heard.add(None if listener.get_message() is None else "message")

        def tell() -> None:
            if client.get("listening"):
                client.publish("news", "now")

        r.spawn(listen)
        r.spawn(tell)

    heard = set[str | None]()
    assert explore(scenario, preemptions=None).exhausted
    assert heard == {None, "message"}


def test_who_listens_with_patience_waits_on_the_clock_of_the_schedule() -> None:
    async def scenario(r: AsyncRace) -> None:
        client: Any = r.async_redis(decode_responses=True)

        async def listen() -> object:
            async with client.pubsub(ignore_subscribe_messages=True) as listener:
                await listener.subscribe("news")
                await listener.get_message(timeout=1)
                await client.set("ready", 1)
                return await listener.get_message(timeout=60)

        async def tell() -> None:
            if await client.get("ready"):
                await client.publish("news", "now")

        listening = r.spawn(listen)
        r.spawn(tell)
        await r.join()
        heard.add(listening.result is not None)

    heard = set[bool]()
    assert explore(scenario, preemptions=None).exhausted
    assert heard == {False, True}


def test_a_thread_that_nobody_spawned_is_refused() -> None:
    def scenario(r: Race) -> None:
        client = r.redis()

        def look() -> None:
            with suppress(StrayThread):
                client.get("n")

        r.spawn(client.get, "n")
        thread = Thread(target=look)
        thread.start()
        thread.join()

    with pytest.raises(StrayThread, match="called GET"):
        explore(scenario)


@pytest.mark.parametrize("reduce", ["keys", "states"])
def test_orders_of_commands_on_different_keys_are_left_out(reduce: Any) -> None:
    def scenario(r: Race) -> None:
        client = r.redis()
        r.spawn(lambda: [client.incr("a") for _ in range(3)])
        r.spawn(lambda: [client.incr("b") for _ in range(3)])

    result = explore(scenario, reduce=reduce)
    assert result.exhausted
    assert result.schedules < 20


def test_a_watched_key_counts_among_those_of_its_transaction() -> None:
    def scenario(r: Race) -> None:
        client: Any = r.redis()

        def guarded() -> None:
            with client.pipeline() as pipe:
                pipe.watch("guard")
                pipe.multi()
                pipe.set("n", 1)
                try:
                    pipe.execute()
                    outcomes.add("set")
                except redis.WatchError:
                    outcomes.add("refused")

        r.spawn(guarded)
        r.spawn(client.set, "guard", 1)

    outcomes = set[str]()
    assert explore(scenario, reduce="keys").exhausted
    assert outcomes == {"set", "refused"}


def test_a_key_of_one_database_is_not_that_of_another() -> None:
    def scenario(r: Race) -> None:
        r.spawn(r.redis(db=1).incr, "n")
        r.spawn(r.redis(db=2).incr, "n")

    assert explore(scenario, reduce="keys").schedules == 1


def test_a_sleep_that_blocks_the_loop_is_time_for_all() -> None:
    async def scenario(r: AsyncRace) -> None:
        await r.cache.set("session", "ada", ttl=60)

        async def work() -> None:
            time.sleep(60)  # noqa: ASYNC251 - that is what is tested
            assert await r.cache.get("session") is None

        r.spawn(work)

    assert explore(scenario, preemptions=None).exhausted
