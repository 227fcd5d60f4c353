"""From a test's marker and the run's options to where its caches live, or why they cannot."""

from dataclasses import dataclass
from typing import NoReturn

import pytest

from cache_provider.clock import Clock
from cache_provider.errors import CacheConfigurationError, CacheUnavailableError
from cache_provider.masking import masked
from cache_provider.testing.kit.double import Double
from cache_provider.testing.kit.options import KitOptions, check_strictness
from cache_provider.testing.kit.place import Place
from cache_provider.testing.kit.reporting import ON_A_SERVER

MARKER = "cache_provider"
CLIENTS = frozenset({"cache_redis", "async_cache_redis", "cache_redis_url"})
"""The fixtures that need a database of their own on a real server."""

_UNSEEN = frozenset({"cache_calls", "cache_faults"})


@dataclass(frozen=True)
class RunOptions:
    """What command line, ini and environment say about the caches of every test.

    Attributes:
        url: The server that was promised; None for the double.
        source: What promised it.
        leaks: What a leak leads to, as ini says it.
        allow_keys: Patterns of keys that may be left without a ttl.
        allow_locks: Patterns of locks that may stay held.
        databases: Which databases of a real server tests with clients may take.
    """

    url: str | None
    source: str
    leaks: str
    allow_keys: tuple[str, ...]
    allow_locks: tuple[str, ...]
    databases: str

    def options(self) -> KitOptions:
        """Return the options of a cache that no marker is about."""
        return KitOptions(
            url=self.url,
            leaks=check_strictness("leaks", self.leaks or None),
            allow_keys=self.allow_keys,
            allow_locks=self.allow_locks,
        )

    def options_of(self, item: pytest.Item) -> KitOptions:
        """Return what ini and markers say about a test's caches; the closest marker counts."""
        options = self.options()
        for mark in reversed(list(item.iter_markers(MARKER))):
            if mark.args:
                raise failure(f"@pytest.mark.{MARKER}: options are given by name, not {mark.args!r}")
            try:
                options = options.but(mark.kwargs)
            except (TypeError, ValueError) as error:
                raise failure(f"@pytest.mark.{MARKER}: {error}") from None
        return options

    def place_of(self, request: pytest.FixtureRequest, options: KitOptions) -> Place:
        """Return where the test's caches live."""
        clock: Clock | None = None
        if "cache_clock" in request.fixturenames:
            clock = request.getfixturevalue("cache_clock")
        marked = any("url" in mark.kwargs for mark in request.node.iter_markers(MARKER))
        source = f"@pytest.mark.{MARKER}" if marked else self.source
        asked = frozenset(request.fixturenames)
        if options.url is not None and asked & CLIENTS and asked & _UNSEEN:
            skip(f"{' and '.join(sorted(asked & _UNSEEN))} see a client's commands at the double's door only")
        return self.open(options, clock, source, request.node.nodeid, has_clients=bool(asked & CLIENTS))

    def open(
        self, options: KitOptions, clock: Clock | None, source: str, name: str, *, has_clients: bool = False
    ) -> Place:
        """Return the double, or a prefix or a database of the server."""
        if options.url is None:
            return Double(options, clock)
        if clock is not None:
            skip("cache_clock moves no real server's time")
        if options.max_size is not None:
            skip("max_size bounds no real server")
        if options.lua is False:
            skip("every real server runs scripts")
        return _real_place(options.url, source, name, self.databases if has_clients else None)


def _real_place(url: str, source: str, test: str, databases: str | None) -> Place:
    """Return a place on the server that was promised, or fail the test."""
    story = f"{masked(url)}, promised by {source}"
    try:
        if databases is not None:
            from cache_provider.testing.kit.real_database import RealDatabase  # noqa: PLC0415 - needs redis-py

            return RealDatabase(url, databases)
        from cache_provider.testing.kit.real_server import RealServer, root_prefix  # noqa: PLC0415 - needs redis-py

        return RealServer(url, root_prefix(test))
    except ModuleNotFoundError as missing:
        raise failure(f"{story}, needs an extra, pip install 'cache-provider[redis]': {missing}") from None
    except CacheConfigurationError as wrong:
        raise failure(f"{story}, cannot be right: {wrong}") from None
    except CacheUnavailableError as silent:
        raise failure(f"{story}, does not answer: {silent}") from None


def require_asyncio(request: pytest.FixtureRequest) -> None:
    """Fail a test that anyio runs on another loop: it would fail anyway, and not say why."""
    if "anyio_backend" in request.fixturenames:
        backend = request.getfixturevalue("anyio_backend")
        name = backend if isinstance(backend, str) else backend[0]
        if name != "asyncio":
            raise failure(
                f"{request.fixturename} needs asyncio, and anyio runs this test on {name}. "
                "Let the fixture anyio_backend return 'asyncio', or keep this test to it."
            )


def turn_into_skip(report: pytest.TestReport, reason: str) -> None:
    """Skip what failed in a fixture, or in a `unittest.TestCase`, which keeps its errors to itself."""
    path, line, _ = report.location
    report.outcome = "skipped"
    report.longrepr = path, (line or 0) + 1, f"Skipped: {reason}{ON_A_SERVER}"


def skip(reason: str) -> NoReturn:
    """Skip a test that only the double can run."""
    pytest.skip(reason + ON_A_SERVER)


def failure(title: str, *lines: str) -> BaseException:
    """Return what fails a test with a message and without a traceback."""
    return pytest.fail.Exception("\n  ".join([title, *lines]), pytrace=False)
