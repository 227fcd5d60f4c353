"""The fixtures for code that holds a client of redis-py, or takes a URL."""

import re
from typing import Any

import pytest
import redis

from cache_provider.testing.servers import ServerProcess
from tests.pytest_plugin.conftest import Run

_Redis: Any = redis.Redis
"""redis-py is typed in parts."""

URL = "--cache-provider-url"

WRITING = """
    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_it(cache_redis, number):
        assert cache_redis.keys() == []
        cache_redis.set("k", number, ex=60)
"""

BOTH = """
    def test_it(cache_provider, cache_redis):
        cache_provider.set("user", "ada", ttl=60)
        assert cache_redis.get("test:user") == b'"ada"'
"""


def test_each_test_has_a_client_of_an_empty_store(run: Run) -> None:
    """Nothing to import, nothing to configure."""
    run(WRITING.format(tests=2)).assert_outcomes(passed=2)


def test_the_client_is_redis_pys_own(run: Run) -> None:
    """Unmodified."""
    run("""
        import redis

        def test_it(cache_redis):
            assert type(cache_redis) is redis.Redis
    """).assert_outcomes(passed=1)


def test_a_coroutine_has_a_client(run_apart: Run) -> None:
    """On the same store."""
    run_apart(
        """
        async def test_it(cache_redis, async_cache_redis):
            await async_cache_redis.set("k", "v", ex=60)
            assert cache_redis.get("k") == b"v"
        """,
        "-o",
        "asyncio_mode=auto",
    ).assert_outcomes(passed=1)


def test_a_url_leads_to_the_same_store(run: Run) -> None:
    """By a socket that is open as long as the test runs."""
    run("""
        import redis

        def test_it(cache_redis, cache_redis_url):
            with redis.Redis.from_url(cache_redis_url) as client:
                client.set("k", "v", ex=60)
            assert cache_redis.get("k") == b"v"
    """).assert_outcomes(passed=1)


def test_the_socket_is_closed_after_the_test(run: Run) -> None:
    """Nobody answers there any more."""
    run("""
        import redis
        import pytest

        urls = []

        def test_it(cache_redis_url):
            urls.append(cache_redis_url)

        def test_after_it():
            with pytest.raises(redis.ConnectionError):
                redis.Redis.from_url(urls[0], retry=None).ping()
    """).assert_outcomes(passed=2)


def test_providers_and_clients_share_a_store(run: Run) -> None:
    """A provider's keys are below its prefix."""
    run(BOTH).assert_outcomes(passed=1)


def test_a_test_of_both_doors_may_ask_for_the_provider_last(run: Run) -> None:
    """The order of arguments says nothing."""
    run(BOTH.replace("cache_provider, cache_redis", "cache_redis, cache_provider")).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("options", "body"),
    [
        ("decode_responses=True", "assert cache_redis.echo('k') == 'k'"),
        ("protocol=3", "assert cache_redis.execute_command('HELLO')[b'proto'] == 3"),
        ("protocol=2", "assert b'proto' in cache_redis.execute_command('HELLO')[4]"),
        ("database=2", "assert cache_redis.connection_pool.connection_kwargs['db'] == 2"),
    ],
)
def test_the_marker_has_options_of_the_client(run: Run, options: str, body: str) -> None:
    """Of one test."""
    run(f"""
        import pytest

        @pytest.mark.cache_provider({options})
        def test_it(cache_redis):
            {body}
    """).assert_outcomes(passed=1)


def test_scripts_can_be_done_without(run: Run) -> None:
    """As where Lua is not installed; redis-py's own lock runs all the same."""
    run("""
        import pytest
        import redis

        @pytest.mark.cache_provider(lua=False)
        def test_it(cache_redis):
            with cache_redis.lock("job", timeout=5):
                pass
            with pytest.raises(redis.ResponseError, match="need Lua"):
                cache_redis.eval("return 1", 0)
    """).assert_outcomes(passed=1)


def test_a_client_s_wrong_option_is_refused(run: Run) -> None:
    """Before anything is made with it."""
    result = run("""
        import pytest

        @pytest.mark.cache_provider(protocol=4)
        def test_it(cache_redis):
            pass
    """)
    result.stdout.fnmatch_lines(["*protocol must be 2 or 3, not 4*"])


