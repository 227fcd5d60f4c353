"""The kit tells a wrong adapter from a right one: each known lie is caught where it should be."""

from typing import TypeAlias

import pytest

from cache_provider import InMemoryCacheAdapter
from cache_provider.testing import contract as kit
from cache_provider.testing.contract import CONTRACTS, Contract
from tests.contract_kit import lies
from tests.contract_kit.nested import Outcome, run_inside
from tests.side_by_side import lies as known

pytest_plugins = ["pytester"]

Adapter: TypeAlias = type[InMemoryCacheAdapter]

CAUGHT: list[tuple[Adapter, type[Contract], str]] = [
    (known.SharesValues, kit.ValueContract, "test_what_was_read_is_not_the_stored_object"),
    (lies.StoresTexts, kit.CodecContract, "test_a_value_that_would_not_come_back_is_refused"),
    (lies.StringifiesKeys, kit.CodecContract, "test_a_value_that_would_not_come_back_is_refused"),
    (lies.GetsLists, kit.KeyTypeContract, "test_an_operation_of_another_type_is_refused"),
    (lies.TakesAnyKey, kit.ArgumentContract, "test_only_a_str_is_text"),
    (lies.StoresForEver, kit.TimeContract, "test_a_ttl_that_is_not_positive_is_refused"),
    (lies.CutsToWholeSeconds, kit.TimeContract, "test_every_write_counts_as_set_does"),
    (lies.CutsToWholeSeconds, kit.TimeContract, "test_part_of_a_second_counts"),
    (lies.FloorsTtl, kit.TimeContract, "test_ttl_rounds_to_the_nearest_second"),
    (lies.FloorsTtl, kit.TimeContract, "test_ttl_rounds_what_is_left"),
    (lies.ForgetsHashDeadlines, kit.TimeContract, "test_a_deadline_is_kept"),
    (known.KeepsTheDeadline, kit.TimeContract, "test_a_replacement_without_ttl_is_persistent"),
    (known.NeverExpiresAtOnce, kit.DeadlineContract, "test_expire_in_no_time_deletes"),
    (lies.ExpiresNever, kit.DeadlineContract, "test_expire_of_none_is_refused"),
    (known.ForgetsTheDefaultTtl, kit.DefaultTtlContract, "test_a_key_that_is_created_takes_the_default"),
    (known.DeletesTheDead, kit.ExpiredKeyContract, "test_an_expired_key_is_missing"),
    (known.CountsInText, kit.CounterContract, "test_other_text_is_no_counter"),
    (lies.CountsPastInt64, kit.CounterContract, "test_a_counter_does_not_leave_int64"),
    (lies.CountsFractions, kit.CounterContract, "test_only_an_int_can_be_counted"),
    (known.ConfusesTrueWithOne, kit.CompareContract, "test_another_value_is_not_expected"),
    (lies.ComparesTexts, kit.CompareContract, "test_another_value_is_not_expected"),
    (known.ForgetsTheDeadline, kit.ListContract, "test_a_push_without_ttl_keeps_the_deadline"),
    (lies.CapsNothing, kit.ListContract, "test_a_list_holds_one_item_at_least"),
    (lies.FindsEveryFieldNew, kit.HashContract, "test_an_old_field_is_not_new"),
    (known.FindsTheMissing, kit.BulkContract, "test_mget_returns_the_values_that_are_there"),
    (lies.ReadsGeneratorsTwice, kit.BulkContract, "test_mget_takes_any_iterable"),
    (known.MatchesLikeAShell, kit.PatternContract, "test_a_pattern_finds_its_keys_and_no_others"),
    (lies.MatchesItsPrefix, kit.PatternContract, "test_a_prefix_finds_its_own_keys_only"),
    (lies.MatchesItsPrefix, kit.HousekeepingContract, "test_flush_all_takes_its_prefix_for_text"),
    (known.LosesKeysInScans, kit.ScanContract, "test_a_scan_finds_every_key_once"),
    (lies.ComputesForEach, kit.GetOrSetContract, "test_one_of_many_computes"),
    (lies.StopsAtAnOutage, kit.OutageContract, "test_an_unreachable_store_does_not_stop_the_computation"),
    (known.ForgivesLostLocks, kit.LockContract, "test_a_lost_lock_cannot_be_released"),
    (known.ReplacesLeases, kit.LeaseContract, "test_extend_adds_to_the_lease"),
    (lies.LeasesForever, kit.LeaseContract, "test_what_is_no_time_for_a_lock_is_refused"),
    (lies.LeavesWhatItTakes, kit.TakingContract, "test_getdel_removes_the_key"),
    (
        lies.SharesClaims,
        kit.LockClaimantContract,
        "test_a_thread_that_holds_nothing_has_nothing_to_release",
    ),
    (lies.HidesLocks, kit.LockKeyContract, "test_a_held_lock_shows"),
    (lies.CountsAnew, kit.LockFenceContract, "test_a_claim_after_a_broken_lock_has_a_larger_number"),
    (
        lies.RenewsNothing,
        kit.LockRenewalContract,
        "test_a_living_holder_keeps_its_lock_however_far_time_is_moved",
    ),
    (lies.TellsNobody, kit.LockRenewalContract, "test_who_asked_is_told_of_a_loss"),
    (lies.ServesNothingStale, kit.StaleContract, "test_a_value_is_stored_for_both_times"),
    (lies.NeverWaits, kit.LockWaitingContract, "test_a_waiter_gets_the_lock_when"),
    (known.FlushesEverything, kit.HousekeepingContract, "test_flush_all_spares_other_prefixes"),
    (lies.OutlivesItsClose, kit.HousekeepingContract, "test_a_closed_provider_does_nothing_more"),
    (lies.PushesOverValues, kit.DivergenceContract, "test_a_stored_value_is_no_list"),
    (lies.RangesOverValues, kit.DivergenceContract, "test_a_stored_list_is_no_pushed_list"),
    (lies.MixesFields, kit.DivergenceContract, "test_a_number_is_no_field"),
    (lies.SwallowsOutages, kit.DivergenceContract, "test_an_outage_is_not_swallowed"),
]

# As a third party would write it.
TEST_FILE = """
from {adapter.__module__} import {adapter.__name__}
from cache_provider.testing.contract import {contract.__name__}, MemoryHarness, fresh


class TestAdapter({contract.__name__}):
    harness = fresh(MemoryHarness, {adapter.__name__})
"""


def check(pytester: pytest.Pytester, adapter: Adapter, contract: type[Contract], *which: str) -> Outcome:
    """Return how an adapter does in a concept."""
    return run_inside(pytester, TEST_FILE.format(adapter=adapter, contract=contract), *which)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_honest_double_passes(pytester: pytest.Pytester, contract: type[Contract]) -> None:
    """What is right is not called wrong."""
    outcome = check(pytester, InMemoryCacheAdapter, contract)
    assert (outcome.passed > 5, outcome.failed) == (True, set())


@pytest.mark.parametrize(("liar", "contract", "test"), CAUGHT)
def test_a_lie_is_caught(
    pytester: pytest.Pytester, liar: Adapter, contract: type[Contract], test: str
) -> None:
    """The test that is about what the adapter does wrong fails."""
    assert check(pytester, liar, contract, "-k", test).failed >= {test}


def test_every_concept_catches_a_lie() -> None:
    """No concept is there for show."""
    assert {contract for _, contract, _ in CAUGHT} == set(CONTRACTS)
