"""A process that was forked goes on using the door."""

import os
from typing import Any

import pytest

from cache_provider import MemoryServer
from tests.memory.test_fork import in_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")


@pytest.mark.parametrize("db", [0, 1])
def test_a_child_goes_on_with_a_client(server: MemoryServer, db: int) -> None:
    """It is answered, under the mutex that the child has."""
    client: Any = server.redis(db=db)
    client.set("key", 1)
    assert in_child(lambda: client.incr("key") == 2)


@pytest.mark.parametrize("db", [0, 1])
def test_a_child_makes_a_client_of_its_own(server: MemoryServer, db: int) -> None:
    """The ways in that there were are the child's, too."""
    client: Any = server.redis(db=db)
    client.set("key", 1)
    assert in_child(lambda: server.redis(db=db).incr("key") == 2)
