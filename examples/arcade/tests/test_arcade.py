from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from cache_provider.testing import sweep
from examples.arcade.leaderboard import Leaderboard
from examples.arcade.limiter import Limiter
from examples.arcade.mails import Mails
from examples.arcade.sessions import Sessions

if TYPE_CHECKING:
    from cache_provider import ManualClock

LOST = (RedisConnectionError, RedisTimeoutError)
TEXT = {"decode_responses": True}

pytestmark = pytest.mark.cache_provider(decode_responses=True, allow_keys=["leaderboard", "mails", "mails:*"])


# Sessions


def test_a_visit_is_counted(cache_redis: Any) -> None:
    """And the session is who plays."""
    sessions = Sessions(cache_redis)
    token = sessions.open("ada")
    assert sessions.visit(token) == {"player": "ada", "visits": "2"}


def test_a_session_ends_half_an_hour_after_the_last_visit(cache_redis: Any, cache_clock: ManualClock) -> None:
    """Each visit moves its end."""
    sessions = Sessions(cache_redis)
    token = sessions.open("ada")
    cache_clock.advance(1799)
    sessions.visit(token)
    cache_clock.advance(1799)
    assert sessions.visit(token) is not None
    cache_clock.advance(1800)
    assert sessions.visit(token) is None


def test_a_session_leaves_nothing_behind_whatever_fails() -> None:
    """Every command in every way."""

    def play(client: Any) -> None:
        # A sweep compares its runs: in each the keys have the same names.
        sessions = Sessions(client, lambda: "token")
        sessions.visit(sessions.open("ada"))

    sweep(play, client=TEXT, allow=LOST)


# Leaderboard


def test_the_best_come_first(cache_redis: Any) -> None:
    """With their points."""
    leaderboard = Leaderboard(cache_redis)
    for game, player, points in (("1", "ada", 100), ("2", "bob", 300), ("3", "ada", 50)):
        leaderboard.award(game, player, points)
    assert leaderboard.top(2) == [("bob", 300), ("ada", 150)]


@pytest.mark.parametrize("after", [False, True])
def test_points_are_given_once_whatever_is_lost(cache_redis: Any, cache_faults: Any, after: bool) -> None:
    """The client begins again, and finds what it has done."""
    cache_redis.set_retry(Retry(NoBackoff(), 1))
    cache_faults.disconnect("EXEC", after=after)
    leaderboard = Leaderboard(cache_redis)
    leaderboard.award("game-1", "ada", 100)
    assert leaderboard.points("ada") == 100


def test_a_replica_that_had_not_seen_it_is_told_again(cache_redis: Any, cache_faults: Any) -> None:
    """A failover loses the note with the points, or neither."""
    leaderboard = Leaderboard(cache_redis)
    leaderboard.award("game-1", "ada", 100)
    cache_faults.failover(lose_last=1)
    leaderboard.award("game-1", "ada", 100)
    assert leaderboard.points("ada") == 100


# Mails


def test_a_worker_waits_for_a_mail(cache_redis: Any) -> None:
    """It has it as soon as there is one."""
    sent: list[str] = []
    mails = Mails(cache_redis, "one")
    worker = Thread(target=mails.work, args=[sent.append])
    worker.start()
    mails.put("welcome")
    worker.join()
    assert sent == ["welcome"]


def test_a_worker_waits_no_longer_than_it_wants_to(cache_redis: Any, cache_clock: ManualClock) -> None:
    """Its patience is the server's affair, and so the clock's of the test."""
    answers: list[bool] = []
    worker = Thread(target=lambda: answers.append(Mails(cache_redis, "one").work(print)))
    worker.start()
    while worker.is_alive():
        cache_clock.advance(5)
    assert answers == [False]


def test_no_mail_is_lost_whatever_fails() -> None:
    """It waits, or is on the worker's list, or sent; and sent after the worker's next start at the latest."""
    sent: list[str] = []

    def prepare(client: Any) -> None:
        sent.clear()
        Mails(client, "one").put("welcome")

    def work(client: Any) -> None:
        mails = Mails(client, "one")
        mails.rescue()
        mails.work(sent.append)

    def is_sent(client: Any) -> bool:
        return "welcome" in sent and not client.exists("mails", "mails:one")

    sweep(
        work,
        prepare=prepare,
        recovered=is_sent,
        client=TEXT,
        allow=LOST,
        allow_keys=["mails", "mails:*"],
    )


# Limiter


def test_a_player_may_try_again_in_a_minute(cache_redis: Any, cache_clock: ManualClock) -> None:
    """The window opens with the first try."""
    limiter = Limiter(cache_redis)
    assert [limiter.allow("ada", 2) for _ in range(3)] == [True, True, False]
    cache_clock.advance(60)
    assert limiter.allow("ada", 2)


def test_a_window_ends_whatever_fails() -> None:
    """Every command in every way; nobody is locked out for ever."""
    sweep(lambda client: Limiter(client).allow("ada", 3), client=TEXT, allow=LOST)
