"""The fixtures, on the double."""

import pytest

from tests.pytest_plugin.conftest import Run


def test_a_test_gets_a_cache(run: Run) -> None:
    """Nothing to configure."""
    run("""
        def test_it(cache_provider):
            cache_provider.set("k", "v", ttl=1)
            assert cache_provider.get("k") == "v"
    """).assert_outcomes(passed=1)


def test_a_cache_is_fresh_for_each_test(run: Run) -> None:
    """No key of one is seen by the next."""
    run("""
        import pytest

        @pytest.mark.parametrize("number", [1, 2])
        def test_it(cache_provider, number):
            assert cache_provider.setnx("k", number, ttl=60)
    """).assert_outcomes(passed=2)


def test_a_lock_is_free_for_each_test(run: Run) -> None:
    """Not even a lock that an allowed leak left held is seen by the next."""
    run("""
        import pytest

        @pytest.mark.cache_provider(leaks="off")
        @pytest.mark.parametrize("number", [1, 2])
        def test_it(cache_provider, number):
            assert cache_provider.get_lock("stock").acquire(blocking=False)
    """).assert_outcomes(passed=2)


def test_a_test_gets_a_cache_for_coroutines(run: Run) -> None:
    """It needs no plugin for them."""
    run("""
        import asyncio

        def test_it(async_cache_provider):
            async def scenario():
                await async_cache_provider.set("k", "v", ttl=1)
                return await async_cache_provider.get("k")

            assert asyncio.run(scenario()) == "v"
    """).assert_outcomes(passed=1)


def test_both_caches_of_a_test_are_clients_of_one_store(run: Run) -> None:
    """As two clients of one Redis are."""
    run("""
        import asyncio

        def test_it(cache_provider, async_cache_provider):
            cache_provider.set("k", "v", ttl=1)
            assert asyncio.run(async_cache_provider.get("k")) == "v"
    """).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("making", "sees"),
    [
        ("make_cache_provider()", True),
        ('make_cache_provider("other:")', False),
        ("make_cache_provider(server=MemoryServer())", False),
    ],
)
def test_a_test_makes_more_caches(run: Run, making: str, sees: bool) -> None:
    """On the same store by default, with a prefix or a store of its own if it says so."""
    run(f"""
        from cache_provider import MemoryServer

        def test_it(cache_provider, make_cache_provider):
            cache_provider.set("k", "v", ttl=1)
            assert {making}.exists("k") is {sees}
    """).assert_outcomes(passed=1)


def test_a_cache_that_is_made_has_options_of_its_own(run: Run) -> None:
    """Codec and default ttl."""
    run("""
        from cache_provider import PickleCodec

        def test_it(make_cache_provider):
            cache = make_cache_provider(codec=PickleCodec(), default_ttl=60)
            cache.set("k", {1, 2})
            assert (cache.get("k"), cache.ttl("k")) == ({1, 2}, 60)
    """).assert_outcomes(passed=1)


def test_a_cache_for_coroutines_that_is_made_has_options_of_its_own(run: Run) -> None:
    """The same ones."""
    run("""
        import asyncio
        from cache_provider import PickleCodec

        async def scenario(cache):
            await cache.set("k", {1, 2})
            return await cache.get("k"), await cache.ttl("k")

        def test_it(make_cache_provider):
            cache = make_cache_provider.asynchronous(codec=PickleCodec(), default_ttl=60)
            assert asyncio.run(scenario(cache)) == ({1, 2}, 60)
    """).assert_outcomes(passed=1)


def test_the_caches_live_by_the_tests_clock_whatever_the_order_of_arguments(run: Run) -> None:
    """A cache that was made before the clock would stand on another."""
    run("""
        def test_it(cache_provider, async_cache_provider, make_cache_provider, cache_server, cache_clock):
            caches = [cache_provider, async_cache_provider, make_cache_provider(), cache_server]
            assert {cache.clock for cache in caches} == {cache_clock}
    """).assert_outcomes(passed=1)


def test_the_clock_ends_ttls(run: Run) -> None:
    """Without a sleep."""
    run("""
        def test_it(cache_provider, cache_clock):
            cache_provider.set("k", "v", ttl=60)
            cache_clock.advance(60)
            assert cache_provider.get("k") is None
    """).assert_outcomes(passed=1)


