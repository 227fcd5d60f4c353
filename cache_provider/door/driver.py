"""What redis-py tells a server of itself."""

from functools import cache
from importlib import import_module
from typing import Any

NAMES_OF_DRIVER = frozenset({"driver_info", "lib_name", "lib_version"})
"""Options by which a client says what it calls itself."""


@cache
def driver_option() -> dict[str, Any]:
    """Return how newer versions of redis-py are told their own version, which each connection looks up else.

    That takes longer than all the rest of making one.
    """
    try:
        driver_info = import_module("redis.driver_info")
    except ImportError:
        return {}
    return {"driver_info": driver_info.DriverInfo()}
