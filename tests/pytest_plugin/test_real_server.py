"""The same tests on a real server."""

from collections.abc import Callable

import pytest

from cache_provider import RedisCacheAdapter
from cache_provider.testing.servers import ServerProcess
from tests.pytest_plugin.conftest import Run

URL = "--cache-provider-url"

WRITING = """
    import pytest

    @pytest.mark.parametrize("number", [1, 2])
    def test_it(cache_provider, number):
        assert cache_provider.provider_name == "redis"
        assert cache_provider.setnx("k", number, ttl=60)
"""

ANYTHING = """
    def test_it(cache_provider):
        pass
"""


def test_the_option_names_the_server(run: Run, server: ServerProcess) -> None:
    """And each test has a prefix of its own there."""
    run(WRITING, URL, server.url).assert_outcomes(passed=2)


def test_the_ini_key_names_the_server(run: Run, server: ServerProcess) -> None:
    """For a suite that always runs on one."""
    run(WRITING, "-o", f"cache_provider_url={server.url}").assert_outcomes(passed=2)


def test_the_environment_names_the_server(
    run: Run, server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a job of a CI."""
    monkeypatch.setenv("CACHE_PROVIDER_URL", server.url)
    run(WRITING).assert_outcomes(passed=2)


def test_the_option_goes_before_the_environment(
    run: Run, server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said last counts."""
    monkeypatch.setenv("CACHE_PROVIDER_URL", "redis://nowhere.invalid")
    run(WRITING, URL, server.url).assert_outcomes(passed=2)


def test_the_marker_names_the_server(run: Run, server: ServerProcess) -> None:
    """Of one test."""
    run(f"""
        import pytest

        @pytest.mark.cache_provider(url="{server.url}")
        def test_it(cache_provider):
            assert cache_provider.provider_name == "redis"
    """).assert_outcomes(passed=1)


def test_the_marker_keeps_a_test_on_the_double(run: Run) -> None:
    """Whatever server the run was promised."""
    result = run(
        """
        import pytest

        @pytest.mark.cache_provider(url=None)
        def test_it(cache_provider):
            assert cache_provider.provider_name == "memory"
    """,
        URL,
        "redis://nowhere.invalid",
    )
    result.assert_outcomes(passed=1)


def test_nothing_is_left_behind(
    run: Run, server: ServerProcess, what_is_left: Callable[[], list[str]]
) -> None:
    """Keys and locks of all the test's caches go."""
    run(
        """
        import pytest

        @pytest.mark.cache_provider(leaks="off")
        def test_it(cache_provider, make_cache_provider):
            cache_provider.set("k", 1)
            cache_provider.get_lock("stock").acquire()
            make_cache_provider("other:").mset({str(number): number for number in range(1000)})
    """,
        URL,
        server.url,
    ).assert_outcomes(passed=1)
    assert what_is_left() == []


def test_nothing_is_left_behind_by_a_test_that_fails(
    run: Run, server: ServerProcess, what_is_left: Callable[[], list[str]]
) -> None:
    """Nor by one that closes its cache."""
    run(
        """
        def test_it(cache_provider):
            cache_provider.set("k", 1)
            cache_provider.close()
            assert False
    """,
        URL,
        server.url,
    ).assert_outcomes(failed=1)
    assert what_is_left() == []


def test_what_others_have_on_the_server_stays(
    run: Run, server: ServerProcess, what_is_left: Callable[[], list[str]]
) -> None:
    """It is removed by prefix, never by FLUSHDB."""
    with RedisCacheAdapter(server.url) as another:
        another.set("test:mine", 1)
    run(WRITING, URL, server.url)
    assert what_is_left() == ["test:mine"]


def test_the_prefix_names_worker_and_test(run: Run, server: ServerProcess) -> None:
    """Whoever finds a key knows whose it is; braces, which a Cluster would heed, are replaced."""
    result = run(
        """
        import pytest

        @pytest.mark.parametrize("name", ["{a}"])
        def test_it(cache_provider, name, monkeypatch):
            print("prefix", cache_provider.key_prefix)
    """,
        URL,
        server.url,
        "-s",
    )
    result.stdout.re_match_lines(
        [r".*prefix cache_provider:\w+:[0-9a-f]{16}:test_\w+\.py::test_it\[\(a\}\]:test:"]
    )


def test_two_workers_never_see_each_others_keys(
    run_apart: Run, server: ServerProcess, what_is_left: Callable[[], list[str]]
) -> None:
    """The same test runs on both at the same time; each waits until the other has written too."""
    result = run_apart(
        f"""
        import threading
        from cache_provider import RedisCacheAdapter

        def test_it(cache_provider, worker_id):
            cache_provider.set("k", worker_id, ttl=60)
            with RedisCacheAdapter("{server.url}", key_prefix="meeting:") as meeting:
                meeting.incr("arrived", ttl=60)
                for _ in range(3000):
                    if meeting.get("arrived") == 2:
                        break
                    threading.Event().wait(0.01)
                assert meeting.get("arrived") == 2
            assert (cache_provider.get("k"), cache_provider.keys()) == (worker_id, ["k"])
    """,
        URL,
        server.url,
        "--dist=each",
        "--tx=2*popen",
    )
    result.assert_outcomes(passed=2)
    assert what_is_left() == ["meeting:arrived"]


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        (
            "redis://ada:secret@127.0.0.1:1/0",
            "redis://ada:?*?@127.0.0.1:1/0, promised by --cache-provider-url, does not answer: *",
        ),
        (
            "http://127.0.0.1",
            "http://127.0.0.1, promised by --cache-provider-url, cannot be right: url must begin with *",
        ),
    ],
)
def test_a_promised_server_that_is_not_there_fails_the_test(run: Run, url: str, complaint: str) -> None:
    """It is no skip: nobody would notice."""
    result = run(ANYTHING, URL, url)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([complaint])


