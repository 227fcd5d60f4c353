"""What all concepts of the contract share: their providers, and what is skipped."""

from collections.abc import Iterator

import pytest

from cache_provider.codecs import BytesCodec
from cache_provider.interface.lock import DistributedLock
from cache_provider.testing.contract.capabilities import needed_by
from cache_provider.testing.contract.harness import Cache, Harness
from cache_provider.testing.contract.terms import Terms


class Contract:
    """The fixtures of every concept; they need one named `harness`, which returns a `Harness`."""

    @pytest.fixture(autouse=True)
    def _ended(self, harness: Harness) -> Iterator[None]:
        """Clean up after each test."""
        yield
        harness.end()

    @pytest.fixture(autouse=True)
    def _promised(self, _ended: None, harness: Harness, request: pytest.FixtureRequest) -> None:
        """Skip a test of what the harness says is absent."""
        for capability in needed_by(request.function):
            reason = harness.why_absent(capability)
            if reason:
                pytest.skip(f"not promised that {capability.value}: {reason}")

    @pytest.fixture
    def provider(self, harness: Harness) -> Cache:
        """Return the provider under test."""
        return harness.connect(Terms("test:"))

    @pytest.fixture
    def other(self, harness: Harness) -> Cache:
        """Return a second provider with the same prefix on the same store."""
        return harness.connect(Terms("test:", cache_name="other"))

    @pytest.fixture
    def stranger(self, harness: Harness) -> Cache:
        """Return a provider with another prefix on the same store."""
        return harness.connect(Terms("stranger:", cache_name="stranger"))

    @pytest.fixture
    def raw(self, harness: Harness) -> Cache:
        """Return a provider with the same prefix that reads and writes the stored bytes."""
        return harness.connect(Terms("test:", codec=BytesCodec(), cache_name="raw"))

    @pytest.fixture
    def lock(self, provider: Cache) -> DistributedLock:
        """Return a handle with a lease of 10 s that holds its lock."""
        handle = provider.get_lock("lock", timeout=10)
        handle.acquire()
        return handle
