"""Coroutines that a plugin runs, and those that the test runs itself; on the double and on a server."""

import pytest

from cache_provider.testing.servers import ServerProcess
from tests.pytest_plugin.conftest import Run

BY_ITSELF = """
    import asyncio

    def test_it(async_cache_provider, cache_calls):
        async def scenario():
            async with async_cache_provider.get_lock("l"):
                await async_cache_provider.set("k", "v", ttl=60)
                return await async_cache_provider.get("k")

        assert [asyncio.run(scenario()), asyncio.run(scenario())] == ["v", "v"]
        assert cache_calls.counts["get"] == 2
"""

BY_PYTEST_ASYNCIO = """
    import asyncio
    import pytest
    import pytest_asyncio

    @pytest_asyncio.fixture
    async def greeted(async_cache_provider):
        await async_cache_provider.set("k", "v", ttl=60)
        yield async_cache_provider
        assert await async_cache_provider.delete("k")

    @pytest.mark.asyncio
    @pytest.mark.parametrize("number", [1, 2])
    async def test_it(greeted, cache_provider, number):
        assert await greeted.get("k") == cache_provider.get("k") == "v"

    @pytest.mark.asyncio(loop_scope="module")
    @pytest.mark.parametrize("number", [1, 2])
    async def test_on_a_loop_of_the_module(async_cache_provider, number):
        assert await async_cache_provider.setnx("k", number, ttl=60)
"""

BY_ANYIO = """
    import pytest

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    @pytest.fixture
    async def greeted(async_cache_provider):
        await async_cache_provider.set("k", "v", ttl=60)
        yield async_cache_provider
        assert await async_cache_provider.delete("k")

    @pytest.mark.anyio
    @pytest.mark.parametrize("number", [1, 2])
    async def test_it(greeted, cache_provider, number):
        assert await greeted.get("k") == cache_provider.get("k") == "v"
"""

RUNNERS = [
    pytest.param(BY_ITSELF, ("-p", "no:asyncio"), 1, id="itself"),
    pytest.param(
        BY_PYTEST_ASYNCIO,
        ("-p", "no:anyio", "-o", "asyncio_default_fixture_loop_scope=function"),
        4,
        id="pytest-asyncio",
    ),
    pytest.param(BY_ANYIO, ("-p", "no:asyncio"), 2, id="anyio"),
]


@pytest.mark.parametrize(("module", "arguments", "passed"), RUNNERS)
def test_coroutines_run_on_the_double(
    run_apart: Run, module: str, arguments: tuple[str, ...], passed: int
) -> None:
    """With every warning an error."""
    run_apart(module, *arguments, "-W", "error").assert_outcomes(passed=passed)


@pytest.mark.parametrize(("module", "arguments", "passed"), RUNNERS)
def test_coroutines_run_on_a_server_and_leave_no_connection_open(
    run_apart: Run, server: ServerProcess, module: str, arguments: tuple[str, ...], passed: int
) -> None:
    """A connection that is not closed is a warning, and here an error."""
    result = run_apart(module, *arguments, "-W", "error", "--cache-provider-url", server.url)
    result.assert_outcomes(passed=passed)


def test_a_connection_that_is_left_open_would_be_seen(run_apart: Run, server: ServerProcess) -> None:
    """The test above can fail."""
    result = run_apart(
        f"""
        import asyncio
        import gc
        from cache_provider.aio.redis import AsyncRedisCacheAdapter

        def test_it():
            # Not `asyncio.run`: that ends what was begun in the loop, connections too.
            loop = asyncio.new_event_loop()
            loop.run_until_complete(AsyncRedisCacheAdapter("{server.url}").get("k"))
            loop.close()
            gc.collect()
    """,
        "-p",
        "no:asyncio",
        "-W",
        "error",
    )
    assert "unclosed" in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize("plugin", ["asyncio", "anyio"])
def test_it_works_beside_a_plugin_for_coroutines(run_apart: Run, plugin: str) -> None:
    """Whether or not the other one is there too."""
    module = "def test_it(cache_provider, async_cache_provider): assert cache_provider.ping()"
    run_apart(module, "-p", f"no:{plugin}").assert_outcomes(passed=1)