def test_the_password_of_a_promised_server_is_shown_nowhere(run: Run) -> None:
    """Not in the failure either."""
    result = run(ANYTHING, URL, "redis://ada:secret@127.0.0.1:1/0")
    result.stdout.no_fnmatch_line("*secret*")


def test_a_missing_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setitem(__import__("sys").modules, "cache_provider.testing.kit.real_server", None)
    result = run(ANYTHING, URL, "redis://127.0.0.1:1/0")
    result.stdout.fnmatch_lines(["*needs an extra, pip install 'cache-provider?redis?'*"])


@pytest.mark.parametrize(
    ("fixture", "options", "reason"),
    [
        ("cache_clock", "", "cache_clock moves no real server's time"),
        ("cache_server", "", "cache_server is a part of the double"),
        ("cache_calls", "max_size=1", "max_size bounds no real server"),
    ],
)
def test_what_only_the_double_has_skips_the_test(
    run: Run, server: ServerProcess, fixture: str, options: str, reason: str
) -> None:
    """With its reason."""
    result = run(
        f"""
        import pytest

        @pytest.mark.cache_provider({options})
        def test_it(cache_provider, {fixture}):
            pass
    """,
        URL,
        server.url,
        "-rs",
    )
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([f"SKIPPED * {reason}, and this run is on a real server"])


def test_a_store_of_its_own_is_refused_on_a_real_server(run: Run, server: ServerProcess) -> None:
    """There is only the one."""
    result = run(
        """
        from cache_provider import MemoryServer

        def test_it(make_cache_provider):
            make_cache_provider(server=MemoryServer())
    """,
        URL,
        server.url,
    )
    result.stdout.fnmatch_lines(["E *CacheConfigurationError: server= is for the double only; *"])


def test_calls_faults_and_leaks_work_on_a_real_server(run: Run, server: ServerProcess) -> None:
    """They hang on the seam, not on the double."""
    result = run(
        """
        import pytest
        from cache_provider import CacheUnavailableError

        def test_it(cache_provider, cache_faults, cache_calls):
            with cache_faults.outage(), pytest.raises(CacheUnavailableError):
                cache_provider.get("k")
            cache_provider.get_lock("stock").acquire()
            assert cache_calls.counts == {"get": 1, "lock.acquire": 1}
    """,
        URL,
        server.url,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["  lock 'stock' is still held by *"])


NOBODY = "redis://127.0.0.1:1/0"


def test_a_wrong_url_of_the_ini_key_says_so(run: Run) -> None:
    """One looks there, and nowhere else."""
    result = run(ANYTHING, "-o", f"cache_provider_url={NOBODY}")
    result.stdout.fnmatch_lines([f"{NOBODY}, promised by ini cache_provider_url, does not answer: *"])


def test_a_wrong_url_of_the_environment_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above."""
    monkeypatch.setenv("CACHE_PROVIDER_URL", NOBODY)
    run(ANYTHING).stdout.fnmatch_lines([f"{NOBODY}, promised by CACHE_PROVIDER_URL, does not answer: *"])


def test_a_wrong_url_of_the_marker_says_so(run: Run) -> None:
    """Though the run has another."""
    module = f"""
        import pytest

        @pytest.mark.cache_provider(url="{NOBODY}")
        def test_it(cache_provider):
            pass
    """
    result = run(module, URL, "redis://nowhere.invalid")
    result.stdout.fnmatch_lines([f"{NOBODY}, promised by @pytest.mark.cache_provider, does not answer: *"])


def test_the_header_names_the_server_and_who_named_it(run: Run) -> None:
    """Without its password."""
    result = run("def test_it(): pass", URL, "redis://ada:secret@127.0.0.1:1/0")
    result.stdout.re_match_lines(
        [r"cache_provider: on redis://ada:\*+@127\.0\.0\.1:1/0, named by --cache-provider-url"]
    )


def test_the_header_says_nothing_where_there_is_no_server(run: Run) -> None:
    """Most runs are on the double, and many use no cache at all."""
    run("def test_it(): pass").stdout.no_fnmatch_line("cache_provider: *")


SKIPPED = """
    import pytest

    @pytest.mark.parametrize("number", [1, 2])
    def test_by_a_clock(cache_provider, cache_clock, number):
        pass

    @pytest.mark.cache_provider(max_size=1)
    def test_bounded(cache_provider):
        pass

    @pytest.mark.skip(reason="of its own")
    def test_another():
        pass
