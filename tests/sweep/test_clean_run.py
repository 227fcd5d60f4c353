"""A sweep begins with a run without faults, which must be right."""

from typing import Any

import pytest

from cache_provider import CacheUnavailableError
from cache_provider.testing.sweep import sweep


def writing(cache: Any) -> str:
    cache.set("a", 1, ttl=60)
    cache.set("b", 1, ttl=60)
    return "both"


def test_a_clean_run_that_raises_is_no_sweep() -> None:
    """Whatever is allowed under a fault."""

    def scenario(cache: Any) -> None:
        raise CacheUnavailableError(cache.cache_name)

    with pytest.raises(AssertionError, match="the clean run failed, raised: CacheUnavailableError: memory"):
        sweep(scenario, allow=CacheUnavailableError)


def test_a_clean_run_that_fails_its_check_is_no_sweep() -> None:
    """An invariant that never held says nothing."""
    with pytest.raises(AssertionError, match="the clean run failed, check: the check returned False"):
        sweep(writing, lambda cache: not cache.exists("a"))


def test_a_clean_run_that_leaks_is_no_sweep() -> None:
    """What is meant to stay is to be allowed."""
    with pytest.raises(AssertionError, match="the clean run failed, leak: key 'k' was written without a ttl"):
        sweep(lambda cache: cache.set("k", 1))


def test_a_clean_second_run_that_fails_is_no_sweep() -> None:
    """What cannot be run twice needs a `recovery` of its own."""

    def scenario(cache: Any) -> None:
        assert cache.setnx("k", 1, ttl=60)

    with pytest.raises(AssertionError, match="the clean run failed, recovery: the recovery raised Assert"):
        sweep(scenario)


def test_a_clean_second_run_that_fails_says_that_there_are_two() -> None:
    """And what to do about it."""
    with pytest.raises(AssertionError, match=r"runs the scenario twice (.|\n)* as recovery=\.\.\."):
        sweep(lambda cache: cache.setnx("k", 1, ttl=60) or pytest.fail("there is one"))


def test_a_scenario_without_operations_is_no_sweep() -> None:
    """Nothing failed because nothing was tried."""
    with pytest.raises(AssertionError, match=r"nothing to sweep: none of .* strikes 0 operations"):
        sweep(lambda _: None)
