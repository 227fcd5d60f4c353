"""baldur's own idempotency gates, from its package, on the faces."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from baldur.core.idempotency_gate import (
    AsyncIdempotencyGate,
    IdempotencyCheckResult,
    IdempotencyDecision,
    IdempotencyGate,
)

from cache_provider import CacheUnavailableError, RedisCacheAdapter
from cache_provider.interop.baldur import AsyncBaldurCacheProvider, BaldurCacheProvider
from tests.interop.gates import AwaitedGate, Gate
from tests.interop.stores import Store, run

CONTINUE, SKIP, ABORT = IdempotencyDecision.CONTINUE, IdempotencyDecision.SKIP, IdempotencyDecision.ABORT
HOUR = 3600
WINDOWS = {"execution_ttl_seconds": 60, "memory_ttl_seconds": HOUR}


@pytest.fixture(params=["sync", "threaded", "async"])
def gate(request: pytest.FixtureRequest, store: Store) -> Iterator[Gate]:
    """Return baldur's gate: the synchronous one, the asynchronous one on either face."""
    if request.param == "sync":
        yield IdempotencyGate(BaldurCacheProvider(store.connect()), **WINDOWS)
        return
    face = (
        BaldurCacheProvider(store.connect())
        if request.param == "threaded"
        else AsyncBaldurCacheProvider(store.connect_async())
    )
    with asyncio.Runner() as runner:
        yield AwaitedGate(AsyncIdempotencyGate(face, **WINDOWS), runner)
        runner.run(store.close_async())


def claim(gate: Gate) -> IdempotencyCheckResult:
    """Claim the key and be allowed to go on."""
    result = gate.check_and_acquire("pay:7")
    assert result.decision is CONTINUE
    return result


def test_the_first_caller_may_go_on(gate: Gate) -> None:
    """With an id of its claim."""
    assert claim(gate).claim_id is not None


def test_a_second_caller_is_stopped_while_the_first_executes(gate: Gate) -> None:
    """It may not run twice."""
    claim(gate)
    assert gate.check_and_acquire("pay:7").decision is ABORT


def test_another_key_is_another_claim(gate: Gate) -> None:
    """Keys do not exclude each other."""
    claim(gate)
    assert gate.check_and_acquire("pay:8").decision is CONTINUE


def test_what_is_completed_is_skipped(gate: Gate) -> None:
    """With the result of the first."""
    gate.mark_completed("pay:7", {"paid": 5}, claim_id=claim(gate).claim_id)
    again = gate.check_and_acquire("pay:7")
    assert (again.decision, again.cached_result) == (SKIP, {"paid": 5})


def test_what_failed_may_be_tried_again(gate: Gate) -> None:
    """By a takeover, counted."""
    gate.mark_failed("pay:7", "boom", claim_id=claim(gate).claim_id)
    again = gate.check_and_acquire("pay:7")
    assert (again.decision, again.retry_count) == (CONTINUE, 1)


def test_a_stale_claim_is_taken_over(gate: Gate, store: Store) -> None:
    """Its worker died; the record outlived the execution window."""
    store.connect().set("pay:7", {"status": "executing", "started_at": time.time() - HOUR, "retry_count": 2})
    again = gate.check_and_acquire("pay:7")
    assert (again.decision, again.retry_count) == (CONTINUE, 3)


def test_a_claim_ends_with_the_execution_window(gate: Gate, store: Store) -> None:
    """The store forgets it."""
    claim(gate)
    store.pass_time(60)
    assert gate.check_and_acquire("pay:7").decision is CONTINUE


def test_a_result_is_forgotten_after_the_memory_window(gate: Gate, store: Store) -> None:
    """Not before."""
    gate.mark_completed("pay:7", {"paid": 5}, claim_id=claim(gate).claim_id)
    store.pass_time(HOUR - 1)
    within = gate.check_and_acquire("pay:7").decision
    store.pass_time(1)
    assert (within, gate.check_and_acquire("pay:7").decision) == (SKIP, CONTINUE)


def test_a_late_mark_does_not_touch_a_later_claim(gate: Gate, store: Store) -> None:
    """It is fenced by the id of the claim."""
    first = claim(gate)
    store.pass_time(60)
    second = claim(gate)
    gate.mark_completed("pay:7", {"paid": "late"}, claim_id=first.claim_id)
    assert store.connect().get("pay:7")["claim_id"] == second.claim_id


def test_a_released_key_may_be_claimed_again(gate: Gate) -> None:
    """Completed or not."""
    gate.mark_completed("pay:7", claim_id=claim(gate).claim_id)
    gate.release("pay:7")
    assert gate.check_and_acquire("pay:7").decision is CONTINUE


def decisions_of_many(face: BaldurCacheProvider) -> list[IdempotencyDecision]:
    """Return what a gate decides for eight threads that ask for one key at once."""
    gate, barrier = IdempotencyGate(face, **WINDOWS), Barrier(8)

    def ask() -> IdempotencyDecision:
        barrier.wait()
        return gate.check_and_acquire("pay:7").decision

    with ThreadPoolExecutor(8) as pool:
        return [future.result() for future in [pool.submit(ask) for _ in range(8)]]


@pytest.mark.usefixtures("tiny_switch_interval")
def test_of_many_threads_one_may_go_on(face: BaldurCacheProvider) -> None:
    """The others are stopped."""
    assert sorted(decisions_of_many(face)) == [ABORT] * 7 + [CONTINUE]


@pytest.mark.usefixtures("tiny_switch_interval")
def test_of_many_threads_one_may_try_again(face: BaldurCacheProvider) -> None:
    """A failed claim is taken over once."""
    face.set("pay:7", {"status": "failed", "retry_count": 0})
    assert sorted(decisions_of_many(face)) == [ABORT] * 7 + [CONTINUE]


def test_of_many_tasks_one_may_go_on(store: Store) -> None:
    """The others are stopped."""

    async def scenario() -> list[IdempotencyDecision]:
        gate = AsyncIdempotencyGate(AsyncBaldurCacheProvider(store.connect_async()), **WINDOWS)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(gate.check_and_acquire("pay:7")) for _ in range(8)]
        return sorted(task.result().decision for task in tasks)

    assert run(store, scenario()) == [ABORT] * 7 + [CONTINUE]


def test_a_claim_may_have_a_window_of_its_own(gate: Gate, store: Store) -> None:
    """In the place of the gate's."""
    gate.check_and_acquire("pay:7", timedelta(seconds=5))
    assert store.connect().ttl("pay:7") == 5


def test_a_gate_hears_of_an_outage() -> None:
    """It must not take it for a duplicate, nor for a missing record."""
    with RedisCacheAdapter("redis://127.0.0.1:1/0") as provider:
        gate = IdempotencyGate(BaldurCacheProvider(provider), **WINDOWS)
        with pytest.raises(CacheUnavailableError):
            gate.check_and_acquire("pay:7")
