"""Idempotency keys: of all the deliveries of an event, one is executed.

    (none) --setnx--> claimed --cas--> executing --cas--> done
                         ^                 |
                         +------cas--- failed

A worker that dies leaves its record to the record's ttl; the next delivery then starts again at `(none)`.
"""

from __future__ import annotations

from datetime import timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Final, Literal

from examples.webhooks.events import REDELIVERY_WINDOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cache_provider import CacheProviderInterface

State = Literal["claimed", "executing", "done", "failed"]

CLAIM_TTL: Final = timedelta(seconds=30)
"""For the checks before anything is changed: short, so a crash there costs little."""

EXECUTION_TTL: Final = timedelta(minutes=2)
"""For the change itself: above the longest wait for an account's lock plus that lock's lease."""

TTLS: Final[Mapping[State, timedelta]] = {
    "claimed": CLAIM_TTL,
    "executing": EXECUTION_TTL,
    "done": REDELIVERY_WINDOW,
    "failed": REDELIVERY_WINDOW,
}
"""How long an event stays in a state that nobody changes."""


class Claim:
    """One worker's hold on one event.

    Every step compares the `owner` field before it writes. A worker that stalled past its ttl and was
    replaced therefore gets False, and cannot touch its successor's record.
    """

    def __init__(self, cache: CacheProviderInterface, key: str, owner: str) -> None:
        self._cache = cache
        self._key = key
        self._owner = owner

    def start(self) -> bool:
        """Say that the event's effects begin now."""
        return self._become("executing")

    def finish(self) -> bool:
        """Say that the effects are complete; deliveries from now on are duplicates."""
        return self._become("done")

    def fail(self) -> bool:
        """Let the next delivery try again at once."""
        return self._become("failed")

    def abandon(self) -> bool:
        """Give back a claim that was not started, as if the event had never been seen."""
        return self._cache.compare_and_delete(self._key, record("claimed", self._owner))

    def _become(self, state: State) -> bool:
        new = record(state, self._owner)
        return self._cache.cas_dict_field(self._key, "owner", self._owner, new, ttl=TTLS[state])


class IdempotencyKeys:
    """Hands out claims on events."""

    def __init__(self, cache: CacheProviderInterface) -> None:
        self._cache = cache

    def claim(self, event_id: str) -> Claim | None:
        """Claim an event that is new or failed before; None while it is in other hands or done."""
        key, owner = event_key(event_id), new_owner()
        claimed = record("claimed", owner)
        is_ours = self._cache.setnx(key, claimed, ttl=CLAIM_TTL) or self._cache.cas_dict_field(
            key, "state", "failed", claimed, ttl=CLAIM_TTL
        )
        return Claim(self._cache, key, owner) if is_ours else None

    def is_done(self, event_id: str) -> bool:
        """Tell whether the event's effects are complete."""
        return is_done(self._cache.get(event_key(event_id)))


def event_key(event_id: str) -> str:
    """Return the key of an event's record."""
    return f"event:{event_id}"


def new_owner() -> str:
    """Return what names one claim."""
    return token_hex(8)


def is_done(stored: dict[str, str] | None) -> bool:
    """Tell whether a record, or none, says that the event's effects are complete."""
    return stored is not None and stored["state"] == "done"


def record(state: State, owner: str) -> dict[str, str]:
    """Return an event's record."""
    return {"state": state, "owner": owner}
