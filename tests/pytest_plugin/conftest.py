"""Runs of pytest inside the tests, and a server for those that are promised one."""

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from textwrap import dedent
from typing import TypeAlias

import pytest

from cache_provider import RedisCacheAdapter
from cache_provider.testing.servers import ServerProcess, find_servers

# A run inside the tests forgets, at its end, what it was the first to import;
# imported here, the modules stay the same ones.
for name in (
    "cache_provider.testing.kit.real_database",
    "cache_provider.testing.kit.clients",
    "cache_provider.testing.leaks.clients",
    "cache_provider.testing.faults.breaking",
    "cache_provider.testing.faults.pools",
    "cache_provider.door.connections",
    "cache_provider.door.async_connections",
    "cache_provider.door.listener",
):
    import_module(name)

_HERE = ("-p", "no:randomly", "-p", "no:asyncio", "-p", "no:anyio", "-W", "always")
"""What keeps a run in this process from the plugins and the warning filters of this suite."""

Run: TypeAlias = Callable[..., pytest.RunResult]


@pytest.fixture(autouse=True)
def _no_promise_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a server that was promised to this suite out of the runs that it makes."""
    monkeypatch.delenv("CACHE_PROVIDER_URL", raising=False)


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run a test module in this process; return what happened and what was printed."""

    def run_module(module: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(dedent(module))
        return pytester.runpytest_inprocess(*_HERE, *arguments)

    return run_module


@pytest.fixture
def run_apart(pytester: pytest.Pytester) -> Run:
    """Run a test module in a process of its own, where plugins may do as they like."""

    def run_module(module: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(dedent(module))
        return pytester.runpytest_subprocess("-p", "no:randomly", *arguments, timeout=120)

    return run_module


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    """Return a fresh server."""
    found = find_servers()
    if not found:
        reason = "there is no server on this machine"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with ServerProcess(found[0]) as running:
        yield running


@pytest.fixture
def what_is_left(server: ServerProcess) -> Iterator[Callable[[], list[str]]]:
    """Return a function that lists all keys on the server."""
    with RedisCacheAdapter(server.url) as everything:
        yield everything.keys
