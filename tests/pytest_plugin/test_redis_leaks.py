"""What a test's clients of redis-py leave behind, shown by real runs."""

import pytest

from tests.pytest_plugin.conftest import Run


def told(run: Run, body: str, *, marker: str = "", fixtures: str = "cache_redis") -> str:
    """Return what a run of one test prints."""
    lines = "\n".join(f"            {line}" for line in body.strip().splitlines())
    return run(f"""
        import pytest
        import threading

        kept = []

        {marker}
        def test_it({fixtures}):
{lines}
    """).stdout.str()


@pytest.mark.parametrize(
    "body",
    [
        "cache_redis.set('k', 1)",
        "cache_redis.incr('k')",
        "cache_redis.hset('k', 'field', 1)",
        "cache_redis.rpush('k', 1)",
        "cache_redis.pipeline().set('k', 1).execute()",
        "cache_redis.pipeline(transaction=False).set('k', 1).execute()",
        "cache_redis.set('other', 1, ex=5); cache_redis.persist('other'); cache_redis.rename('other', 'k')",
    ],
)
def test_a_key_without_a_ttl_is_a_warning(run: Run, body: str) -> None:
    """Whatever command made it."""
    assert "CacheLeakWarning: key 'k' was written without a ttl" in told(run, body)


def test_the_line_is_shown_that_wrote_it(run: Run) -> None:
    """Behind the frames of redis-py."""
    assert "in test_it: cache_redis.set('k', 1)" in told(run, "cache_redis.set('k', 1)")


@pytest.mark.parametrize(
    "body",
    [
        "cache_redis.set('k', 1, ex=5)",
        "cache_redis.set('k', 1); cache_redis.expire('k', 5)",
        "cache_redis.set('k', 1); cache_redis.delete('k')",
        "cache_redis.set('k', 1, ex=5); cache_redis.persist('k')",
        "cache_redis.set('k', 1, ex=5); cache_redis.getex('k', persist=True)",
        "cache_redis.set('k', 1); cache_redis.flushdb()",
        "cache_redis.set('k', 1, ex=5); cache_redis.set('k', 2, keepttl=True)",
        "cache_redis.set('k', 1, ex=5); cache_redis.incr('k')",
    ],
)
def test_a_key_that_expires_or_goes_is_none(run: Run, body: str) -> None:
    """Nor one that somebody made stay."""
    assert "CacheLeakWarning" not in told(run, body)


@pytest.mark.parametrize("write", ["set('k', 2)", "getset('k', 2)", "mset({'k': 2})"])
def test_a_ttl_that_a_later_write_dropped_is_a_warning(run: Run, write: str) -> None:
    """The classic of SET."""
    printed = told(run, f"cache_redis.set('k', 1, ex=5); cache_redis.{write}")
    assert "key 'k' lost its ttl by a write without one" in printed


def test_keys_may_be_allowed_to_stay(run: Run) -> None:
    """By the marker's pattern."""
    marker = "@pytest.mark.cache_provider(allow_keys=['k*'])"
    assert "CacheLeakWarning" not in told(run, "cache_redis.set('k', 1)", marker=marker)


def test_what_was_loaded_is_no_leak(run: Run) -> None:
    """The test put it there."""
    body = "cache_server.load({'k': 1}); cache_redis.incr('test:k')"
    assert "CacheLeakWarning" not in told(run, body, fixtures="cache_server, cache_redis")


def test_a_held_lock_of_redis_py_is_an_error(run: Run) -> None:
    """Others would wait for the end of its lease."""
    printed = told(run, "cache_redis.lock('job', timeout=10).acquire()")
    assert "lock 'job' of redis-py is still held; acquired" in printed


def test_a_lock_that_was_released_is_none(run: Run) -> None:
    """As it should be."""
    assert "job" not in told(run, "with cache_redis.lock('job', timeout=10): pass")


def test_a_lock_that_outlived_its_lease_is_an_error(run: Run) -> None:
    """The release said so; the application did not listen."""
    printed = told(
        run,
        """
lock = cache_redis.lock('job', timeout=10)
lock.acquire()
cache_clock.advance(12)
try:
    lock.release()
except Exception:
    pass
""",
        fixtures="cache_redis, cache_clock",
    )
    assert "lock 'job' outlived its lease, which was over 2 s earlier; acquired 12 s ago" in printed


def test_a_lock_that_was_extended_has_outlived_nothing(run: Run) -> None:
    """Its lease is the longer one."""
    body = """
lock = cache_redis.lock('job', timeout=10)
lock.acquire()
lock.extend(10)
cache_clock.advance(12)
"""
    assert "lock 'job' of redis-py is still held" in told(run, body, fixtures="cache_redis, cache_clock")