"""

SUMMED_UP = [
    "=* cache_provider: 3 tests skipped on *",
    "2 tests: cache_clock moves no real server's time",
    "1 test: max_size bounds no real server",
]


def test_skips_for_the_servers_sake_are_summed_up_in_words(run: Run, server: ServerProcess) -> None:
    """A dot among many says nothing."""
    run(SKIPPED, URL, server.url).stdout.fnmatch_lines(SUMMED_UP)


def test_skips_of_all_workers_are_summed_up(run_apart: Run, server: ServerProcess) -> None:
    """Under pytest-xdist, by the one who prints."""
    run_apart(SKIPPED, URL, server.url, "-n", "2").stdout.fnmatch_lines(SUMMED_UP)


MOVING = {
    "freezegun": """
    from freezegun import freeze_time

    def test_it(cache_provider):
        cache_provider.set("k", "v", ttl=60)
        with freeze_time("2024-05-17 12:00"):
            assert cache_provider.get("k") is None
    """,
    "time_machine": """
    import time_machine

    def test_it(cache_provider):
        with time_machine.travel("2024-05-17 12:00"):
            cache_provider.set("k", "v", ttl=60)
    """,
    "mock": """
    from unittest import mock

    def test_it(cache_provider):
        with mock.patch("time.time", return_value=1e9):
            cache_provider.set("k", "v", ttl=60)
    """,
    "a thread": """
    import threading
    from freezegun import freeze_time

    def test_it(cache_provider):
        told = []

        def look():
            try:
                cache_provider.get("k")
            except BaseException as error:
                told.append(error)

        with freeze_time("2024-05-17 12:00"):
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
    """,
    "coroutines": """
    import asyncio
    from freezegun import freeze_time

    def test_it(async_cache_provider):
        with freeze_time("2024-05-17 12:00", real_asyncio=True):
            asyncio.run(async_cache_provider.get("k"))
    """,
    "a fixture": """
    import pytest
    from freezegun import freeze_time

    @pytest.fixture
    def session(cache_provider):
        with freeze_time("2024-05-17 12:00"):
            cache_provider.set("k", "v", ttl=60)

    def test_it(session):
        pass
    """,
    "unittest": """
    import unittest
    import pytest
    from freezegun import freeze_time

    class TestIt(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _give_cache(self, cache_provider):
            self.cache = cache_provider

        def test_it(self):
            with freeze_time("2024-05-17 12:00"):
                self.cache.set("k", "v", ttl=60)
    """,
    "unittest's setUp": """
    import unittest
    import pytest
    from freezegun import freeze_time

    class TestIt(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _give_cache(self, cache_provider):
            self.cache = cache_provider

        @freeze_time("2024-05-17 12:00")
        def setUp(self):
            self.cache.set("k", "v", ttl=60)

        def test_it(self):
            self.assertIsNone(self.cache.get("k"))
    """,
    "unittest's coroutines": """
    import unittest
    import pytest
    from freezegun import freeze_time

    class TestIt(unittest.IsolatedAsyncioTestCase):
        @pytest.fixture(autouse=True)
        def _give_cache(self, async_cache_provider):
            self.cache = async_cache_provider

        async def test_it(self):
            with freeze_time("2024-05-17 12:00", real_asyncio=True):
                await self.cache.set("k", "v", ttl=60)
    """,
}


@pytest.mark.parametrize("module", MOVING.values(), ids=MOVING)
def test_a_test_that_moves_the_time_is_skipped_on_a_server(
    run: Run, server: ServerProcess, module: str
) -> None:
    """The server's own time goes on, so it would prove nothing."""
    result = run(module, URL, server.url, "-rs")
    result.assert_outcomes(skipped=1)
    reason = "freezegun, time-machine or a mock moves no real server's time"
    result.stdout.fnmatch_lines([f"SKIPPED * {reason}, and this run is on a real server"])


def test_a_test_that_moved_the_time_before_is_run_on_a_server(run: Run, server: ServerProcess) -> None:
    """What the cache sees is the time as it is."""
    module = """
    from freezegun import freeze_time

    def test_it(cache_provider):
        with freeze_time("2024-05-17 12:00"):
            pass
        assert cache_provider.set("k", "v", ttl=60)
    """
    run(module, URL, server.url).assert_outcomes(passed=1)
