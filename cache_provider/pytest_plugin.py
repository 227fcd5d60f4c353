"""The pytest plugin: options, fixtures and the marker.

Modules that a fixture needs are imported when a test first uses it, so a run
without our fixtures pays for this file only.
"""

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from redis import Redis
    from redis.asyncio import Redis as AsyncRedis

    from cache_provider.clock import Clock, ManualClock
    from cache_provider.testing.calls import Calls
    from cache_provider.testing.faults import Faults
    from cache_provider.testing.kit import CacheFactory, CacheKit, CacheMaker, CacheServer, KitOptions
    from cache_provider.testing.kit.arranging import RunOptions
    from cache_provider.testing.kit.place import Place
    from cache_provider.testing.race.fixtures import CacheRace
    from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache

URL_OPTION = "--cache-provider-url"
URL_INI = "cache_provider_url"
URL_VARIABLE = "CACHE_PROVIDER_URL"
LEAKS_INI = "cache_provider_leaks"
ALLOW_KEYS_INI = "cache_provider_allow_keys"
ALLOW_LOCKS_INI = "cache_provider_allow_locks"
DATABASES_OPTION = "--cache-provider-databases"

MARKER = "cache_provider"
_MARKER_HELP = (
    "cache_provider(codec, default_ttl, max_size, eviction, key_prefix, url, leaks, allow_keys, "
    "allow_locks, database, decode_responses, protocol, lua): options of one test's caches, all by name"
)

_FIXTURES = frozenset({"_cache_provider_kit", "cache_provider_factory", "cache_race"})
"""Each test that uses a cache of ours asks for one of them."""

_TOO_LATE = (
    "cache_clock came too late: the test's caches already live by the system's clock. "
    "Make it an argument of the test or of a fixture."
)


