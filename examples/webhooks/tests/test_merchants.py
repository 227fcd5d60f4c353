from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from examples.webhooks.merchants import TTL, Merchant, MerchantDirectory, MerchantTable
from examples.webhooks.tests.support import ROW, in_threads

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface, ManualClock
    from examples.webhooks.merchants import Row

COFFEE = Merchant(**ROW)


class Database:
    """Knows one merchant, and what it was asked."""

    def __init__(self) -> None:
        self.queries: list[str] = []

    def load(self, merchant_id: str) -> Row | None:
        self.queries.append(merchant_id)
        return ROW if merchant_id == COFFEE.id else None


def test_a_merchant_is_found(cache_provider: CacheProviderInterface) -> None:
    """A row of the database becomes a merchant."""
    assert MerchantDirectory(cache_provider, Database().load).find("mer_coffee") == COFFEE


def test_a_cached_merchant_is_the_same_merchant(cache_provider: CacheProviderInterface) -> None:
    """What comes out of the cache equals what came out of the database."""
    directory = MerchantDirectory(cache_provider, Database().load)
    directory.find("mer_coffee")
    assert directory.find("mer_coffee") == COFFEE


def test_a_stranger_is_nobody(cache_provider: CacheProviderInterface) -> None:
    """An id without a row is None."""
    assert MerchantDirectory(cache_provider, Database().load).find("mer_nobody") is None


def test_the_database_is_asked_once(cache_provider: CacheProviderInterface) -> None:
    """The second lookup comes from the cache."""
    database = Database()
    directory = MerchantDirectory(cache_provider, database.load)
    directory.find("mer_coffee")
    directory.find("mer_coffee")
    assert database.queries == ["mer_coffee"]


def test_the_database_is_asked_about_a_stranger_once(cache_provider: CacheProviderInterface) -> None:
    """That there is no such merchant is remembered as well."""
    database = Database()
    directory = MerchantDirectory(cache_provider, database.load)
    directory.find("mer_nobody")
    directory.find("mer_nobody")
    assert database.queries == ["mer_nobody"]


@pytest.mark.usefixtures("restless_threads")
def test_a_burst_of_threads_asks_the_database_once(cache_provider: CacheProviderInterface) -> None:
    """When many workers miss the same merchant at the same time, one of them computes for all."""
    database = Database()
    directory = MerchantDirectory(cache_provider, database.load)
    in_threads([lambda: directory.find("mer_coffee")] * 8)
    assert database.queries == ["mer_coffee"]


def test_the_database_is_asked_again_when_the_ttl_is_over(
    cache_provider: CacheProviderInterface, cache_clock: ManualClock
) -> None:
    """A merchant's new name shows up after the ttl at the latest."""
    database = Database()
    directory = MerchantDirectory(cache_provider, database.load)
    directory.find("mer_coffee")
    cache_clock.advance(TTL)
    directory.find("mer_coffee")
    assert database.queries == ["mer_coffee", "mer_coffee"]


def test_the_table_lists_its_merchants_once() -> None:
    """No two rows of the shipped table share an id."""
    merchants = MerchantTable().merchants()
    assert len({merchant.id for merchant in merchants}) == len(merchants)
