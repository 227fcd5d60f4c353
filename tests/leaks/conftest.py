"""A world of each kind."""

import pytest

from tests.worlds import World


@pytest.fixture(params=["sync", "async", "sync-closed", "async-closed"])
def world(request: pytest.FixtureRequest) -> World:
    """Return a cache for threads, then one for coroutines; closed, they can be asked nothing."""
    kind: str = request.param
    return World(is_async=kind.startswith("async"), is_closed=kind.endswith("closed"))


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def open_world(request: pytest.FixtureRequest) -> World:
    """Return a cache that can be asked at the end."""
    return World(is_async=request.param)