_KIT: pytest.StashKey["CacheKit"] = pytest.StashKey()
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
    group.addoption(
        DATABASES_OPTION,
        metavar="NUMBERS",
        default="1-15",
        help="which databases of that server tests with cache_redis may take, each an empty one for itself, "
        "such as 1-15 or 3,5 (default: %(default)s)",
    )
    parser.addini(URL_INI, f"the server to run on, as {URL_OPTION}", default="")
    parser.addini(
        LEAKS_INI,
        "what a test that leaves something in its cache leads to: off, warn or error (default: error for "
        "locks, warn for keys)",
        default="",
    )
    parser.addini(ALLOW_KEYS_INI, "patterns of keys that may be left without a ttl", "linelist")
    parser.addini(ALLOW_LOCKS_INI, "patterns of locks that may stay held", "linelist")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, refuse meaningless ini values, and report the contract if it is run."""
    config.addinivalue_line("markers", _MARKER_HELP)
    if config.getini(LEAKS_INI):
        from cache_provider.testing.kit import check_strictness  # noqa: PLC0415 - see above

        try:
            check_strictness(LEAKS_INI, config.getini(LEAKS_INI))
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None
    # Asked for by name, as `--pyargs` does.
    if any(CONTRACT in argument.replace(os.sep, ".") for argument in config.args):
        from cache_provider.testing.contract.report import report_contract  # noqa: PLC0415 - see above

        report_contract(config, server_url(config))
    elif (url := server_url(config)) and not hasattr(config, "workerinput"):
        from cache_provider.testing.kit.reporting import ServerReport  # noqa: PLC0415 - see above

        config.pluginmanager.register(ServerReport(url, _source(config)))


def server_url(config: pytest.Config) -> str | None:
    """Return the URL of the server for this run, or None for the double."""
    url: str | None = config.getoption(URL_OPTION)
    return url or config.getini(URL_INI) or os.environ.get(URL_VARIABLE) or None


def _source(config: pytest.Config) -> str:
    """Return what named that server."""
    if config.getoption(URL_OPTION):
        return URL_OPTION
    return f"ini {URL_INI}" if config.getini(URL_INI) else URL_VARIABLE


# What a test asks for


@pytest.fixture
def cache_provider(_cache_provider_kit: "CacheKit") -> "InstrumentedCache":
    """An empty cache that no other test sees: the double, or a prefix of the server at --cache-provider-url.

    It implements `cache_provider.CacheProviderInterface`. Options of one test:
    @pytest.mark.cache_provider(default_ttl=60, max_size=100, codec=PickleCodec(), ...).
    """
    return _cache_provider_kit.make()


@pytest.fixture
def async_cache_provider(
    request: pytest.FixtureRequest, _cache_provider_kit: "CacheKit"
) -> "AsyncInstrumentedCache":
    """Like cache_provider, for coroutines; a test that uses both has two clients of one store."""
    from cache_provider.testing.kit.arranging import require_asyncio  # noqa: PLC0415 - see above

    require_asyncio(request)
    return _cache_provider_kit.make.asynchronous()


@pytest.fixture
def cache_redis(_cache_provider_kit: "CacheKit") -> "Redis":
    """redis-py's own client on the test's store, without a socket; on a real server in a database of its own.

    Options of one test: @pytest.mark.cache_provider(decode_responses=True, protocol=3, database=2).
    """
    return _cache_provider_kit.clients.redis()


@pytest.fixture
def async_cache_redis(request: pytest.FixtureRequest, _cache_provider_kit: "CacheKit") -> "AsyncRedis":
    """Like cache_redis, for coroutines: a client of redis.asyncio."""
    from cache_provider.testing.kit.arranging import require_asyncio  # noqa: PLC0415 - see above

    require_asyncio(request)
    return _cache_provider_kit.clients.async_redis()


@pytest.fixture
def cache_redis_url(_cache_provider_kit: "CacheKit") -> str:
    """The URL of the test's store, for code that only takes one: a socket, open until the test's end."""
    return _cache_provider_kit.clients.url()


@pytest.fixture
def make_cache_provider(_cache_provider_kit: "CacheKit") -> "CacheMaker":
    """Make more caches: a call without arguments makes another client of the test's store.

    It takes key_prefix, server, codec and default_ttl;
    make_cache_provider.asynchronous(...) takes the same for coroutines.
    """
    return _cache_provider_kit.make


@pytest.fixture(scope="session")
def cache_provider_factory(request: pytest.FixtureRequest) -> "CacheFactory":
    """Open stores that live for a module, a session, or one example of many.

    `with cache_provider_factory() as make: cache = make()`. The store is removed at the
    end of the block. `make` is like make_cache_provider, but leaks are not
    judged. It takes the marker's options by name, and clock= on the double.
    """
    from cache_provider.testing.kit import CacheFactory  # noqa: PLC0415 - see above

    run = _run(request.config)

    def open_place(options: "KitOptions", clock: "Clock | None") -> "Place":
        source = run.source if options.url == run.url else "url="
        return run.open(options, clock, source, request.node.nodeid or "session")

    return CacheFactory(run.options(), open_place)


@pytest.fixture
def cache_clock(request: pytest.FixtureRequest) -> "ManualClock":
    """The clock of the test's caches, moved only by the test.

    cache_clock.advance(60) ends ttls and leases and wakes waiters. In a test that
    does not use it, caches are on the system's clock, which freezegun and
    time-machine move. On a real server, which has its own time, a test that uses it is skipped.
    """
    from cache_provider.clock import ManualClock  # noqa: PLC0415 - see above

    if _KIT in request.node.stash:
        raise _failure(_TOO_LATE)
    return ManualClock()


@pytest.fixture
def cache_faults(_cache_provider_kit: "CacheKit") -> "Faults":
    """Make operations of the test's caches fail, take long, or lose a lease.

    cache_faults.outage(), .fail("set", key="user:*"), .latency(2) and .lose_lease(lock)
    last until the test's end, or to the end of their `with` block. A fault that was
    armed and never struck fails the test.
    """
    return _cache_provider_kit.faults


@pytest.fixture
def cache_calls(_cache_provider_kit: "CacheKit") -> "Calls":
    """The operations of the test's caches in their order, and assertions about them.

    cache_calls.assert_called("get", key="user:*", times=1), .assert_not_called,
    .assert_order, .matching, .count, .counts, .hits, .misses, .clear.
    """
    return _cache_provider_kit.calls


@pytest.fixture
def cache_server(_cache_provider_kit: "CacheKit") -> "CacheServer":
    """The MemoryServer of the test's caches, for adapters that the code under test makes itself.

    cache_server.load({"user:1": {...}}) fills it, .dump() shows its contents.
    On a real server a test that uses it is skipped.
    """
    from cache_provider.testing.kit import Double  # noqa: PLC0415 - see above
    from cache_provider.testing.kit.arranging import skip  # noqa: PLC0415 - see above

    place = _cache_provider_kit.place
    if not isinstance(place, Double):
        skip("cache_server is a part of the double")
    return place.server


@pytest.fixture
def cache_race(request: pytest.FixtureRequest) -> "CacheRace":
    """Explore races: `cache_race(scenario, **options)`, like `cache_provider.testing.race.explore`."""
    from cache_provider.testing.race.fixtures import CacheRace  # noqa: PLC0415 - see above

    return CacheRace(request.config, request.node.nodeid, request.node.user_properties)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name searches for races that were cut short, and commands that the double did not know."""
    reports = [report for kind in terminalreporter.stats for report in terminalreporter.getreports(kind)]
    told = [report for report in reports if getattr(report, "user_properties", None)]
    if not told:
        return
    from cache_provider.testing.kit.reporting import unknown_commands  # noqa: PLC0415 - see above
    from cache_provider.testing.race.fixtures import cut_short  # noqa: PLC0415 - see above

    for title, lines in (
        ("races that were not searched for to the end", cut_short(told)),
        ("commands that cache_redis does not know", unknown_commands(told)),
    ):
        if lines:
            terminalreporter.section(title)
            for line in lines:
                terminalreporter.write_line(line)


