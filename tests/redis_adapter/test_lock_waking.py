"""Waiters that a release wakes: how soon, what that costs, and what is left of it."""

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest import mock

import pytest
import redis
from redis.exceptions import ConnectionError as ForeignConnectionError

from cache_provider import CacheProviderInterface, DistributedLock
from cache_provider.clock import SYSTEM_CLOCK, Clock
from cache_provider.redis import turns
from cache_provider.redis.life import Life
from cache_provider.steps import Steps, finish
from cache_provider.testing.servers import ServerProcess
from cache_provider.waiting import Gate, Patience
from tests.redis_adapter.connecting import Connect
from tests.redis_adapter.test_round_trips import calls
from tests.threads import Task, until

AN_HOUR = 3600


@pytest.fixture
def other(server: ServerProcess, connect: Connect) -> CacheProviderInterface:
    """Return a second adapter on the server."""
    return connect(server.url)


@pytest.fixture
def never_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no waiter look by itself."""
    monkeypatch.setattr(turns, "LOOK", AN_HOUR)


@pytest.fixture
def looks_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every waiter look by itself again and again."""
    monkeypatch.setattr(turns, "LOOK", 0.02)


def blocked(server: ServerProcess, number: int = 1) -> Callable[[], bool]:
    """Return whether so many clients are blocked."""
    return lambda: server.info("clients")["blocked_clients"] == str(number)


def waiting(server: ServerProcess, cache: CacheProviderInterface, **terms: Any) -> Task[bool]:
    """Return an acquisition that waits for a wake-up."""
    before = int(server.info("clients")["blocked_clients"])
    task = Task(cache.get_lock("l", **terms).acquire)
    until(blocked(server, before + 1))
    return task


# Woken


@pytest.mark.usefixtures("never_looks")
@pytest.mark.parametrize("fenced", [False, True])
def test_a_release_wakes_a_waiter(
    server: ServerProcess, cache: CacheProviderInterface, other: CacheProviderInterface, fenced: bool
) -> None:
    """It need not look."""
    holder = cache.get_lock("l", timeout=AN_HOUR, fenced=fenced)
    holder.acquire()
    waiter = waiting(server, other, fenced=fenced)
    holder.release()
    assert waiter.result()


@pytest.mark.usefixtures("never_looks")
def test_each_release_wakes_the_next(
    server: ServerProcess, cache: CacheProviderInterface, connect: Connect
) -> None:
    """No wake-up is lost among many waiters."""
    holder = cache.get_lock("l", timeout=AN_HOUR)
    holder.acquire()

    def work(handle: DistributedLock) -> bool:
        with handle:
            return True

    handles = [connect(server.url).get_lock("l", timeout=AN_HOUR) for _ in range(8)]
    waiters = [Task(partial(work, handle)) for handle in handles]
    until(blocked(server, 8))
    holder.release()
    assert all(waiter.result() for waiter in waiters)


@pytest.mark.usefixtures("never_looks")
def test_who_claims_in_a_loop_lets_others_in(
    server: ServerProcess, cache: CacheProviderInterface, other: CacheProviderInterface
) -> None:
    """Whoever was woken has the turn before whoever comes."""
    holder = cache.get_lock("l", timeout=AN_HOUR)
    holder.acquire()
    order: list[str] = []

    def wait() -> None:
        with other.get_lock("l", timeout=AN_HOUR):
            order.append("waiter")

    task = Task(wait)
    until(blocked(server))
    holder.release()
    holder.acquire()
    order.append("holder")
    holder.release()
    task.result()
    assert order == ["waiter", "holder"]


@pytest.mark.usefixtures("never_looks")
def test_a_waiter_that_gives_up_hands_its_turn_on(
    server: ServerProcess, cache: CacheProviderInterface, connect: Connect
) -> None:
    """Of two the second gets the lock, though the first was there before."""
    holder = cache.get_lock("l", timeout=AN_HOUR)
    holder.acquire()
    first = Task(lambda: connect(server.url).get_lock("l").acquire(timeout=0.2))
    until(blocked(server))
    second = waiting(server, connect(server.url))
    first.result()
    holder.release()
    assert second.result()


# What it costs


def waiters_commands(server: ServerProcess, holders: int) -> int:
    """Return how many commands the server was sent, without those of the holder."""
    sent = calls(server)
    return sum(sent.get(name, 0) for name in ("eval", "evalsha", "blpop")) - holders


