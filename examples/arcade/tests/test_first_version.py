from __future__ import annotations

from typing import Any

import pytest
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from cache_provider.testing import sweep
from examples.arcade.first_version import Leaderboard, Limiter, Mails, Sessions

LOST = (RedisConnectionError, RedisTimeoutError)
TEXT = {"decode_responses": True}


def test_a_visit_makes_a_session_last_for_ever() -> None:
    """SET without a ttl drops the one that was there; the leak watch tells at the first run."""

    def play(client: Any) -> None:
        sessions = Sessions(client)
        sessions.visit(sessions.open("ada"))

    with pytest.raises(AssertionError, match="lost its ttl by a write without one"):
        sweep(play, client=TEXT)


@pytest.mark.cache_provider(decode_responses=True, allow_keys=["leaderboard"])
def test_a_lost_reply_gives_the_points_twice(cache_redis: Any, cache_faults: Any) -> None:
    """The client sends the command again; the server has done it already."""
    cache_redis.set_retry(Retry(NoBackoff(), 1))
    cache_faults.disconnect("ZINCRBY", after=True)
    leaderboard = Leaderboard(cache_redis)
    leaderboard.award("game-1", "ada", 100)
    assert leaderboard.points("ada") == 200


def test_a_worker_that_dies_takes_its_mail_along() -> None:
    """BLPOP took it off the only list it was on."""
    sent: list[str] = []

    def prepare(client: Any) -> None:
        sent.clear()
        Mails(client).put("welcome")

    def is_not_lost(client: Any) -> bool:
        return sent == ["welcome"] or client.lrange("mails", 0, -1) == ["welcome"]

    with pytest.raises(AssertionError, match="1:crash: BLPOP 'mails'"):
        sweep(
            lambda client: Mails(client).work(sent.append),
            is_not_lost,
            prepare=prepare,
            client=TEXT,
            allow=LOST,
            kinds=["crash", "error after"],
        )


def test_a_player_may_be_locked_out_for_ever() -> None:
    """Whoever dies, or fails, between INCR and EXPIRE leaves a counter that never ends."""
    with pytest.raises(AssertionError, match="key 'tries:ada' was written without a ttl"):
        sweep(lambda client: Limiter(client).allow("ada", 3), client=TEXT, allow=LOST)
