"""What a test that fails shows of the kit itself: nothing."""

import pytest

from tests.pytest_plugin.conftest import Run

FAILING = {
    "the double": """
        def test_it(cache_provider):
            cache_provider.set("k", {1, 2}, ttl=60)
    """,
    "a fault": """
        def test_it(cache_provider, cache_faults):
            with cache_faults.outage():
                cache_provider.mget(["k"])
    """,
    "coroutines": """
        import asyncio

        def test_it(async_cache_provider):
            asyncio.run(async_cache_provider.set("k", {1, 2}, ttl=60))
    """,
    "a cause": """
        def test_it(cache_provider):
            try:
                cache_provider.set("k", {1, 2}, ttl=60)
            except TypeError as error:
                raise ValueError from error
    """,
}


@pytest.mark.parametrize("module", FAILING.values(), ids=FAILING)
def test_a_failure_shows_no_line_of_the_package(run: Run, module: str) -> None:
    """It is the user's line that one looks for."""
    result = run(module)
    result.assert_outcomes(failed=1)
    result.stdout.no_re_match_line(r"\S*/cache_provider/\S+\.py:\d+")


def test_the_full_trace_shows_all(run: Run) -> None:
    """By pytest's own option."""
    run(FAILING["the double"], "--full-trace").stdout.re_match_lines(
        [r".*/testing/seam/synchronous\.py:\d+.*"]
    )


def test_the_table_of_a_race_comes_last_and_its_cause_is_short(run: Run) -> None:
    """A screen of threads and hand-offs before it would push it away."""
    result = run("""
        def bump(cache):
            value = cache.get("n") or 0
            assert cache.setnx("n", value + 1, ttl=60)

        def test_it(cache_race):
            def scenario(r):
                r.spawn(bump, r.cache, name="A")
                r.spawn(bump, r.cache, name="B")
                r.join()

            cache_race(scenario)
    """)
    result.stdout.no_re_match_line(r"\S*/cache_provider/\S+\.py:\d+")
    result.stdout.re_match_lines(
        [
            r"E +--cache-provider-replay=.*",
            r"",
            r"test_\w+\.py:11: Failure",
            r"=+ short test summary info =+",
        ],
        consecutive=True,
    )
