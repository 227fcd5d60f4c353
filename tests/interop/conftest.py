"""The store under a face: the double, then a real server; the test moves the time of both."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest

from cache_provider.interop.baldur import BaldurCacheProvider
from cache_provider.interop.cachetory import AsyncProviderBackend, ProviderBackend
from cache_provider.testing.servers import MovableServer, can_move_time, find_servers
from tests.interop.backends import Awaited, Backends
from tests.interop.claims import AwaitedClaims, Claims, Connect, connect_async, connect_sync
from tests.interop.stores import NOON, DoubleStore, ServerStore, Store


@pytest.fixture(scope="session")
def movable() -> Iterator[MovableServer]:
    """Return a server whose time stands still."""
    able = [binary for binary in find_servers() if can_move_time(binary)]
    if not able:
        reason = "there is no server on this machine whose time can be moved"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with MovableServer(able[0], frozen_at=NOON) as running:
        yield running


@pytest.fixture(params=["double", "server"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Return an empty store."""
    if request.param == "double":
        yield DoubleStore()
        return
    on_server = ServerStore(request.getfixturevalue("movable"))
    yield on_server
    on_server.end()


@pytest.fixture
def double() -> DoubleStore:
    """Return an empty double."""
    return DoubleStore()


@pytest.fixture(params=["sync", "async"])
def backends(request: pytest.FixtureRequest, store: Store) -> Iterator[Backends]:
    """Return how to connect cachetory's backends, of either kind, to the store."""
    if request.param == "sync":
        yield Backends(store, lambda *place, **options: ProviderBackend(store.connect(*place, **options)))
        return
    with asyncio.Runner() as runner:
        yield Backends(
            store,
            lambda *place, **options: Awaited(
                AsyncProviderBackend(store.connect_async(*place, **options)), runner
            ),
        )
        runner.run(store.close_async())


@pytest.fixture
def backend(backends: Backends) -> ProviderBackend[Any] | Awaited:
    """Return one of them, over the default codec."""
    return backends.connect()


@pytest.fixture(params=["sync", "threaded", "async"])
def connect_claims(request: pytest.FixtureRequest, store: Store) -> Iterator[Connect]:
    """Return how to connect one of baldur's faces to the store."""
    if request.param == "sync":
        yield lambda *interceptors: connect_sync(store, *interceptors)
        return
    connect = connect_sync if request.param == "threaded" else connect_async
    with asyncio.Runner() as runner:
        yield lambda *interceptors: AwaitedClaims(connect(store, *interceptors), runner)
        runner.run(store.close_async())


@pytest.fixture
def claims(connect_claims: Connect) -> Claims:
    """Return one of baldur's faces."""
    return connect_claims()


@pytest.fixture
def face(store: Store) -> BaldurCacheProvider:
    """Return baldur's face on the store."""
    return BaldurCacheProvider(store.connect())
