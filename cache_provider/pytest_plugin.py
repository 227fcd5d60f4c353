"""The pytest plugin: options, fixtures and the marker. What it needs it imports when it is used."""

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cache_provider.testing.race.fixtures import CacheRace

URL_OPTION = "--cache-provider-url"
URL_INI = "cache_provider_url"
URL_VARIABLE = "CACHE_PROVIDER_URL"
REPLAY_OPTION = "--cache-provider-replay"

CONTRACT = "cache_provider.testing.contract"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this plugin, in a group of their own."""
    group = parser.getgroup("cache-provider", "cache_provider: a cache that tests can trust")
    group.addoption(
        URL_OPTION,
        metavar="URL",
        help="run on this server instead of the double, such as redis://localhost:6379/0; "
        f"also ini {URL_INI} and environment {URL_VARIABLE}",
    )
    group.addoption(
        REPLAY_OPTION,
        metavar="TOKEN",
        help="run just the schedule of a race that a failure of cache_race printed this token for",
    )
    parser.addini(URL_INI, f"the server to run on, as {URL_OPTION}", default="")


def server_url(config: pytest.Config) -> str | None:
    """Return the URL of the server that this run was promised, or None for the double."""
    url: str | None = config.getoption(URL_OPTION)
    return url or config.getini(URL_INI) or os.environ.get(URL_VARIABLE) or None


@pytest.fixture
def cache_race(request: pytest.FixtureRequest) -> "CacheRace":
    """Explore races: `cache_race(scenario, **options)`, as `cache_provider.testing.race.explore`."""
    from cache_provider.testing.race.fixtures import CacheRace  # noqa: PLC0415 - loaded when used

    return CacheRace(request.config, request.node.nodeid)


def pytest_configure(config: pytest.Config) -> None:
    """Have the contract reported where it was asked for by name, as `--pyargs` does."""
    if any(CONTRACT in argument.replace(os.sep, ".") for argument in config.args):
        from cache_provider.testing.contract.report import report_contract  # noqa: PLC0415

        report_contract(config, server_url(config))
