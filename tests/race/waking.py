"""What exploring how waiting for a lock of our own adapter ends takes, for threads and for coroutines."""

import secrets
import time

import pytest

from cache_provider.clock import Clock
from cache_provider.door import scripting
from cache_provider.redis import claim, scripts, turns

NEVER = 1e6
A_MONTH = 30 * 24 * 3600

SCRIPTS = (scripts.WAITING_CLAIM, scripts.CLAIM, scripts.RELEASE, scripts.LEAVE)
"""What a server has to know for nobody to hand in a text on the way."""


def _no_real_time(_clock: Clock) -> float:
    return 0.0


def _without(_sha: str) -> None:
    """Know no script."""


def let_nobody_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have claimants wait in the time of the schedule until they are woken, and not look by themselves."""
    monkeypatch.setattr(turns, "monotonic", lambda: time.monotonic())  # noqa: PLW0108 - patched later
    # The very texts that a real server runs, and not the door's own way to do the same.
    monkeypatch.setattr(scripting, "known_script", _without)
    # Real time ends patience too, and a busy machine takes longer for a schedule than it lasts in its own.
    monkeypatch.setattr(Clock, "real_seconds", _no_real_time)
    monkeypatch.setattr(turns, "LOOK", NEVER)
    monkeypatch.setattr(turns, "SLICE", NEVER)
    # Without the thread's number, which is another one in each schedule.
    monkeypatch.setattr(claim, "new_token", lambda: f"explored:1:1:{secrets.token_hex(8)}")
