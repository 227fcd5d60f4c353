"""What the whole suite says before it starts, and which of its tests are slow."""

from pathlib import Path

import pytest

from tests.promises import FOUND, promised

TESTS = Path(__file__).parent

SLOW_PLACES = (
    "contract_kit",
    "redis_adapter",
    "servers",
    "side_by_side",
    "soak",
    "stress",
)
"""Folders and files of this one whose tests run the contract within a run, start servers or need their time."""

SERVERS = frozenset({"binary", "movable", "redis_client", "server"})
"""Fixtures that are a server, or a program to start one with."""


def pytest_report_header() -> list[str]:
    """Say which servers the suite runs on, and which it was promised."""
    servers = ", ".join(f"{binary.name} ({binary.source})" for binary in FOUND.values())
    return [f"servers: {servers or 'none'}; promised: {', '.join(promised()) or 'none'}"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests: `-m "not slow"` is the fast loop of CONTRIBUTING.md."""
    for item in items:
        if is_slow(item):
            item.add_marker("slow")


def is_slow(item: pytest.Item) -> bool:
    """Tell whether a test stands in a slow place or runs on a server."""
    return in_slow_place(item.path) or runs_on_a_server(item)


def in_slow_place(path: Path) -> bool:
    """Tell whether a file of tests stands in one of the slow places."""
    return any(path.is_relative_to(TESTS / place) for place in SLOW_PLACES)


def runs_on_a_server(item: pytest.Item) -> bool:
    """Tell whether a test asks for a server; of those that run on several stores, the double is none."""
    if not isinstance(item, pytest.Function):
        return False
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    if "kept_on" in parameters:
        return parameters["kept_on"] != "double"
    named = {parameters.get("store"), parameters.get("place")}
    return "server" in named or not SERVERS.isdisjoint(item.fixturenames)
