"""Runs of the machine."""

from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import redis.asyncio
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from cache_provider import (
    AsyncInMemoryCacheAdapter,
    AsyncRedisCacheAdapter,
    InMemoryCacheAdapter,
    RedisCacheAdapter,
)
from cache_provider.testing.blocking import BlockingCache, LoopThread
from tests.side_by_side.machine import Machine, SideBySide
from tests.side_by_side.pair import Pair
from tests.side_by_side.sides import Cache, DoubleSide, RealSide

STEPS = 50
"""The most steps that one run takes, on a pair of servers of its own."""


def compare(client: Any, examples: int, *, derandomize: bool) -> Counter[str]:
    """Run the machine on a real server and the double; return how often each operation was done.

    Raises:
        DivergenceError: They did not do the same. Hypothesis shows the shortest way to it that it found.
    """
    how = _settings(examples, [Phase.generate, Phase.shrink], derandomize)
    return _run(client, InMemoryCacheAdapter, RedisCacheAdapter, how)


def compare_coroutines(client: Any, examples: int, *, derandomize: bool) -> Counter[str]:
    """Run the machine as in `compare`, with the asynchronous adapters of both."""
    how = _settings(examples, [Phase.generate, Phase.shrink], derandomize)
    with LoopThread() as loop:
        shared = loop.run(_connected(client))

        def double(*arguments: Any, **options: Any) -> Cache:
            return BlockingCache(AsyncInMemoryCacheAdapter(*arguments, **options), loop)

        def real(**options: Any) -> Cache:
            return BlockingCache(AsyncRedisCacheAdapter(**{**options, "client": shared}), loop)

        try:
            return _run(client, double, real, how)
        finally:
            loop.run(shared.aclose())


def expose(client: Any, examples: int, liar: type[InMemoryCacheAdapter]) -> None:
    """Run the machine as in `compare`, with another double, until it differs.

    Raises:
        DivergenceError: It was found out.
    """
    _run(client, liar, RedisCacheAdapter, _settings(examples, [Phase.generate], derandomize=True))


async def _connected(client: Any) -> Any:
    """Return a client of `redis.asyncio` for the same server."""
    asynchronous: Any = redis.asyncio.Redis
    return asynchronous(unix_socket_path=client.connection_pool.connection_kwargs["path"])


def _run(
    client: Any, double: Callable[..., Cache], real: Callable[..., Cache], how: settings
) -> Counter[str]:
    tally: Counter[str] = Counter()

    def machine() -> SideBySide:
        server = RealSide(client, real)
        return Machine(Pair(DoubleSide(server.start, double), server, tally))

    # Whatever can be called will do, whatever the annotation says.
    run_state_machine_as_test(cast("type[RuleBasedStateMachine]", machine), settings=how)
    return tally


def _settings(examples: int, phases: list[Phase], derandomize: bool) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        phases=phases,
        derandomize=derandomize,
        database=None,
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        # How long a starved machine takes is no failure.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
