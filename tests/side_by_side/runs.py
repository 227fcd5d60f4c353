"""Runs of the machine."""

from collections import Counter
from typing import Any, cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from cache_provider import InMemoryCacheAdapter
from tests.side_by_side.machine import Machine, SideBySide
from tests.side_by_side.pair import Pair
from tests.side_by_side.sides import DoubleSide, RealSide

STEPS = 50
"""The most steps that one run takes, on a pair of servers of its own."""


def compare(client: Any, examples: int, *, derandomize: bool) -> Counter[str]:
    """Run the machine on a real server and the double; return how often each operation was done.

    Raises:
        DivergenceError: They did not do the same. Hypothesis shows the shortest way to it that it found.
    """
    return _run(
        client, InMemoryCacheAdapter, _settings(examples, [Phase.generate, Phase.shrink], derandomize)
    )


def expose(client: Any, examples: int, liar: type[InMemoryCacheAdapter]) -> None:
    """Run the machine as in `compare`, with another double, until it differs.

    Raises:
        DivergenceError: It was found out.
    """
    _run(client, liar, _settings(examples, [Phase.generate], derandomize=True))


def _run(client: Any, adapter: type[InMemoryCacheAdapter], how: settings) -> Counter[str]:
    tally: Counter[str] = Counter()

    def machine() -> SideBySide:
        real = RealSide(client)
        return Machine(Pair(DoubleSide(real.start, adapter), real, tally))

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