# What stands behind it


@pytest.fixture
def _cache_provider_kit(request: pytest.FixtureRequest) -> Iterator["CacheKit"]:
    from cache_provider.testing.kit import CacheKit  # noqa: PLC0415 - see above
    from cache_provider.testing.kit.judgement import how_to_allow  # noqa: PLC0415 - see above
    from cache_provider.testing.kit.reporting import UNKNOWN  # noqa: PLC0415 - see above

    run = _run(request.config)
    options = run.options_of(request.node)
    kit = request.node.stash[_KIT] = CacheKit(run.place_of(request, options), options)
    try:
        yield kit
        if leaks := kit.leaks():
            raise _failure("the test left behind in its cache:", *map(str, leaks), how_to_allow(leaks))
    finally:
        if unknown := kit.unknown():
            request.node.user_properties.append((UNKNOWN, unknown))
        del request.node.stash[_KIT]
        kit.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a wrong marker, even on a test that uses none of the fixtures."""
    if item.get_closest_marker(MARKER):
        _run(item.config).options_of(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passed although it armed a fault in vain; skip one that proves nothing here."""
    try:
        result = yield
    finally:
        kit = item.stash.get(_KIT, None)
        if kit is not None and kit.place.unfit:
            from cache_provider.testing.kit.arranging import skip  # noqa: PLC0415 - see above

            skip(kit.place.unfit)
    if kit is not None and (unfired := kit.faults.unfired()):
        raise _failure("armed, but it never struck:", *unfired)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Leave this package's frames out of a failure; note that a test passed.

    A `unittest.TestCase` raises nothing, so its report is the first to know.
    """
    error = None if call.excinfo is None else call.excinfo.value
    ours = _FIXTURES.intersection(getattr(item, "fixturenames", ()))
    # What the plugin itself says comes without a traceback.
    if ours and error is not None and not isinstance(error, pytest.fail.Exception):
        from cache_provider.testing.kit.frames import hide_own_frames  # noqa: PLC0415 - see above

        hide_own_frames(error)
    report = yield
    if (kit := item.stash.get(_KIT, None)) is not None:
        if kit.place.unfit and report.failed:
            from cache_provider.testing.kit.arranging import turn_into_skip  # noqa: PLC0415 - see above

            turn_into_skip(report, kit.place.unfit)
        if report.when == "call":
            kit.passed = report.passed
    return report


def _run(config: pytest.Config) -> "RunOptions":
    """Return what command line, ini and environment say about every cache."""
    from cache_provider.testing.kit.arranging import RunOptions  # noqa: PLC0415 - see above

    return RunOptions(
        server_url(config),
        _source(config),
        config.getini(LEAKS_INI),
        tuple(config.getini(ALLOW_KEYS_INI)),
        tuple(config.getini(ALLOW_LOCKS_INI)),
        str(config.getoption(DATABASES_OPTION)),
    )


def _failure(title: str, *lines: str) -> BaseException:
    from cache_provider.testing.kit.arranging import failure  # noqa: PLC0415 - see above

    return failure(title, *lines)
