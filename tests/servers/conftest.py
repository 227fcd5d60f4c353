"""Every server of this machine, one after the other."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import pytest

from cache_provider.testing.servers import (
    Ability,
    Certificates,
    ServerBinary,
    ServerProcess,
    can_move_time,
    can_speak_tls,
    find_servers,
    make_certificates,
)
from tests.threads import Task

T = TypeVar("T")

IN_CI = "CI" in os.environ

FOUND = find_servers()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a binary on each of them."""
    if "found" in metafunc.fixturenames:
        metafunc.parametrize("found", FOUND or [None], ids=[each.name for each in FOUND] or ["none"])


@pytest.fixture
def binary(found: ServerBinary | None) -> ServerBinary:
    """Return a server's program; each that was found in turn."""
    return present(found)


@pytest.fixture(scope="session")
def any_binary() -> ServerBinary:
    """Return a server's program, for what does not depend on which."""
    return present(next(iter(FOUND), None))


def on_each(story: Callable[[ServerBinary], T]) -> dict[str, T]:
    """Return what `story` returns for each server's program; they run side by side, for mostly they wait."""
    present(next(iter(FOUND), None))
    stories = {binary.name: Task(partial(story, binary)) for binary in FOUND}
    return {name: task.result() for name, task in stories.items()}


def present(binary: ServerBinary | None) -> ServerBinary:
    """Return `binary` if there is one; else skip the test, or fail it in CI, which promises one."""
    if binary is None:
        (pytest.fail if IN_CI else pytest.skip)("there is no redis-server or valkey-server on this machine")
    return binary


@pytest.fixture
def server(binary: ServerBinary) -> Iterator[ServerProcess]:
    """Return a running server on a unix socket."""
    with ServerProcess(binary) as running:
        yield running


@pytest.fixture
def any_server(any_binary: ServerBinary) -> Iterator[ServerProcess]:
    """Return a running server on a unix socket, for what does not depend on which."""
    with ServerProcess(any_binary) as running:
        yield running


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return a certificate for 127.0.0.1 and who vouches for it."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def tls_binary(binary: ServerBinary, certificates: Certificates) -> ServerBinary:
    """Return a server's program that was built with TLS."""
    return able(binary, can_speak_tls(binary, certificates))


@pytest.fixture
def movable_binary(binary: ServerBinary) -> ServerBinary:
    """Return a server's program whose clock can be moved."""
    return able(binary, can_move_time(binary))


def able(binary: ServerBinary, capability: Ability) -> ServerBinary:
    """Return `binary` if it has the capability; else skip the test and say why."""
    if not capability:
        pytest.skip(capability.missing)
    return binary
