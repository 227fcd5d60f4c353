"""A world of each kind."""

import pytest

from tests.worlds import World


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def world(request: pytest.FixtureRequest) -> World:
    """Return a cache for threads, then one for coroutines."""
    return World(is_async=request.param)
