"""A package that is first imported during a freeze keeps nothing of it."""

import subprocess
import sys

PROGRAM = """
import time
from freezegun import freeze_time

with freeze_time("2001-01-01"):
    from cache_provider import InMemoryCacheAdapter, SystemClock
    cache = InMemoryCacheAdapter()
    cache.set("k", "v", ttl=60)
    frozen = SystemClock().now_ms()

print(frozen, abs(SystemClock().now_ms() - time.time() * 1000) < 60_000, cache.get("k"))
"""


def test_an_import_during_a_freeze_leaves_no_frozen_time_behind() -> None:
    """In the freeze its time counts, and after it real time."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["978307200000", "True", "None"]
