"""Clients of a lock that are killed between every two of their commands: nobody else is held up for long."""

import multiprocessing
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import NamedTuple

import pytest

from cache_provider import RedisCacheAdapter
from cache_provider.redis import turns
from cache_provider.testing.servers import MovableServer, ServerBinary, can_move_time, find_servers
from tests.stress import victims
from tests.threads import PATIENCE, Task, until

START = datetime(2030, 1, 1, tzinfo=UTC)
AN_HOUR = 3600
A_TURN = turns.TURN_MS / 1000

SERVERS = find_servers()


@pytest.fixture(scope="module", params=SERVERS, ids=lambda binary: binary.name)
def server(request: pytest.FixtureRequest) -> Iterator[MovableServer]:
    """Return each server of this machine, its time standing still."""
    binary: ServerBinary = request.param
    if not (capability := can_move_time(binary)):
        pytest.skip(capability.missing)
    with MovableServer(binary, frozen_at=START) as running:
        yield running


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Return what makes processes that have imported all they need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([victims.__name__])
    return context


def blocked(server: MovableServer) -> int:
    """Return how many clients are blocked."""
    return int(server.info("clients")["blocked_clients"])


def has_ended(task: Task[bool]) -> bool:
    """Tell whether a waiter has the lock, or has it soon in real time."""
    look_again = threading.Event()
    for _ in range(500):
        if not task.is_running():
            return task.result()
        look_again.wait(0.01)
    return False


class Story(NamedTuple):
    """What came of one victim.

    Attributes:
        died: Whether it was killed; the last one has no step left to die at.
        survived: Whether a survivor had the lock when its time had come.
        left: The keys that were there when all had had time to expire.
    """

    died: bool
    survived: bool
    left: object


def play(server: MovableServer, victim: BaseProcess) -> Story:
    """Have a holder give a lock back that a victim waits for, and behind it a survivor."""
    with RedisCacheAdapter(server.url) as cache, RedisCacheAdapter(server.url) as other:
        held = cache.get_lock("l", timeout=AN_HOUR)
        held.acquire()
        victim.start()
        until(lambda: blocked(server) == 1 or not victim.is_alive())
        claim = other.get_lock("l", timeout=AN_HOUR, thread_local=False)
        waiting = Task(claim.acquire)
        # The victim may be blocked for a moment and die: it is asked for anew each time.
        until(lambda: blocked(server) == victim.is_alive() + 1)
        held.release()
        victim.join(PATIENCE)
        server.pass_time(victims.LEASE + A_TURN)
        survived = has_ended(waiting)
        if not survived:
            server.call("FLUSHALL")
        waiting.result()
        claim.release()
        server.pass_time(AN_HOUR)
        return Story(victim.exitcode == -signal.SIGKILL, survived, server.call("KEYS", "*"))


@pytest.fixture(scope="module", params=victims.USES)
def stories(
    request: pytest.FixtureRequest, server: MovableServer, processes: ForkServerContext
) -> list[Story]:
    """Return the stories of victims each of which dies a step later than the one before."""
    use = victims.USES[request.param]
    told: list[Story] = []
    with pytest.MonkeyPatch.context() as patch:
        # In real time survivors look soon: the server's is what counts.
        patch.setattr(turns, "LOOK", 0.05)
        while not told or told[-1].died:
            told.append(play(server, processes.Process(target=use, args=(server.url, len(told) + 1))))
    return told


def test_a_victim_dies_at_every_step(stories: list[Story]) -> None:
    """Before and after four commands, and after their replies: to wait, to listen, to claim, to give back."""
    assert len(stories) > 4 * 3


def test_a_survivor_has_the_lock_when_the_victims_lease_is_over(stories: list[Story]) -> None:
    """On the server's clock, from the release on: at most a turn later."""
    assert [at for at, story in enumerate(stories, 1) if not story.survived] == []


def test_a_victim_leaves_nothing(stories: list[Story]) -> None:
    """What it had in the line expires."""
    assert [story.left for story in stories if story.left] == []
