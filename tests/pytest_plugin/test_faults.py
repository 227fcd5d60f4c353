"""Faults in a test of a user's."""

from tests.pytest_plugin.conftest import Run


def test_a_fault_strikes_the_tests_caches(run: Run) -> None:
    """All of them."""
    run("""
        import asyncio
        import pytest
        from cache_provider import CacheUnavailableError

        def test_it(cache_provider, async_cache_provider, make_cache_provider, cache_faults):
            with cache_faults.outage():
                for cache in (cache_provider, make_cache_provider("other:")):
                    with pytest.raises(CacheUnavailableError):
                        cache.get("k")
                with pytest.raises(CacheUnavailableError):
                    asyncio.run(async_cache_provider.get("k"))
    """).assert_outcomes(passed=1)


def test_a_fault_that_never_struck_fails_the_test_and_says_which(run: Run) -> None:
    """The test believes to have seen what never happened."""
    result = run("""
        def test_it(cache_provider, cache_faults):
            cache_faults.fail("set", key="user:*")
            cache_provider.get("user:1")
    """)
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [
            r"_+ test_it _+",
            r"armed, but it never struck:",
            r"  fail\(operation='set', key='user:\*'\), armed at .*\.py:2 never fired",
            r"=+ short test summary info =+",
        ],
        consecutive=True,
    )


def test_a_test_that_fails_hears_of_its_own_failure_only(run: Run) -> None:
    """The fault had no chance to strike."""
    result = run("""
        def test_it(cache_provider, cache_faults):
            cache_faults.fail("set")
            assert False
    """)
    result.stdout.no_fnmatch_line("armed, but it never struck:")


def test_a_late_operation_moves_the_tests_clock(run: Run) -> None:
    """No real time passes."""
    run("""
        from datetime import timedelta

        def test_it(cache_provider, cache_faults, cache_clock, cache_calls):
            with cache_faults.latency(3600):
                cache_provider.get("k")
            assert cache_calls[0].duration == timedelta(hours=1)
    """).assert_outcomes(passed=1)


def test_the_record_shows_what_the_application_saw(run: Run) -> None:
    """A reply that was lost is an error there, though the write took place."""
    run("""
        import pytest
        from cache_provider import CacheTimeoutError

        def test_it(cache_provider, cache_faults, cache_calls):
            cache_faults.fail("set", after=True, error=CacheTimeoutError)
            with pytest.raises(CacheTimeoutError):
                cache_provider.set("k", "v", ttl=60)
            assert isinstance(cache_calls[0].error, CacheTimeoutError)
            assert cache_provider.get("k") == "v"
    """).assert_outcomes(passed=1)


UNHEARD = """
        import pytest
        from cache_provider import CacheTimeoutError

        def test_it(cache_provider, cache_faults):
            cache_faults.fail("lock.acquire", after=True, error=CacheTimeoutError)
            lock = cache_provider.get_lock("stock")
            with pytest.raises(CacheTimeoutError):
                lock.acquire()
"""


def test_a_lock_that_a_lost_reply_left_held_is_a_leak(run: Run) -> None:
    """The handle knows what it sent, so its holder could have given it back."""
    run(UNHEARD).assert_outcomes(passed=1, errors=1)


def test_a_lock_that_was_given_back_after_a_lost_reply_is_none(run: Run) -> None:
    """As code does that means to survive such a reply."""
    run(f"{UNHEARD}            lock.release()").assert_outcomes(passed=1)


def test_a_key_that_a_lost_reply_left_behind_is_a_leak(run: Run) -> None:
    """The watch sees what reached the store."""
    result = run("""
        import pytest
        from cache_provider import CacheTimeoutError

        def test_it(cache_provider, cache_faults):
            cache_faults.fail("set", after=True, error=CacheTimeoutError)
            with pytest.raises(CacheTimeoutError):
                cache_provider.set("k", "v")
    """)
    result.stdout.fnmatch_lines(["*CacheLeakWarning: key 'k' was written without a ttl *"])
