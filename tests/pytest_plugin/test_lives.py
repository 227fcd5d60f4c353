"""Caches that live longer than a test, or less long; and tests that are no functions."""

from collections.abc import Callable

import pytest

from cache_provider.testing.servers import ServerProcess
from tests.pytest_plugin.conftest import Run

MODULE_SCOPED = """
    import pytest

    @pytest.fixture(scope="module")
    def catalogue(cache_provider_factory):
        with cache_provider_factory(default_ttl=600) as make:
            cache = make()
            cache.mset({"tea": 3, "milk": 1})
            yield cache

    def test_first(catalogue):
        assert catalogue.incr("tea") == 4

    def test_second(catalogue, cache_provider):
        assert (catalogue.get("tea"), cache_provider.get("tea")) == (4, None)
"""

GIVEN = """
    from hypothesis import given, strategies as st

    @given(st.integers(0, 100))
    def test_it(cache_provider_factory, number):
        with cache_provider_factory() as make:
            assert make().setnx("k", number, ttl=60)
"""

TEST_CASE = """
    import unittest
    import pytest

    class TestShop(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _give_cache(self, cache_provider):
            self.cache = cache_provider

        def test_first(self):
            self.assertTrue(self.cache.setnx("k", 1, ttl=60))

        def test_second(self):
            self.assertTrue(self.cache.setnx("k", 2, ttl=60))
"""

RECIPES = [
    pytest.param(MODULE_SCOPED, 2, id="module"),
    pytest.param(GIVEN, 1, id="hypothesis"),
    pytest.param(TEST_CASE, 2, id="unittest"),
]


@pytest.mark.parametrize(("module", "passed"), RECIPES)
def test_a_recipe_works_on_the_double(run: Run, module: str, passed: int) -> None:
    """With every leak an error."""
    run(module, "-o", "cache_provider_leaks=error").assert_outcomes(passed=passed)


@pytest.mark.parametrize(("module", "passed"), RECIPES)
def test_a_recipe_works_on_a_server_and_leaves_nothing(
    run: Run, server: ServerProcess, what_is_left: Callable[[], list[str]], module: str, passed: int
) -> None:
    """As the fixtures of one test do."""
    run(module, "--cache-provider-url", server.url).assert_outcomes(passed=passed)
    assert what_is_left() == []


def test_a_test_case_that_fails_is_not_judged_for_leaks(run: Run) -> None:
    """`unittest` keeps its failures to itself until the report."""
    module = TEST_CASE.replace(
        'self.assertTrue(self.cache.setnx("k", 1, ttl=60))', 'self.cache.get_lock("l").acquire(); self.fail()'
    )
    run(module).assert_outcomes(passed=1, failed=1)


def test_a_test_case_that_leaks_is_told(run: Run) -> None:
    """As any test."""
    module = TEST_CASE.replace(
        'self.assertTrue(self.cache.setnx("k", 1, ttl=60))', 'self.cache.get_lock("l").acquire()'
    )
    run(module).assert_outcomes(passed=2, errors=1)


def test_a_store_of_a_clock_of_its_own(run: Run) -> None:
    """On the double."""
    run("""
        from cache_provider import ManualClock

        def test_it(cache_provider_factory):
            clock = ManualClock()
            with cache_provider_factory(clock=clock) as make:
                cache = make()
                cache.set("k", 1, ttl=60)
                clock.advance(60)
                assert cache.get("k") is None
    """).assert_outcomes(passed=1)


def test_another_loop_than_asyncios_is_refused_with_a_sentence(run_apart: Run) -> None:
    """It would fail somewhere inside, and not say why."""
    result = run_apart(
        """
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "trio", {}

        @pytest.fixture
        def elsewhere(anyio_backend, async_cache_provider):
            pass

        def test_it(elsewhere):
            pass
    """,
        "-p",
        "no:asyncio",
        "-p",
        "no:anyio",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["async_cache_provider needs asyncio, and anyio runs this test on trio. *"])
