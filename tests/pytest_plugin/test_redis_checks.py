"""Each check of the kit turns a test of code that holds a client of redis-py red."""

import pytest

from tests.pytest_plugin.conftest import Run

HEAD = """
    import asyncio

    import pytest
    from redis.exceptions import RedisError

    from cache_provider.testing import sweep


    def hit(client):
        if client.incr("hits") == 1:
            client.expire("hits", 60)


    def take(client):
        seen = int(client.get("stock") or 0)
        client.set("stock", seen + 1, ex=60)


    async def take_later(client):
        seen = int(await client.get("stock") or 0)
        await client.set("stock", seen + 1, ex=60)


    def ends(client):
        assert client.ttl("hits") != -1, "counts for ever"
"""

RED = {
    "a race of threads": (
        """
    def test_it(cache_race):
        def scenario(r):
            client = r.redis(decode_responses=True)
            r.spawn(take, client)
            r.spawn(take, client)
            r.join()
            assert client.get("stock") == "2"

        cache_race(scenario)
    """,
        "Found in schedule 4, with the fewest interruptions: once.",
    ),
    "a race of coroutines": (
        """
    def test_it(cache_race):
        async def scenario(r):
            client = r.async_redis(decode_responses=True)
            r.spawn(take_later, client)
            r.spawn(take_later, client)
            await r.join()
            assert await client.get("stock") == "2"

        cache_race(scenario)
    """,
        "Found in schedule 4, with the fewest interruptions: once.",
    ),
    "a sweep": (
        """
    def test_it():
        sweep(hit, check=ends, client=True, allow=(RedisError,))
    """,
        "counts for ever",
    ),
    "a call that was not made": (
        """
    def test_it(cache_redis, cache_calls):
        cache_redis.get("n")
        cache_calls.assert_called("SET", "n")
    """,
        "GET",
    ),
    "a command that was refused": (
        """
    def test_it(cache_redis, cache_faults):
        cache_faults.reply("INCRBY", "OOM command not allowed when used memory > 'maxmemory'.")
        hit(cache_redis)
    """,
        "OutOfMemoryError: command not allowed when used memory",
    ),
    "a reply that was lost": (
        """
    def test_it(cache_redis, cache_faults):
        cache_faults.disconnect("INCRBY", after=True)
        hit(cache_redis)
    """,
        "ConnectionError: Connection closed by server.",
    ),
    "a restart": (
        """
    def test_it(cache_redis, cache_faults):
        hit(cache_redis)
        cache_faults.restart(keep_data=False)
        assert cache_redis.get("hits") == b"1"
    """,
        "assert None == b'1'",
    ),
    "a failover": (
        """
    def test_it(cache_redis, cache_faults):
        hit(cache_redis)
        cache_faults.failover(lose_last=1)
        ends(cache_redis)
    """,
        "counts for ever",
    ),
    "a slow server": (
        """
    @pytest.mark.cache_provider(leaks="off")
    def test_it(cache_server, cache_faults):
        cache_faults.latency(2, "INCRBY")
        hit(cache_server.redis(socket_timeout=1))
    """,
        "TimeoutError",
    ),
    "a full pool": (
        """
    def test_it(cache_redis, cache_faults):
        cache_faults.full_pool()
        hit(cache_redis)
    """,
        "Too many connections",
    ),
    "time that passes": (
        """
    def test_it(cache_redis, cache_clock):
        hit(cache_redis)
        cache_clock.advance(61)
        assert cache_redis.get("hits") == b"1"
    """,
        "assert None == b'1'",
    ),
}


@pytest.mark.parametrize(("body", "said"), RED.values(), ids=RED)
def test_a_check_of_a_client_turns_a_test_red(run: Run, body: str, said: str) -> None:
    result = run(HEAD + body)
    result.assert_outcomes(failed=1)
    assert said in result.stdout.str()
