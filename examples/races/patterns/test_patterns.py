"""Each pattern is broken by just the schedule that the page shows, and its mended version by none."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Race, explore
from examples.races.findings import Scenario, found

PAGE: Final = Path(__file__).with_name("README.md").read_text(encoding="utf-8")

LIMIT: Final = 1
"""How many calls a throttle lets through, and how many a semaphore lets in."""


# A throttle that reads and writes a list of the times of calls


def throttled(cache: CacheProviderInterface) -> bool:
    calls = cache.get("calls", [])
    if len(calls) >= LIMIT:
        return False
    cache.set("calls", [*calls, "now"])
    return True


def throttled_by_a_push(cache: CacheProviderInterface) -> bool:
    return cache.push_limit("calls", "now", max_len=LIMIT) <= LIMIT


# A nonce that is good once


def accepted(cache: CacheProviderInterface) -> bool:
    if cache.get("nonce:7"):
        return False
    cache.set("nonce:7", 1, ttl=60)
    return True


def accepted_by_claim(cache: CacheProviderInterface) -> bool:
    return cache.setnx("nonce:7", 1, ttl=60)


# A semaphore by incr: a caller who is too many steps back


def entered(cache: CacheProviderInterface) -> bool:
    if cache.get("inside", 0) >= LIMIT:
        return False
    cache.incr("inside")
    return True


def entered_by_count(cache: CacheProviderInterface) -> bool:
    if cache.incr("inside") <= LIMIT:
        return True
    cache.decr("inside")
    return False


def once(act: Callable[[CacheProviderInterface], bool]) -> Scenario:
    """Let two do what one may."""

    def scenario(r: Race) -> None:
        tasks = [r.spawn(act, r.cache) for _ in range(2)]
        r.join()
        assert [task.result for task in tasks].count(True) <= 1

    return scenario


# A response that is cached before it is done, and a reader that dies on the marker of one


def respond(cache: CacheProviderInterface) -> None:
    response = {"status": 200}
    cache.set("response", response)
    cache.set("response", {**response, "body": "done"})


def respond_when_done(cache: CacheProviderInterface) -> None:
    cache.set("response", {"status": 200, "body": "done"})


def served(respond: Callable[[CacheProviderInterface], None]) -> Scenario:
    """Let one compute a response, and another serve what is there."""

    def scenario(r: Race) -> None:
        def serve() -> None:
            response = r.cache.get("response")
            assert response is None or response["body"] == "done"

        r.spawn(respond, r.cache)
        r.spawn(serve)

    return scenario


def compute_behind_a_marker(cache: CacheProviderInterface) -> None:
    if cache.setnx("report", "computing"):
        cache.set("report", {"total": 5})


def compute_behind_a_lock(cache: CacheProviderInterface) -> None:
    with cache.get_lock("report-lock"):
        if cache.get("report") is None:
            cache.set("report", {"total": 5})


def totalled(compute: Callable[[CacheProviderInterface], None]) -> Scenario:
    """Let one compute a report, and another read its total."""

    def scenario(r: Race) -> None:
        def total() -> None:
            report = r.cache.get("report")
            assert report is None or report["total"] == 5

        r.spawn(compute, r.cache)
        r.spawn(total)

    return scenario


class Pattern(NamedTuple):
    """A pattern, the schedule that breaks it, and what does better."""

    broken: Scenario
    steps: tuple[str, ...]
    mended: Scenario


PATTERNS: Final = {
    "throttle": Pattern(
        once(throttled),
        ("A get calls", "B get calls", "B set calls", "A set calls"),
        once(throttled_by_a_push),
    ),
    "nonce": Pattern(
        once(accepted),
        ("A get nonce:7", "B get nonce:7", "B set nonce:7", "A set nonce:7"),
        once(accepted_by_claim),
    ),
    "semaphore": Pattern(
        once(entered),
        ("A get inside", "B get inside", "B incr inside", "A incr inside"),
        once(entered_by_count),
    ),
    "response": Pattern(served(respond), ("A set response", "B get response"), served(respond_when_done)),
    "marker": Pattern(
        totalled(compute_behind_a_marker), ("A setnx report", "B get report"), totalled(compute_behind_a_lock)
    ),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_broken_by_the_schedule_that_is_shown(name: str) -> None:
    """With one interruption each."""
    broken = found(explore(PATTERNS[name].broken))
    assert broken is not None
    assert (broken.interruptions, broken.steps) == (1, PATTERNS[name].steps)


@pytest.mark.parametrize("name", PATTERNS)
def test_the_page_shows_the_schedule(name: str) -> None:
    """Step by step."""
    assert f"| {', '.join(PATTERNS[name].steps)} |" in PAGE


@pytest.mark.parametrize("name", PATTERNS)
def test_what_does_better_passes_every_schedule(name: str) -> None:
    """There is none that breaks it."""
    assert explore(PATTERNS[name].mended, preemptions=None).exhausted
