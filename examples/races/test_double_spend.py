"""Double spend: the lock's lease ends while its holder works, and two customers spend the same money."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from cache_provider import CacheProviderInterface, LockNotOwnedError
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 2

Spend = Callable[[CacheProviderInterface, list[int]], None]


def spend(cache: CacheProviderInterface, spent: list[int]) -> None:
    """Broken: that the lease ended comes out at the end of the block, when the balance is written."""
    with suppress(LockNotOwnedError), cache.get_lock("wallet", timeout=10):
        balance = cache.get("balance")
        if balance >= 60:
            cache.set("balance", balance - 60)
            spent.append(60)


def spend_if_owned(cache: CacheProviderInterface, spent: list[int]) -> None:
    """Broken: the lease may end between the question and the write."""
    with suppress(LockNotOwnedError), cache.get_lock("wallet", timeout=10) as lock:
        balance = cache.get("balance")
        if balance >= 60 and lock.owned():
            cache.set("balance", balance - 60)
            spent.append(60)


def spend_what_was_seen(cache: CacheProviderInterface, spent: list[int]) -> None:
    """Mended: the write is refused if the balance is no longer what was read. The lock only saves work."""
    with suppress(LockNotOwnedError), cache.get_lock("wallet", timeout=10):
        balance = cache.get("balance")
        if balance >= 60 and cache.compare_and_set("balance", balance, balance - 60):
            spent.append(60)


def two_customers(spend: Spend) -> Scenario:
    def scenario(r: Race) -> None:
        r.cache.set("balance", 100)
        spent: list[int] = []
        r.spawn(spend, r.cache, spent, name="A")
        r.spawn(spend, r.cache, spent, name="B")
        r.join()
        assert r.cache.get("balance") == 100 - sum(spent)

    return scenario


def test_the_same_money_is_spent_twice() -> None:
    """The lease ends after the balance was read; somebody else reads it too."""
    result = explore(two_customers(spend), preemptions=None, clock="explored", max_schedules=40)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        (
            "A lock.acquire wallet",
            "time passes",
            "A get balance",
            "B lock.acquire wallet",
            "B get balance",
            "B set balance",
            "B lock.release wallet",
            "A set balance",
            "A lock.release wallet",
        ),
    )


def test_asking_for_the_lease_first_does_not_help() -> None:
    """The question and the write are two operations."""
    result = explore(two_customers(spend_if_owned), preemptions=None, clock="explored", max_schedules=60)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        (
            "A lock.acquire wallet",
            "A get balance",
            "A lock.owned wallet",
            "time passes",
            "B lock.acquire wallet",
            "B get balance",
            "B lock.owned wallet",
            "B set balance",
            "B lock.release wallet",
            "A set balance",
            "A lock.release wallet",
        ),
    )


def test_while_time_stands_still_the_lock_is_enough(cache_race: CacheRace) -> None:
    """Nothing but the end of a lease breaks it: the bug needs the explored clock."""
    assert cache_race(two_customers(spend), preemptions=None).exhausted


def test_money_is_spent_once_where_the_write_compares(cache_race: CacheRace) -> None:
    """Whenever leases end."""
    assert cache_race(two_customers(spend_what_was_seen), preemptions=None, clock="explored").exhausted
