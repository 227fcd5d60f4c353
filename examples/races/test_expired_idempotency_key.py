"""Expired idempotency key: the claim on a payment ends while the payment is made, and it is made again."""

from collections.abc import Callable
from typing import Final

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from cache_provider.testing.race.fixtures import CacheRace
from examples.races.findings import Found, Scenario, found

INTERRUPTIONS: Final = 2

Pay = Callable[[CacheProviderInterface], None]


def pay(cache: CacheProviderInterface) -> None:
    """Broken: the claim guards the payment only while it lasts."""
    if cache.setnx("request:42", "running", ttl=30):
        cache.decr("balance", 60)
        cache.set("request:42", "done")


def pay_with_its_number(cache: CacheProviderInterface) -> None:
    """Mended: the balance knows which requests are in it. The claim only saves work."""
    if not cache.setnx("request:42", "running", ttl=30):
        return
    while "42" not in (account := cache.get("account"))["paid"]:
        paid = {"balance": account["balance"] - 60, "paid": [*account["paid"], "42"]}
        cache.compare_and_set("account", account, paid)
    cache.set("request:42", "done")


def two_deliveries(pay: Pay) -> Scenario:
    def scenario(r: Race) -> None:
        r.cache.set("balance", 100)
        r.cache.set("account", {"balance": 100, "paid": []})
        r.spawn(pay, r.cache, name="A")
        r.spawn(pay, r.cache, name="B")
        r.join()
        assert {r.cache.get("balance"), r.cache.get("account")["balance"]} == {100, 40}

    return scenario


def test_a_payment_is_made_twice() -> None:
    """The second claims what the first has not finished."""
    result = explore(two_deliveries(pay), preemptions=None, clock="explored", max_schedules=30)
    assert found(result) == Found(
        INTERRUPTIONS,
        "AssertionError",
        (
            "A setnx request:42",
            "time passes",
            "B setnx request:42",
            "B decr balance",
            "B set request:42",
            "A decr balance",
            "A set request:42",
        ),
    )


def test_a_payment_that_the_account_remembers_is_made_once(cache_race: CacheRace) -> None:
    """Whenever the claims end."""
    assert cache_race(
        two_deliveries(pay_with_its_number), preemptions=None, clock="explored", reduce="states"
    ).exhausted