def test_a_lock_may_be_allowed_to_stay(run: Run) -> None:
    """By the marker's pattern."""
    marker = "@pytest.mark.cache_provider(allow_locks=['job'])"
    assert "still held" not in told(run, "cache_redis.lock('job', timeout=10).acquire()", marker=marker)


AT_A_SOCKET = """
from redis import Redis
client = Redis.from_url(cache_redis_url)
kept.append(client)
lock = client.lock('job', timeout=10)
lock.acquire()
"""


def test_a_held_lock_of_a_client_at_a_socket_is_an_error(run: Run) -> None:
    """It is told by its token."""
    printed = told(run, AT_A_SOCKET, fixtures="cache_redis_url")
    assert "lock 'job' of redis-py is still held; acquired" in printed


def test_a_lock_that_a_client_at_a_socket_released_is_none(run: Run) -> None:
    assert "job" not in told(run, AT_A_SOCKET + "lock.release()", fixtures="cache_redis_url")


def test_a_lock_at_a_socket_that_outlived_its_lease_is_an_error(run: Run) -> None:
    body = """
cache_clock.advance(12)
try:
    lock.release()
except Exception:
    pass
"""
    printed = told(run, AT_A_SOCKET + body, fixtures="cache_redis_url, cache_clock")
    assert "lock 'job' outlived its lease, which was over 2 s earlier; acquired 12 s ago" in printed


def test_a_lock_at_a_socket_that_was_extended_has_outlived_nothing(run: Run) -> None:
    body = "lock.extend(10); cache_clock.advance(12)"
    printed = told(run, AT_A_SOCKET + body, fixtures="cache_redis_url, cache_clock")
    assert "lock 'job' of redis-py is still held" in printed


def test_a_key_of_a_client_at_a_socket_that_only_looks_like_a_lock_is_none(run: Run) -> None:
    body = AT_A_SOCKET + "lock.release(); client.set('once', 'request-7', nx=True, px=10_000)"
    assert "once" not in told(run, body, fixtures="cache_redis_url").partition("short test summary")[2]


def test_a_lock_of_a_coroutine_counts_too(run: Run) -> None:
    """The same steps, awaited."""
    body = """
import asyncio
async def main():
    await async_cache_redis.lock('job', timeout=10).acquire()
asyncio.run(main())
"""
    assert "lock 'job' of redis-py is still held" in told(run, body, fixtures="async_cache_redis")


def test_a_subscription_that_is_left_open_is_a_warning(run: Run) -> None:
    """Its connection listens for ever."""
    printed = told(run, "kept.append(cache_redis.pubsub()); kept[0].subscribe('news')")
    assert "a client still listens to 'news' since" in printed


def test_a_subscription_that_was_closed_is_none(run: Run) -> None:
    """As it should be."""
    body = "with cache_redis.pubsub() as kept_open: kept_open.subscribe('news')"
    assert "CacheLeakWarning" not in told(run, body)


def test_a_client_that_is_still_blocked_is_a_warning(run: Run) -> None:
    """In a thread that outlives its test."""
    body = """
import redis
def wait():
    with pytest.raises(redis.ConnectionError):
        cache_redis.blpop('queue')
threading.Thread(target=wait, daemon=True).start()
while not any(client['flags'] == 'b' for client in cache_redis.client_list()):
    pass
"""
    assert "a client still waits for 'queue' since" in told(run, body)


def test_a_connection_that_was_not_given_back_is_a_warning(run: Run) -> None:
    """A pool has an end."""
    body = "kept.append(cache_redis.pipeline()); kept[0].watch('k')"
    printed = told(run, body)
    assert "a connection was not given back to its pool; it was used last" in printed


def test_a_pool_of_ones_own_counts_too(run: Run) -> None:
    """On the same server."""
    body = """
import redis
client = redis.Redis(connection_pool=cache_server.connection_pool())
kept.append(client.pipeline()); kept[0].watch('k')
kept.append(client)
"""
    assert "not given back to its pool" in told(run, body, fixtures="cache_server")


@pytest.mark.parametrize(
    ("leaks", "outcome"), [("error", "1 error"), ("warn", "1 warning"), ("off", "1 passed in")]
)
def test_the_option_says_what_a_leak_leads_to(run: Run, leaks: str, outcome: str) -> None:
    """As for providers."""
    marker = f"@pytest.mark.cache_provider(leaks='{leaks}')"
    assert outcome in told(run, "cache_redis.set('k', 1)", marker=marker)
