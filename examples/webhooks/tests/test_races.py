"""What the race explorer is asked about the receiver: every order of the operations of a few workers.

Where a search is bounded, the assertion says so: every schedule with up to two interruptions was run, by
another worker, by time that ends a claim, a lease or a window, or by an operation that fails.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from cache_provider import CacheUnavailableError, LockError
from examples.webhooks.idempotency import EXECUTION_TTL
from examples.webhooks.ledger import Ledger, LedgerConflictError
from examples.webhooks.merchants import MerchantDirectory
from examples.webhooks.rate_limiter import WINDOW, RateLimiter
from examples.webhooks.receiver import Outcome, Receiver
from examples.webhooks.tests.support import PAYMENT, load_row, payments

if TYPE_CHECKING:
    from collections.abc import Callable

    from cache_provider import CacheProviderInterface
    from cache_provider.testing.race import Race
    from cache_provider.testing.race.fixtures import CacheRace
    from cache_provider.testing.seam import Operation
    from examples.webhooks.events import Event
    from examples.webhooks.merchants import Row

OTHER: Final = replace(PAYMENT, id="evt_1R2other", amount=400)
NEW_AND_OLD: Final = pytest.mark.parametrize("earlier", [[], payments(1)], ids=["new account", "old account"])


def receiver_that_knows_the_merchant(cache: CacheProviderInterface) -> Receiver:
    """Return a receiver that has no need to ask the database: that is a race of its own."""
    MerchantDirectory(cache, load_row).find(PAYMENT.merchant)
    return Receiver(cache, load_row)


def deliver_until_acknowledged(r: Race, receiver: Receiver, event: Event) -> None:
    """Do what the payment provider does: deliver again, later, until the answer is not a request to."""
    while receiver.process(event) in {Outcome.RETRY_LATER, Outcome.RATE_LIMITED}:
        r.clock.advance(EXECUTION_TTL)


def two_deliveries(r: Race) -> None:
    """Two workers get the same event."""
    receiver = receiver_that_knows_the_merchant(r.cache)
    workers = [r.spawn(receiver.process, PAYMENT) for _ in range(2)]
    r.join()
    if {worker.result for worker in workers} == {Outcome.RETRY_LATER}:
        deliver_until_acknowledged(r, receiver, PAYMENT)
    assert receiver.ledger.balance(PAYMENT.merchant) == PAYMENT.amount
    assert [line["id"] for line in receiver.recent.of(PAYMENT.merchant)] == [PAYMENT.id]


def two_deliveries_on_a_bad_day(r: Race) -> None:
    """Two workers get the same event, and what they ask of the cache may fail."""
    reliable = r.make_cache(cache_name="reliable")
    witness = receiver_that_knows_the_merchant(reliable)
    receiver = Receiver(r.cache, load_row)
    workers = [r.spawn(receiver.process, PAYMENT) for _ in range(2)]
    r.join()
    if {worker.result for worker in workers} == {Outcome.RETRY_LATER}:
        deliver_until_acknowledged(r, witness, PAYMENT)
    assert witness.ledger.balance(PAYMENT.merchant) == PAYMENT.amount


def breaks(operation: Operation) -> CacheUnavailableError | None:
    """Let an operation fail unless it is made to look at the outcome."""
    return None if operation.provider.cache_name == "reliable" else CacheUnavailableError("gone")


def two_events(r: Race) -> None:
    """Two workers get different events of one merchant."""
    receiver = receiver_that_knows_the_merchant(r.cache)
    workers = {event: r.spawn(receiver.process, event) for event in (PAYMENT, OTHER)}
    r.join()
    for event, worker in workers.items():
        if worker.result is Outcome.RETRY_LATER:
            deliver_until_acknowledged(r, receiver, event)
    assert receiver.ledger.balance(PAYMENT.merchant) == PAYMENT.amount + OTHER.amount
    assert {line["id"] for line in receiver.recent.of(PAYMENT.merchant)} == {PAYMENT.id, OTHER.id}


def two_credits(earlier: list[Event]) -> Callable[[Race], None]:
    """Two workers book different events into one account, and try again when told to."""

    def scenario(r: Race) -> None:
        ledger = Ledger(r.cache)

        def book(event: Event) -> None:
            while True:
                try:
                    ledger.book(event)
                except (LockError, LedgerConflictError):
                    continue
                return

        for event in earlier:
            book(event)
        r.spawn(book, PAYMENT)
        r.spawn(book, OTHER)
        r.join()
        assert ledger.balance(PAYMENT.merchant) == sum(event.amount for event in (*earlier, PAYMENT, OTHER))

    return scenario


def three_requests(r: Race) -> None:
    """Three events of a merchant that may send two a second."""
    limiter = RateLimiter(r.cache)
    answers: defaultdict[int, list[bool]] = defaultdict(list)

    def ask() -> None:
        is_allowed = limiter.allow("mer_coffee", 2)
        answers[r.clock.now_ms()].append(is_allowed)

    for _ in range(3):
        r.spawn(ask)
    r.join()
    # Time moves only to the end of a window, so what was answered at one time was asked in one window.
    assert all(window.count(True) == min(2, len(window)) for window in answers.values())
    r.clock.advance(WINDOW)
    assert limiter.allow("mer_coffee", 1)


def three_lookups(r: Race, *, queries: list[str]) -> None:
    """Three workers, in two processes, look the same merchant up."""

    def load(merchant_id: str) -> Row | None:
        queries.append(merchant_id)
        return load_row(merchant_id)

    directories = [MerchantDirectory(cache, load) for cache in (r.cache, r.cache, r.make_cache())]
    workers = [r.spawn(directory.find, "mer_coffee") for directory in directories]
    r.join()
    assert {worker.result and worker.result.id for worker in workers} == {"mer_coffee"}


def one_query_for_three_lookups(r: Race) -> None:
    """Three workers look the same merchant up, and one of them asks the database."""
    queries: list[str] = []
    three_lookups(r, queries=queries)
    assert queries == ["mer_coffee"]


def test_two_deliveries_of_an_event_apply_it_once(cache_race: CacheRace) -> None:
    """In every order there is of their operations, while time stands still."""
    assert cache_race(two_deliveries, preemptions=None, reduce="states").exhausted


def test_two_deliveries_of_an_event_apply_it_once_whenever_claims_end(cache_race: CacheRace) -> None:
    """A claim, a lease or a window that ends under a worker costs a delivery, and never money."""
    assert cache_race(two_deliveries, preemptions=2, clock="explored", strategy="dfs").bound == 2


def test_two_deliveries_of_an_event_apply_it_once_whatever_fails(cache_race: CacheRace) -> None:
    """An operation of either worker, before its effect or after it."""
    result = cache_race(two_deliveries_on_a_bad_day, preemptions=2, faults=[breaks], strategy="dfs")
    assert result.bound == 2


def test_two_events_of_a_merchant_both_count(cache_race: CacheRace) -> None:
    """Whenever claims and leases end."""
    assert cache_race(two_events, preemptions=2, clock="explored", strategy="dfs").bound == 2


@NEW_AND_OLD
def test_two_credits_both_count_while_time_stands_still(cache_race: CacheRace, earlier: list[Event]) -> None:
    """One waits for the other."""
    assert cache_race(two_credits(earlier), preemptions=None).exhausted


@NEW_AND_OLD
def test_two_credits_both_count_when_leases_end_early(cache_race: CacheRace, earlier: list[Event]) -> None:
    """The write refuses to replace what was not read. It takes three: patience ends before the lease does."""
    assert cache_race(two_credits(earlier), preemptions=3, clock="explored", strategy="dfs").bound == 3


def test_the_limit_of_a_window_is_kept_and_every_window_ends(cache_race: CacheRace) -> None:
    """In every order, and wherever between two operations the window ends."""
    assert cache_race(three_requests, preemptions=None, clock="explored").exhausted


def test_a_merchant_that_three_workers_miss_is_asked_for_once(cache_race: CacheRace) -> None:
    """In every order, in one process and across two."""
    assert cache_race(one_query_for_three_lookups, preemptions=None, max_schedules=10_000).exhausted


def test_a_merchant_is_found_whenever_leases_end(cache_race: CacheRace) -> None:
    """Past its lease a slow query is made again, and everybody has an answer."""

    def scenario(r: Race) -> None:
        three_lookups(r, queries=[])

    assert cache_race(scenario, preemptions=2, clock="explored", strategy="dfs").bound == 2
