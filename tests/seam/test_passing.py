"""What passes the seam is known by its name, and brings along what its judges need."""

from collections.abc import Callable
from typing import Any

import pytest

from cache_provider import InMemoryCacheAdapter
from cache_provider.steps import Steps
from cache_provider.testing.seam import (
    EFFECTS,
    InstrumentedCache,
    Operation,
    check_operation,
)


@pytest.mark.parametrize("name", [*EFFECTS, None])
def test_a_known_name_is_accepted(name: str | None) -> None:
    """None is any operation."""
    assert check_operation(name) == name


def test_a_typo_is_refused_with_what_was_meant() -> None:
    """The nearest name is offered first."""
    with pytest.raises(ValueError, match=r"not 'lock.aquire'; perhaps 'lock.acquire'. Known: get, set"):
        check_operation("lock.aquire")


def test_a_composed_operation_is_refused() -> None:
    """It passes as its parts, so a fault for it would never fire."""
    with pytest.raises(ValueError, match=r"Composed operations pass as their parts"):
        check_operation("get_or_set")


def test_a_name_that_is_no_text_is_refused() -> None:
    """Numbers name nothing."""
    with pytest.raises(TypeError, match="operation must be a str, not int 1"):
        check_operation(1)  # type: ignore[arg-type] # the point of the test


def test_a_locks_lease_passes_with_its_operations() -> None:
    """Whoever judges leases needs to know them."""
    leases: list[object] = []

    def note(operation: Operation, proceed: Callable[[], Steps[Any]]) -> Steps[Any]:
        leases.append(operation.lease)
        return (yield from proceed())

    InstrumentedCache(InMemoryCacheAdapter(), note).get_lock("l", timeout=3).acquire()
    assert leases == [3]


def test_an_instrumented_cache_has_its_providers_default_ttl() -> None:
    """What is written through it expires as what is written without it."""
    assert InstrumentedCache(InMemoryCacheAdapter(default_ttl=2)).default_ttl_ms == 2_000
