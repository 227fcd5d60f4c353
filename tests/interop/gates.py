"""baldur's two idempotency gates behind one shape."""

import asyncio
from datetime import timedelta
from typing import Any, Protocol

from baldur.core.idempotency_gate import AsyncIdempotencyGate, IdempotencyCheckResult


class Gate(Protocol):
    """What is used of a gate."""

    def check_and_acquire(self, key: str, ttl: timedelta | None = None) -> IdempotencyCheckResult:
        """Claim a key, or learn why not."""
        ...

    def mark_completed(
        self, key: str, result: dict[str, Any] | None = None, *, claim_id: str | None = None
    ) -> None:
        """Remember the result."""
        ...

    def mark_failed(
        self, key: str, error: str = "", retry_count: int = 0, *, claim_id: str | None = None
    ) -> None:
        """Let the next caller retry."""
        ...

    def release(self, key: str) -> None:
        """Forget the key."""
        ...


class AwaitedGate:
    """The asynchronous gate, each call run to its end on one loop."""

    def __init__(self, gate: AsyncIdempotencyGate, runner: asyncio.Runner) -> None:
        self._gate = gate
        self._run = runner.run

    def check_and_acquire(self, key: str, ttl: timedelta | None = None) -> IdempotencyCheckResult:
        return self._run(self._gate.check_and_acquire(key, ttl))

    def mark_completed(
        self, key: str, result: dict[str, Any] | None = None, *, claim_id: str | None = None
    ) -> None:
        self._run(self._gate.mark_completed(key, result, claim_id=claim_id))

    def mark_failed(
        self, key: str, error: str = "", retry_count: int = 0, *, claim_id: str | None = None
    ) -> None:
        self._run(self._gate.mark_failed(key, error, retry_count, claim_id=claim_id))

    def release(self, key: str) -> None:
        self._run(self._gate.release(key))
