"""Where the threads of a search run."""

import os
import sys

import pytest

from cache_provider.testing.race import Race, explore

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux binds a thread to a processor")


def test_all_tasks_share_one_processor() -> None:
    """One runs at a time: another processor would have to be woken for each step."""
    used: list[frozenset[int]] = []

    def scenario(r: Race) -> None:
        def work() -> None:
            r.cache.incr("n")
            used.append(frozenset(os.sched_getaffinity(0)))

        r.spawn(work)
        r.spawn(work)
        r.join()

    explore(scenario)
    assert (len(set(used)), {len(processors) for processors in used}) == (1, {1})


def test_the_calling_thread_keeps_its_processors() -> None:
    """What the rest of the test run has to its use is not less afterwards."""
    before = os.sched_getaffinity(0)
    explore(lambda r: r.spawn(r.cache.incr, "n"))
    assert os.sched_getaffinity(0) == before
