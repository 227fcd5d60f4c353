"""Sweeps over functions that hold a client of redis-py."""

from typing import Any

import pytest
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import LockNotOwnedError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from cache_provider.testing import sweep
from cache_provider.testing.sweep import SweepResult

LOST = (RedisConnectionError, RedisTimeoutError)


def swept(scenario: Any, check: Any = None, **options: Any) -> SweepResult:
    """Sweep with clients that make text of replies; let the connection's loss be raised."""
    chosen: dict[str, Any] = {"client": {"decode_responses": True}, "allow": LOST, **options}
    return sweep(scenario, check, raising=False, **chosen)


def verdicts(result: SweepResult) -> dict[str, str]:
    """Return what failed, by cell."""
    return {cell.name: cell.verdict for cell in result.cells if cell.verdict != "ok"}


def hit(client: Any) -> None:
    """Count, and see to it that the counter ends: the classic that can be locked out for ever."""
    if client.incr("hits") == 1:
        client.expire("hits", 60)


def test_a_counter_that_may_never_end_is_found() -> None:
    """Whoever dies between the two commands leaves it without a ttl."""
    found = verdicts(swept(hit))
    assert {"1:error after": "leak", "2:error before": "leak", "1:crash": "leak"}.items() <= found.items()


def test_a_counter_that_ends_in_any_case_is_found_to_be_fine() -> None:
    """In one transaction."""

    def hit(client: Any) -> None:
        with client.pipeline() as pipeline:
            pipeline.set("hits", 0, ex=60, nx=True).incr("hits").execute()

    assert verdicts(swept(hit)) == {}


async def hit_later(client: Any) -> None:
    """The same for coroutines."""
    if await client.incr("hits") == 1:
        await client.expire("hits", 60)


def test_a_coroutine_is_swept_alike() -> None:
    """The same cells, the same verdicts."""
    assert verdicts(swept(hit_later)) == verdicts(swept(hit))


def test_the_matrix_shows_commands() -> None:
    """With their keys and the caller's line."""
    assert "INCRBY 'hits'" in str(swept(hit))


def test_a_retry_of_the_clients_counts_twice() -> None:
    """Its own machinery: the reply is lost, and the command is sent again."""

    def count(client: Any) -> None:
        client.set("n", 0, ex=60)
        client.incr("n")

    def once(client: Any) -> None:
        assert client.get("n") == "1"

    options = {"decode_responses": True, "retry": Retry(NoBackoff(), 1)}
    assert verdicts(swept(count, once, client=options, kinds=["error after"])) == {"2:error after": "check"}


def test_a_job_that_is_taken_and_lost_is_found() -> None:
    """Who takes it and dies has it with them."""

    def work(client: Any) -> None:
        job = client.blpop(["jobs"], timeout=1)
        if job:
            client.set("done", job[1], ex=60)

    def is_somewhere(client: Any) -> None:
        assert client.get("done") or client.llen("jobs")

    def put(client: Any) -> None:
        client.rpush("jobs", "mail")

    result = swept(work, is_somewhere, prepare=put)
    assert verdicts(result)["1:crash"] == "check"


def guarded(client: Any) -> None:
    """Write under a lock of redis-py, without a look at whether it is still held."""
    with client.lock("job", timeout=10):
        client.set("done", 1, ex=60)


def test_a_lease_that_is_lost_is_struck() -> None:
    """The lock's own error comes out."""
    found = verdicts(swept(guarded))
    # The release is a script, which the server has to be told of first.
    lost = {f"{number}:lease lost" for number in (2, 3, 4, 5)}
    assert {name for name in found if "lease lost" in name} == lost


def test_a_lock_that_nobody_could_release_is_no_leak() -> None:
    """Its lease ends, and the recovery waits for that."""
    allow = (*LOST, LockNotOwnedError)
    assert verdicts(swept(guarded, allow=allow)) == {}


def test_a_subscription_that_is_left_open_is_a_leak() -> None:
    """Of the clean run already."""

    def listen(client: Any) -> None:
        kept.append(client.pubsub())
        kept[-1].subscribe("news")

    kept: list[Any] = []
    with pytest.raises(AssertionError, match="still listens to 'news'"):
        swept(listen)


def test_a_read_finds_its_key_expired() -> None:
    """One more kind that strikes commands."""

    def read(client: Any) -> str:
        client.set("k", "v", ex=60)
        return str(client.get("k").upper())

    assert verdicts(swept(read, kinds=["expired"])) == {"2:expired": "raised"}


def test_what_is_no_client_is_refused() -> None:
    """In words."""
    with pytest.raises(TypeError, match="client must be a bool or options"):
        sweep(hit, client="redis")  # type: ignore[arg-type] # that is what is refused