def counting(server: ServerProcess, *caches: CacheProviderInterface) -> None:
    """Begin to count, when the server knows the scripts and the adapters have their connections."""
    for cache in caches:
        cache.get_lock("l").acquire(timeout=0.02)
    caches[0].delete("l")
    with caches[0].get_lock("l"):
        pass
    server.call("CONFIG", "RESETSTAT")


def test_a_wait_is_three_commands(
    server: ServerProcess, cache: CacheProviderInterface, other: CacheProviderInterface
) -> None:
    """One that says that it waits, one that waits, and one that claims."""
    counting(server, cache, other)
    holder = cache.get_lock("l", timeout=AN_HOUR)
    holder.acquire()
    waiter = waiting(server, other)
    holder.release()
    waiter.result()
    assert waiters_commands(server, holders=2) == 3


def test_a_wait_in_vain_is_four_commands(
    server: ServerProcess, cache: CacheProviderInterface, other: CacheProviderInterface
) -> None:
    """The last one says that nobody waits any more."""
    counting(server, cache, other)
    cache.get_lock("l", timeout=AN_HOUR).acquire()
    other.get_lock("l").acquire(timeout=0.05)
    assert waiters_commands(server, holders=1) == 4


class TimedCall:
    """A blocking command that is answered at certain moments of a made-up time.

    Args:
        time: The time; each wait moves it.
        answered_at: When there are answers, in seconds.
    """

    def __init__(self, time: list[float], answered_at: list[float]) -> None:
        self._time = time
        self._answered_at = answered_at

    def send(self, words: object) -> None:
        """Take note of nothing."""

    def is_answered(self, _patience: object, at_most: float) -> bool:
        """Let time pass, to the answer or as long as told."""
        until = self._time[0] + at_most
        if self._answered_at and self._answered_at[0] <= until:
            self._time[0] = max(self._time[0], self._answered_at.pop(0))
            return True
        self._time[0] = until
        return False

    def answer(self) -> str:
        """Return the word of a release."""
        return "word"

    def hang_up(self) -> None:
        """End."""


class TimedGate(Gate):
    """A gate that nobody opens, in a made-up time.

    Args:
        time: The time; each wait moves it.
    """

    def __init__(self, time: list[float]) -> None:
        self._time = time

    def wake(self) -> bool:
        """Do nothing."""
        return True

    def wait(
        self, patience: Patience, alarm: tuple[Clock, int] | None = None, *, at_most: float = 0.0
    ) -> None:
        """Let time pass."""
        del patience, alarm
        self._time[0] += at_most


@pytest.mark.parametrize("lease_ms", [-1, 5, 300, 1000, 60_000])
@pytest.mark.parametrize("barged", [0, 1, 2])
@pytest.mark.parametrize("seconds", [0.5, 1.5, 2.5, 10.5, 100.5])
def test_a_wait_is_five_commands_and_one_for_each_second(
    monkeypatch: pytest.MonkeyPatch, seconds: float, barged: int, lease_ms: int
) -> None:
    """However short the leases are that end meanwhile, and if a second each somebody else is faster."""
    time = [1000.0]
    sent = [1]
    answers = [1000 + number + 0.25 for number in range(barged)] + [1000 + seconds]
    monkeypatch.setattr(turns, "monotonic", lambda: time[0])

    def call(_key: object) -> TimedCall:
        sent[0] += 1
        return TimedCall(time, answers)

    def attempt(_place: object) -> Steps[int | None]:
        sent[0] += 1
        yield None
        return None if time[0] >= 1000 + seconds else lease_ms

    operations = mock.MagicMock(wakes=True)
    turn = turns.WaitInLine(
        operations, "l", mock.MagicMock(), call, Life(), attempt, Patience(SYSTEM_CLOCK, None)
    )
    finish(turn.wait(TimedGate(time), lease_ms))
    assert sent[0] <= 5 + int(time[0] - 1000)