def test_a_suite_may_have_a_clock_of_its_own(run: Run) -> None:
    """By overriding the fixture, as pytest does it."""
    run("""
        import pytest
        from datetime import UTC, datetime
        from cache_provider import ManualClock

        NOON = datetime(2025, 3, 14, 12, tzinfo=UTC)

        @pytest.fixture
        def cache_clock():
            return ManualClock(NOON)

        def test_it(cache_provider, cache_clock):
            assert cache_provider.clock.now() == NOON
    """).assert_outcomes(passed=1)


def test_a_clock_that_comes_too_late_is_refused(run: Run) -> None:
    """The test would move a clock that no cache looks at."""
    result = run("""
        def test_it(cache_provider, request):
            request.getfixturevalue("cache_clock")
    """)
    result.stdout.fnmatch_lines(["*cache_clock came too late: the test's caches already live by*"])


@pytest.mark.parametrize("mover", ["freezegun.freeze_time", "time_machine.travel"])
def test_without_the_clock_the_tools_that_move_time_work(run: Run, mover: str) -> None:
    """The caches are on the system's clock, as the test sees it."""
    run(f"""
        import {mover.partition(".")[0]}

        def test_it(cache_provider):
            with {mover}("2024-05-17 12:00"):
                cache_provider.set("k", "v", ttl=60)
            with {mover}("2024-05-17 12:02"):
                assert cache_provider.get("k") is None
    """).assert_outcomes(passed=1)


def test_an_adapter_of_ones_own_may_use_the_tests_server(run: Run) -> None:
    """Where an application makes its adapter itself."""
    run("""
        from cache_provider import InMemoryCacheAdapter

        def test_it(cache_provider, cache_server):
            InMemoryCacheAdapter("test:", server=cache_server).set("k", "v")
            assert cache_provider.get("k") == "v"
    """).assert_outcomes(passed=1)


def test_a_cache_is_closed_after_its_test(run: Run) -> None:
    """A thread that outlived its test finds out."""
    result = run("""
        kept = []

        def test_keeping(cache_provider):
            kept.append(cache_provider)

        def test_using_what_was_kept():
            kept[0].get("k")
    """)
    result.stdout.fnmatch_lines(["*CacheClosedError: cache 'memory' is closed"])


def test_a_test_case_of_unittest_gets_a_cache(run: Run) -> None:
    """By the way that pytest has for it."""
    run("""
        import unittest
        import pytest

        class TestIt(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _cache(self, cache_provider):
                self.cache = cache_provider

            def test_it(self):
                assert self.cache.set("k", "v", ttl=1)
    """).assert_outcomes(passed=1)


def test_the_calls_of_all_caches_are_recorded(run: Run) -> None:
    """In one record."""
    run("""
        import asyncio

        def test_it(cache_provider, async_cache_provider, make_cache_provider, cache_calls):
            cache_provider.get("a")
            asyncio.run(async_cache_provider.get("b"))
            make_cache_provider("other:").get("c")
            assert [call.key for call in cache_calls] == ["a", "b", "c"]
    """).assert_outcomes(passed=1)


def test_a_wrong_claim_about_calls_fails_with_the_list_of_them(run: Run) -> None:
    """And without the lines of the kit's own source."""
    result = run("""
        def test_it(cache_provider, cache_calls):
            cache_provider.get("user:1")
            cache_calls.assert_called("set", key="user:*", times=1)
    """)
    result.stdout.fnmatch_lines(
        [
            ">       cache_calls.assert_called(*",
            "E       AssertionError: expected set 'user:?' to be called once, it was never called",
            "E         1.  +0.000 s  get 'user:1'  -> None  test_*.py:2",
            "",
            "test_*.py:3: AssertionError",
        ]
    )


def test_what_is_loaded_into_the_store_is_there_for_the_caches_and_in_no_record(run: Run) -> None:
    """It is the test's own doing: neither a call nor a leak."""
    run("""
        import pytest

        @pytest.mark.cache_provider(leaks="error", key_prefix="shop:")
        def test_it(cache_provider, cache_server, cache_calls):
            cache_server.load({"user:1": {"name": "ada"}})
            assert not cache_calls
            assert cache_provider.get("user:1") == {"name": "ada"}
            assert cache_server.dump() == {"user:1": {"name": "ada"}}
    """).assert_outcomes(passed=1)
