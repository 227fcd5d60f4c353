"""Idempotency keys, awaited; the states and what leads from one to the next are those of `idempotency`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from examples.webhooks.idempotency import CLAIM_TTL, TTLS, event_key, is_done, new_owner, record

if TYPE_CHECKING:
    from cache_provider import AsyncCacheProviderInterface
    from examples.webhooks.idempotency import State


class AsyncClaim:
    """One task's hold on one event; see `Claim`."""

    def __init__(self, cache: AsyncCacheProviderInterface, key: str, owner: str) -> None:
        self._cache = cache
        self._key = key
        self._owner = owner

    async def start(self) -> bool:
        """Say that the event's effects begin now."""
        return await self._become("executing")

    async def finish(self) -> bool:
        """Say that the effects are complete; deliveries from now on are duplicates."""
        return await self._become("done")

    async def fail(self) -> bool:
        """Let the next delivery try again at once."""
        return await self._become("failed")

    async def abandon(self) -> bool:
        """Give back a claim that was not started, as if the event had never been seen."""
        return await self._cache.compare_and_delete(self._key, record("claimed", self._owner))

    async def _become(self, state: State) -> bool:
        new = record(state, self._owner)
        return await self._cache.cas_dict_field(self._key, "owner", self._owner, new, ttl=TTLS[state])


class AsyncIdempotencyKeys:
    """Hands out claims on events."""

    def __init__(self, cache: AsyncCacheProviderInterface) -> None:
        self._cache = cache

    async def claim(self, event_id: str) -> AsyncClaim | None:
        """Claim an event that is new or failed before; None while it is in other hands or done."""
        key, owner = event_key(event_id), new_owner()
        claimed = record("claimed", owner)
        is_ours = await self._cache.setnx(key, claimed, ttl=CLAIM_TTL) or await self._cache.cas_dict_field(
            key, "state", "failed", claimed, ttl=CLAIM_TTL
        )
        return AsyncClaim(self._cache, key, owner) if is_ours else None

    async def is_done(self, event_id: str) -> bool:
        """Tell whether the event's effects are complete."""
        return is_done(await self._cache.get(event_key(event_id)))
