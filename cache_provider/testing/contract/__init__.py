"""The contract that every provider must fulfil, to run on an adapter of your own.

```
class MyHarness(ClockHarness):              # or `Harness`, with your own `pass_time` and `now`
    def connect(self, terms: Terms) -> MyAdapter:
        return MyAdapter(clock=self.clock, **vars(terms))

class TestMyAdapter(EveryContract):         # or `ValueContract`, `LockContract`, ...: one class per concept
    harness = fresh(MyHarness, absent={Capability.LOST_STORE: "there is no network to lose it on"})
```

`MemoryHarness` is the harness of the double. `pytest --pyargs cache_provider.testing.contract`
runs all of it, on the double or, with `--cache-provider-url`, on a server. It needs pytest.
"""

from pkgutil import iter_modules

import pytest

# Before they are imported: a failing `assert` shows its values, in whose test run it may be.
pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))

# ruff: noqa: E402 - only what is imported after that is rewritten
from cache_provider.testing.contract.arguments import ArgumentContract
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.bulk import BulkContract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.codecs import CodecContract
from cache_provider.testing.contract.compare import CompareContract
from cache_provider.testing.contract.coroutines import AsyncHarness
from cache_provider.testing.contract.counters import CounterContract
from cache_provider.testing.contract.deadlines import DeadlineContract
from cache_provider.testing.contract.default_ttl import DefaultTtlContract
from cache_provider.testing.contract.divergences import DivergenceContract
from cache_provider.testing.contract.every import CONTRACTS, EveryContract
from cache_provider.testing.contract.expired import ExpiredKeyContract
from cache_provider.testing.contract.get_or_set import GetOrSetContract
from cache_provider.testing.contract.harness import ClockHarness, Harness, fresh
from cache_provider.testing.contract.hashes import HashContract
from cache_provider.testing.contract.housekeeping import HousekeepingContract
from cache_provider.testing.contract.key_types import KeyTypeContract
from cache_provider.testing.contract.leases import LeaseContract
from cache_provider.testing.contract.lists import ListContract
from cache_provider.testing.contract.lock_claimants import LockClaimantContract
from cache_provider.testing.contract.lock_fences import LockFenceContract
from cache_provider.testing.contract.lock_keys import LockKeyContract
from cache_provider.testing.contract.lock_renewal import LockRenewalContract
from cache_provider.testing.contract.lock_waiting import LockWaitingContract
from cache_provider.testing.contract.locks import LockContract
from cache_provider.testing.contract.memory import AsyncMemoryHarness, MemoryHarness
from cache_provider.testing.contract.outage import OutageContract
from cache_provider.testing.contract.patterns import PatternContract
from cache_provider.testing.contract.scanning import ScanContract
from cache_provider.testing.contract.stale import StaleContract
from cache_provider.testing.contract.taking import TakingContract
from cache_provider.testing.contract.terms import Terms
from cache_provider.testing.contract.time import TimeContract
from cache_provider.testing.contract.values import ValueContract

__all__ = [
    "CONTRACTS",
    "ArgumentContract",
    "AsyncHarness",
    "AsyncMemoryHarness",
    "BulkContract",
    "Capability",
    "ClockHarness",
    "CodecContract",
    "CompareContract",
    "Contract",
    "CounterContract",
    "DeadlineContract",
    "DefaultTtlContract",
    "DivergenceContract",
    "EveryContract",
    "ExpiredKeyContract",
    "GetOrSetContract",
    "Harness",
    "HashContract",
    "HousekeepingContract",
    "KeyTypeContract",
    "LeaseContract",
    "ListContract",
    "LockClaimantContract",
    "LockContract",
    "LockFenceContract",
    "LockKeyContract",
    "LockRenewalContract",
    "LockWaitingContract",
    "MemoryHarness",
    "OutageContract",
    "PatternContract",
    "ScanContract",
    "StaleContract",
    "TakingContract",
    "Terms",
    "TimeContract",
    "ValueContract",
    "fresh",
    "needs",
]
