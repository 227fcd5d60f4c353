"""The contract on a server whose clock runs on, for want of libfaketime: deadlines are brought nearer."""

from dataclasses import replace

import pytest

from cache_provider import AsyncCacheProviderInterface, AsyncRedisCacheAdapter
from cache_provider.testing.contract import AsyncHarness, Terms
from cache_provider.testing.contract.harness import Cache
from cache_provider.testing.contract.remote import NOWHERE, Remote, RemoteHarness
from cache_provider.testing.contract.repetition import Repetition
from cache_provider.testing.servers import can_move_time
from tests.promises import FOUND


class AsyncRunningHarness(RemoteHarness, AsyncHarness):
    """Asynchronous adapters on the server.

    Args:
        remote: The server.
        url: Where it is.
    """

    def __init__(self, remote: Remote, url: str) -> None:
        super().__init__(remote)
        self._url = url

    def connect(self, terms: Terms) -> Cache:
        """Return another adapter, on an event loop of its own."""
        return AsyncHarness.connect(self, terms)

    def connect_async(self, terms: Terms) -> AsyncCacheProviderInterface:
        """Return another adapter on the server."""
        corner = replace(terms, key_prefix=self._prefix + terms.key_prefix)
        return AsyncRedisCacheAdapter(self._url, **vars(corner))

    def connect_lost(self) -> Cache:
        """Return an adapter on a server that is not there."""
        return self.blocking(AsyncRedisCacheAdapter(NOWHERE))

    def end(self) -> None:
        """Close what was opened and remove the keys."""
        AsyncHarness.end(self)
        super().end()


class RunningRepetition(Repetition):
    """Runs a test again that a busy machine held up, on such a server only: any other has one attempt."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Leave every other test to pytest."""
        callspec = getattr(item, "callspec", None)
        server = FOUND.get(callspec.params.get("kept_on", "")) if callspec else None
        if server is None or can_move_time(server):
            return None
        return super().pytest_runtest_protocol(item, nextitem)
