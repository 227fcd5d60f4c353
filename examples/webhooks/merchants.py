"""Merchants: rows of a slow database, kept in the cache for a while."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cache_provider import CacheProviderInterface
    from examples.webhooks.events import Event

Row = dict[str, Any]
LoadMerchant = Callable[[str], Row | None]
"""The database query: a merchant's row by id, None if there is no such merchant."""

TTL: Final = timedelta(hours=1)

NOBODY: Final[Row] = {}
"""A stranger's row. A None in the cache counts as a miss; this keeps strangers from the database too."""

MERCHANTS_FILE: Final = Path(__file__).parent / "data" / "merchants.json"


@dataclass(frozen=True, slots=True)
class Merchant:
    """A customer of ours, with the number of events a second it may send."""

    id: str
    name: str
    currency: str
    events_per_second: int

    def accepts(self, event: Event) -> bool:
        """Tell whether the event is in the merchant's currency."""
        return event.currency == self.currency


class MerchantDirectory:
    """Looks merchants up, in the database only when the cache has none."""

    def __init__(self, cache: CacheProviderInterface, load: LoadMerchant) -> None:
        self._cache = cache
        self._load = load

    def find(self, merchant_id: str) -> Merchant | None:
        """Return a merchant, or None if there is no such merchant.

        However many workers miss at the same time, one of them asks the database and the others get its
        answer.
        """
        key = merchant_key(merchant_id)
        return merchant_of(self._cache.get_or_set(key, lambda: self._load(merchant_id) or NOBODY, ttl=TTL))


def merchant_key(merchant_id: str) -> str:
    """Return the key of a merchant's row."""
    return f"merchant:{merchant_id}"


def merchant_of(row: Row) -> Merchant | None:
    """Return the merchant of a row, None for a stranger's."""
    return Merchant(**row) if row else None


class MerchantTable:
    """Stands in for the database: the rows of a JSON file, and a record of the queries."""

    def __init__(self, path: Path = MERCHANTS_FILE) -> None:
        rows: list[Row] = json.loads(path.read_text(encoding="utf-8"))
        self._rows = {row["id"]: row for row in rows}
        self.queries: list[str] = []

    def load(self, merchant_id: str) -> Row | None:
        """Return a merchant's row, or None."""
        self.queries.append(merchant_id)
        return self._rows.get(merchant_id)

    def merchants(self) -> list[Merchant]:
        """Return all merchants in the order of the file."""
        return [Merchant(**row) for row in self._rows.values()]