def test_who_was_woken_in_vain_listens_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a wait has sent what it may at once, it saves up for that, and does not just look each second."""
    time = [1000.0]
    places: list[object] = []
    # Faster by somebody else four times; and then one release that is meant for this waiter.
    answers = [1000.01, 1000.02, 1002.5, 1004.5, 1010.5]
    monkeypatch.setattr(turns, "monotonic", lambda: time[0])

    def attempt(place: object) -> Steps[int | None]:
        places.append(place)
        yield None
        return None if time[0] >= 1010.5 else 60_000

    operations = mock.MagicMock(wakes=True)
    turn = turns.WaitInLine(
        operations,
        "l",
        mock.MagicMock(),
        lambda _key: TimedCall(time, answers),
        Life(),
        attempt,
        Patience(SYSTEM_CLOCK, None),
    )
    finish(turn.wait(TimedGate(time), 60_000))
    assert places[-1] == "woken"


# What is left


def test_a_wait_leaves_nothing(
    server: ServerProcess, cache: CacheProviderInterface, other: CacheProviderInterface
) -> None:
    """Once everybody has had the lock there is no key."""
    holder = cache.get_lock("l", timeout=AN_HOUR)
    holder.acquire()
    waiter = other.get_lock("l", timeout=AN_HOUR, thread_local=False)
    task = Task(waiter.acquire)
    until(blocked(server))
    holder.release()
    task.result()
    waiter.release()
    assert server.call("KEYS", "*") == []


def test_a_wait_in_vain_leaves_nothing(cache: CacheProviderInterface, other: CacheProviderInterface) -> None:
    """A waiter that gives up takes with it what it needed."""
    cache.get_lock("l", timeout=AN_HOUR).acquire()
    other.get_lock("l").acquire(timeout=0.05)
    assert cache.keys() == ["l"]


def test_a_release_that_nobody_waits_for_leaves_nothing(cache: CacheProviderInterface) -> None:
    """It puts down no word."""
    with cache.get_lock("l"):
        pass
    assert cache.keys() == []


# Others


@pytest.mark.usefixtures("looks_soon")
def test_a_release_that_wakes_nobody_is_seen(
    server: ServerProcess, cache: CacheProviderInterface, other: CacheProviderInterface
) -> None:
    """An older version just removes the key."""
    cache.get_lock("l", timeout=AN_HOUR).acquire()
    waiter = waiting(server, other)
    cache.delete("l")
    assert waiter.result()


def redis_py_at(server: ServerProcess) -> Any:
    """Return a client of redis-py, which types `from_url` in part only."""
    redis_py: Any = redis.Redis
    return redis_py.from_url(server.url)


@pytest.mark.usefixtures("looks_soon")
def test_the_lock_of_redis_py_is_waited_for(server: ServerProcess, other: CacheProviderInterface) -> None:
    """It is the same key."""
    foreign = redis_py_at(server).lock("l", timeout=AN_HOUR)
    foreign.acquire()
    waiter = waiting(server, other)
    foreign.release()
    assert waiter.result()


def test_the_lock_of_redis_py_waits(server: ServerProcess, cache: CacheProviderInterface) -> None:
    """It polls the same key."""
    holder = cache.get_lock("l", timeout=AN_HOUR)
    holder.acquire()
    foreign = redis_py_at(server).lock("l", timeout=AN_HOUR, sleep=0.01)
    task = Task(foreign.acquire)
    holder.release()
    assert task.result()


@pytest.mark.usefixtures("never_looks")
def test_a_lease_that_ends_is_seen(
    server: ServerProcess, cache: CacheProviderInterface, other: CacheProviderInterface
) -> None:
    """A holder that died releases nothing; a waiter knows when its lease is over."""
    cache.get_lock("l", timeout=0.3).acquire()
    assert waiting(server, other).result()


# Rights


@pytest.mark.usefixtures("never_looks")
@pytest.mark.parametrize("missing", ["-blpop", "-rpush", "-pexpire", "resetkeys ~app:l"])
def test_a_missing_right_makes_waiters_look(server: ServerProcess, connect: Connect, missing: str) -> None:
    """As they did before they could be woken."""
    server.call("ACL", "SETUSER", "u", "reset", "on", ">pw", "~app:*", "+@all", *missing.split())
    url = f"{server.url}{'&' if '?' in server.url else '?'}username=u&password=pw"
    holder = connect(url, "app:").get_lock("l", timeout=0.5)
    holder.acquire()
    task = Task(connect(url, "app:").get_lock("l").acquire)
    holder.release()
    assert task.result()


# A connection that is lost


def test_a_connection_that_is_lost_is_opened_again(
    server: ServerProcess, cache: CacheProviderInterface, other: CacheProviderInterface
) -> None:
    """Whoever ended it."""
    holder = cache.get_lock("l", timeout=AN_HOUR)
    holder.acquire()
    waiter = waiting(server, other)
    server.call("CLIENT", "KILL", "TYPE", "normal")
    until(blocked(server))
    try:
        holder.release()
    except (ForeignConnectionError, ConnectionError):
        holder.release()
    assert waiter.result()
