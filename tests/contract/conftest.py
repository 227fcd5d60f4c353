"""The store of a test and three ways to it."""

import pytest

from cache_provider import BytesCodec
from tests.contract.harness import Cache, Harness, MemoryHarness


@pytest.fixture
def harness() -> Harness:
    """Return an empty store."""
    return MemoryHarness()


@pytest.fixture
def cache(harness: Harness) -> Cache:
    """Return the provider under test."""
    return harness.connect("test:")


@pytest.fixture
def other(harness: Harness) -> Cache:
    """Return a second provider with the same prefix on the same store."""
    return harness.connect("test:", cache_name="other")


@pytest.fixture
def stranger(harness: Harness) -> Cache:
    """Return a provider with another prefix on the same store."""
    return harness.connect("stranger:", cache_name="stranger")


@pytest.fixture
def raw(harness: Harness) -> Cache:
    """Return a provider with the same prefix that reads and writes the stored bytes."""
    return harness.connect("test:", codec=BytesCodec(), cache_name="raw")
