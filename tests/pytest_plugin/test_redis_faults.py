"""What a test with a client says about calls and faults, shown by real runs."""

from tests.pytest_plugin.conftest import Run


def test_calls_of_a_client_are_recorded(run: Run) -> None:
    """What was asked is listed where an assertion fails."""
    result = run("""
        def test_it(cache_redis, cache_calls):
            cache_redis.set("user:1", "ada", ex=60)
            cache_calls.assert_called("GET", key="user:*")
    """)
    result.stdout.fnmatch_lines(
        [
            "E*AssertionError: expected GET 'user:?' to be called, it was never called",
            "E*1.  +0.000 s  SET 'user:1'  -> 'OK'  *.py:2",
        ]
    )


def test_a_fault_reaches_a_client(run: Run) -> None:
    """By its own error."""
    run("""
        import pytest
        import redis

        def test_it(cache_redis, cache_faults):
            cache_faults.reply("SET", "BUSY come back later")
            with pytest.raises(redis.ResponseError):
                cache_redis.set("k", 1)
    """).assert_outcomes(passed=1)


def test_a_fault_that_never_struck_fails_the_test(run: Run) -> None:
    """It tested nothing."""
    result = run("""
        def test_it(cache_redis, cache_faults):
            cache_faults.disconnect("SET")
            cache_redis.get("k")
    """)
    result.stdout.re_match_lines(
        [r"armed, but it never struck:", r"  disconnect\('SET'\), armed at test_\w+\.py:2 never fired"]
    )


def test_a_restart_loses_what_the_test_wrote(run: Run) -> None:
    """By the fixture as well, and of the provider too."""
    run("""
        def test_it(cache_redis, cache_provider, cache_faults):
            cache_provider.set("k", 1, ttl=60)
            cache_faults.restart(keep_data=False)
            assert cache_redis.dbsize() == 0
    """).assert_outcomes(passed=1)


def test_a_client_of_a_url_meets_faults_too(run: Run) -> None:
    """At its socket."""
    run("""
        import pytest
        import redis

        def test_it(cache_redis_url, cache_faults):
            cache_faults.disconnect("SET")
            with redis.Redis.from_url(cache_redis_url, retry=None) as client:
                with pytest.raises(redis.ConnectionError):
                    client.set("k", 1)
    """).assert_outcomes(passed=1)
