"""The whole contract: every concept in one tuple and in one class."""

from typing import cast

from cache_provider.testing.contract.arguments import ArgumentContract
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.bulk import BulkContract
from cache_provider.testing.contract.codecs import CodecContract
from cache_provider.testing.contract.compare import CompareContract
from cache_provider.testing.contract.counters import CounterContract
from cache_provider.testing.contract.deadlines import DeadlineContract
from cache_provider.testing.contract.default_ttl import DefaultTtlContract
from cache_provider.testing.contract.divergences import DivergenceContract
from cache_provider.testing.contract.expired import ExpiredKeyContract
from cache_provider.testing.contract.get_or_set import GetOrSetContract
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
from cache_provider.testing.contract.outage import OutageContract
from cache_provider.testing.contract.patterns import PatternContract
from cache_provider.testing.contract.scanning import ScanContract
from cache_provider.testing.contract.stale import StaleContract
from cache_provider.testing.contract.taking import TakingContract
from cache_provider.testing.contract.time import TimeContract
from cache_provider.testing.contract.values import ValueContract


class EveryContract(
    ValueContract,
    CodecContract,
    KeyTypeContract,
    ArgumentContract,
    TimeContract,
    DeadlineContract,
    DefaultTtlContract,
    ExpiredKeyContract,
    CounterContract,
    CompareContract,
    TakingContract,
    ListContract,
    HashContract,
    BulkContract,
    PatternContract,
    ScanContract,
    GetOrSetContract,
    StaleContract,
    OutageContract,
    LockContract,
    LeaseContract,
    LockClaimantContract,
    LockKeyContract,
    LockRenewalContract,
    LockFenceContract,
    LockWaitingContract,
    HousekeepingContract,
    DivergenceContract,
):
    """All concepts at once: subclass it with a name that pytest collects."""


CONTRACTS = cast("tuple[type[Contract], ...]", EveryContract.__bases__)
"""Each concept, in the order of the report."""


def concept_of(test: str) -> type[Contract] | None:
    """Return the concept that a test of the kit belongs to, by the test's bare name."""
    return next((contract for contract in CONTRACTS if test in vars(contract)), None)