UNKNOWN = """
    import pytest
    import redis

    def test_it(cache_redis):
        for _ in range(2):
            with pytest.raises(redis.ResponseError):
                cache_redis.xlen("stream")
        assert {passes}
"""


@pytest.mark.parametrize("passes", [True, False])
def test_unknown_commands_are_listed_with_their_count(run: Run, passes: bool) -> None:
    """Whether the test passed or not."""
    result = run(UNKNOWN.format(passes=passes))
    result.stdout.fnmatch_lines(["=* commands that cache_redis does not know =*", "XLEN: 2 times"])


def test_unknown_commands_of_all_workers_are_counted_together(run_apart: Run) -> None:
    """As the tests' reports bring them."""
    two = UNKNOWN.format(passes=True) + UNKNOWN.format(passes=True).replace("test_it", "test_that")
    result = run_apart(two, "-n", "2", "-p", "no:asyncio")
    result.stdout.fnmatch_lines(["XLEN: 4 times"])


def test_a_run_without_any_says_nothing(run: Run) -> None:
    """There is nothing to say."""
    result = run(WRITING.format(tests=1))
    result.stdout.no_fnmatch_line("*does not know*")


# On a real server


def test_on_a_server_each_test_has_a_database_of_its_own(run: Run, server: ServerProcess) -> None:
    """Empty at first."""
    run(WRITING.format(tests=3), URL, server.url).assert_outcomes(passed=3)


def test_nothing_is_left_on_the_server(run: Run, server: ServerProcess) -> None:
    """Neither keys nor locks."""
    run(WRITING.format(tests=3), URL, server.url)
    assert server.info("keyspace") == {}


def test_providers_and_clients_share_a_database(run: Run, server: ServerProcess) -> None:
    """The one that the test has."""
    run(BOTH, URL, server.url).assert_outcomes(passed=1)


def test_workers_have_databases_of_their_own(run_apart: Run, server: ServerProcess) -> None:
    """However many tests there are, and however few databases."""
    result = run_apart(WRITING.format(tests=20), URL, server.url, "-n", "2", "--cache-provider-databases=3-4")
    result.assert_outcomes(passed=20)


def test_a_database_that_holds_something_is_left_alone(run: Run, server: ServerProcess) -> None:
    """It is somebody's."""
    with _Redis.from_url(server.url, db=3) as theirs:
        theirs.set("theirs", 1)
        result = run(WRITING.format(tests=1), URL, server.url, "--cache-provider-databases=3")
        result.stdout.fnmatch_lines(["*there is no database for a test with cache_redis: ?3? are not empty*"])
        assert theirs.keys() == [b"theirs"]


def test_a_test_that_takes_longer_than_a_lease_keeps_its_database(
    run: Run, server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cache_provider.testing.kit.real_database._LEASE", 0.6)
    module = """
        import threading

        def test_it(cache_redis):
            cache_redis.set("n", 1)
            threading.Event().wait(1.8)
        """
    run(module, URL, server.url).assert_outcomes(passed=1)


def test_a_coroutine_has_a_client_of_the_database(run_apart: Run, server: ServerProcess) -> None:
    """Its connections are closed on their loop."""
    run_apart(
        """
        async def test_it(async_cache_redis):
            await async_cache_redis.set("k", "v", ex=60)
            assert await async_cache_redis.get("k") == b"v"
        """,
        URL,
        server.url,
        "-o",
        "asyncio_mode=auto",
        "-W",
        "error::ResourceWarning",
    ).assert_outcomes(passed=1)


def test_a_client_of_a_server_is_not_used_in_moved_time(run: Run, server: ServerProcess) -> None:
    """The server's time is its own: the test proves nothing."""
    result = run(
        """
        from freezegun import freeze_time

        @freeze_time("2024-05-17")
        def test_it(cache_redis):
            cache_redis.set("k", "v", ex=60)
        """,
        URL,
        server.url,
    )
    result.assert_outcomes(skipped=1)


@pytest.mark.parametrize("fixture", ["cache_calls", "cache_faults"])
def test_what_only_the_double_shows_is_skipped(run: Run, server: ServerProcess, fixture: str) -> None:
    """In words."""
    result = run(f"def test_it(cache_redis, {fixture}): pass", URL, server.url, "-rs")
    assert re.search(rf"{fixture} see a client's commands at the double's door only", result.stdout.str())
