"""Time passes on a server whose clock nobody can move, so that the contract runs there too."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from cache_provider.testing.contract import Harness, Terms
from cache_provider.testing.contract.remote import Remote, RemoteHarness
from cache_provider.testing.servers import ServerProcess
from tests.contract.running import AsyncRunningHarness
from tests.promises import FOUND


@pytest.fixture(params=["threads", "asyncio"])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """Return an empty store on the first server that is found."""
    if not FOUND:
        pytest.skip("there is no server on this machine")
    with ServerProcess(next(iter(FOUND.values()))) as server, closing(Remote(server.url)) as remote:
        made = (
            RemoteHarness(remote) if request.param == "threads" else AsyncRunningHarness(remote, server.url)
        )
        yield made
        made.end()


def test_a_key_is_gone_when_its_ttl_has_passed(harness: Harness) -> None:
    """Its deadline was brought nearer."""
    cache = harness.connect(Terms())
    cache.set("k", "v", ttl=3600)
    harness.pass_time(3600)
    assert not cache.exists("k")


def test_a_key_stays_until_then(harness: Harness) -> None:
    """By as much as has passed."""
    cache = harness.connect(Terms())
    cache.set("k", "v", ttl=3600)
    harness.pass_time(1800)
    assert 1790 < (cache.ttl("k") or 0) <= 1800
