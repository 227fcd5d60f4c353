"""`pytest --pyargs cache_provider.testing.contract`: the contract on the double, or on a server."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from cache_provider.pytest_plugin import server_url
from cache_provider.testing.contract.every import EveryContract
from cache_provider.testing.contract.harness import Harness
from cache_provider.testing.contract.memory import MemoryHarness

if TYPE_CHECKING:
    from cache_provider.testing.contract.remote import Remote


@pytest.fixture(scope="session")
def remote(pytestconfig: pytest.Config) -> "Iterator[Remote | None]":
    """Return the server that was promised, or None for the double."""
    url = server_url(pytestconfig)
    if url is None:
        yield None
        return
    # It needs redis-py, and a run on the double does not.
    from cache_provider.testing.contract.remote import Remote  # noqa: PLC0415

    promised = Remote(url)
    yield promised
    promised.close()


@pytest.fixture
def harness(remote: "Remote | None") -> Harness:
    """Return an empty store."""
    if remote is None:
        return MemoryHarness()
    from cache_provider.testing.contract.remote import RemoteHarness  # noqa: PLC0415

    return RemoteHarness(remote)


class TestContract(EveryContract):
    """Every concept, on what the command line names."""
