"""What the tests share: events to order, threads that start together, a hook in front of an operation."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from inspect import iscoroutinefunction
from threading import Barrier
from typing import TYPE_CHECKING, Any, Final, TypeVar

from examples.webhooks.events import Event
from examples.webhooks.merchants import MerchantTable

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence

    import pytest

    from cache_provider import InMemoryCacheAdapter
    from examples.webhooks.merchants import Row

T = TypeVar("T")

NOON: Final = datetime(2025, 3, 14, 12, tzinfo=UTC)

PAYMENT: Final = Event(
    id="evt_1R2first",
    type="payment.succeeded",
    merchant="mer_coffee",
    amount=1_250,
    currency="EUR",
    created=NOON,
    received=NOON,
    attempt=1,
)
ROW: Final[Row] = {"id": "mer_coffee", "name": "Coffee", "currency": "EUR", "events_per_second": 1_000_000}


def load_row(merchant_id: str) -> Row | None:
    """Know one merchant, and let it send as much as it likes."""
    return ROW if merchant_id == "mer_coffee" else None


TABLE: Final = MerchantTable()


def unlimited(merchant_id: str) -> Row | None:
    """Know every merchant of the shipped table, and let each send as much as it likes."""
    row = TABLE.load(merchant_id)
    return row and row | {"events_per_second": 1_000_000}


def balances(cache: InMemoryCacheAdapter) -> dict[str, int]:
    """Return what the accounts in the cache hold, by key."""
    return {key: account["balance"] for key, account in cache.mget(cache.keys("account:*")).items()}


def expected_balances(events: Iterable[Event]) -> dict[str, int]:
    """Add up each event once, however often it was delivered."""
    known = {merchant.id for merchant in TABLE.merchants()}
    once = {event.id: event for event in events if event.merchant in known}
    sums = Counter[str]()
    for event in once.values():
        sums[f"account:{event.merchant}"] += event.effect
    return dict(sums)


def payments(count: int) -> list[Event]:
    """Return different payments to the same merchant."""
    return [replace(PAYMENT, id=f"evt_1R2{number:04}", amount=100 + number) for number in range(count)]


def in_threads(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Run each job in a thread of its own, all from the same moment, and return their results in order."""
    everybody_is_there = Barrier(len(jobs))

    def run(job: Callable[[], T]) -> T:
        everybody_is_there.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


async def in_tasks(jobs: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Run each job in a task of its own and return their results in order."""
    return await asyncio.gather(*jobs)


def once_around(
    monkeypatch: pytest.MonkeyPatch,
    target: object,
    operation: str,
    *,
    before: Callable[[], object] = lambda: None,
    after: Callable[[], object] = lambda: None,
) -> None:
    """Let something happen around the next call of one of the target's methods, and of that call only."""
    real = getattr(target, operation)

    def disturbed(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(target, operation, real)
        before()
        result = real(*arguments, **options)
        after()
        return result

    async def disturbed_and_awaited(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(target, operation, real)
        before()
        result = await real(*arguments, **options)
        after()
        return result

    instead = disturbed_and_awaited if iscoroutinefunction(real) else disturbed
    monkeypatch.setattr(target, operation, instead)
