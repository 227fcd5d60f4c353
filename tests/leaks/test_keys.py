"""Keys that will never expire."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from cache_provider.errors import CacheUnavailableError
from cache_provider.steps import Steps
from tests.worlds import Scenario, World


def kinds(world: World, scenario: Scenario, cache: Any = None) -> list[tuple[str, str]]:
    """Return the kind and key of each leak after a scenario."""
    world.run(scenario, cache)
    return [(leak.kind, leak.key) for leak in world.leaks.leaks()]


WRITES: list[tuple[str, tuple[Any, ...]]] = [
    ("set", ("k", 1)),
    ("setnx", ("k", 1)),
    ("mset", ({"k": 1},)),
    ("incr", ("k",)),
    ("decr", ("k",)),
    ("push_limit", ("k", 1, 5)),
    ("hset", ("k", "f", 1)),
    ("get_or_set", ("k", lambda: 1)),
]
WITH_TTL = [(call, arguments) for call, arguments in WRITES if call != "hset"]


@pytest.mark.parametrize(("call", "arguments"), WRITES, ids=[call for call, _ in WRITES])
def test_a_write_without_a_ttl_is_a_leak(world: World, call: str, arguments: tuple[Any, ...]) -> None:
    """Nothing will ever remove it."""

    def scenario(cache: Any) -> Steps[None]:
        yield getattr(cache, call)(*arguments)

    assert kinds(world, scenario) == [("no ttl", "k")]


@pytest.mark.parametrize(("call", "arguments"), WITH_TTL, ids=[call for call, _ in WITH_TTL])
def test_a_write_with_a_ttl_is_none(world: World, call: str, arguments: tuple[Any, ...]) -> None:
    """It goes by itself."""

    def scenario(cache: Any) -> Steps[None]:
        yield getattr(cache, call)(*arguments, ttl=10)

    assert kinds(world, scenario) == []


@pytest.mark.parametrize(("call", "arguments"), WRITES, ids=[call for call, _ in WRITES])
def test_a_default_ttl_counts(world: World, call: str, arguments: tuple[Any, ...]) -> None:
    """It is the write's ttl."""
    cache = world.cache_with(server=world.server, default_ttl=10)

    def scenario(cache: Any) -> Steps[None]:
        yield getattr(cache, call)(*arguments)

    assert kinds(world, scenario, cache) == []


DROPS: list[tuple[str, tuple[Any, ...]]] = [
    ("set", ("k", 1)),
    ("mset", ({"k": 1},)),
    ("compare_and_set", ("k", {"f": 1}, 2)),
    ("cas_dict_field", ("k", "f", 1, {})),
]


@pytest.mark.parametrize(("call", "arguments"), DROPS, ids=[call for call, _ in DROPS])
def test_a_write_that_drops_the_ttl_is_a_leak(world: World, call: str, arguments: tuple[Any, ...]) -> None:
    """The key was to go, and now stays."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", {"f": 1}, ttl=10)
        yield getattr(cache, call)(*arguments)

    assert kinds(world, scenario) == [("lost ttl", "k")]


def test_the_write_that_dropped_the_ttl_is_the_one_named() -> None:
    """A third write without a ttl is not to blame."""
    world = World(is_async=False)
    world.cache.set("k", 1, ttl=10)
    world.cache.set("k", 2)  # to blame
    world.cache.set("k", 3)
    (leak,) = world.leaks.leaks()
    assert leak.site.text == 'world.cache.set("k", 2)  # to blame'


@pytest.mark.parametrize("arguments", [("incr", "k"), ("decr", "k"), ("expire", "k", 5)])
def test_a_write_that_keeps_the_ttl_is_none(world: World, arguments: tuple[Any, ...]) -> None:
    """Counters go on as they were."""
    call, *rest = arguments

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1, ttl=10)
        yield getattr(cache, call)(*rest)

    assert kinds(world, scenario) == []


def test_a_compare_that_failed_wrote_nothing(world: World) -> None:
    """The ttl is still there."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1, ttl=10)
        yield cache.compare_and_set("k", 2, 3)

    assert kinds(world, scenario) == []


def test_a_push_with_a_ttl_gives_the_list_one(world: World) -> None:
    """Unlike a counter's, a list's ttl is renewed."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.push_limit("k", 1, 5)
        yield cache.push_limit("k", 1, 5, ttl=10)

    assert kinds(world, scenario) == []


def test_a_counter_that_exists_takes_no_ttl(world: World) -> None:
    """`incr(ttl=…)` applies only to a new counter."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.incr("k")
        yield cache.incr("k", ttl=10)

    assert kinds(world, scenario) == [("no ttl", "k")]


REMOVALS: list[tuple[str, tuple[Any, ...]]] = [
    ("delete", ("k",)),
    ("mdelete", (["k"],)),
    ("compare_and_delete", ("k", 1)),
    ("expire", ("k", 0)),
    ("expire", ("k", 5)),
    ("expire_at", ("k", datetime(2001, 1, 1, tzinfo=UTC))),
    ("set", ("k", 1, 5)),
    ("flush_all", ()),
    ("delete_pattern", ("*",)),
]


@pytest.mark.parametrize(("call", "arguments"), REMOVALS, ids=[f"{call}{args}" for call, args in REMOVALS])
def test_what_is_put_right_later_is_no_leak(world: World, call: str, arguments: tuple[Any, ...]) -> None:
    """Only what is left at the end counts."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1)
        yield getattr(cache, call)(*arguments)

    assert kinds(world, scenario) == []


def test_a_hash_goes_with_its_last_field(world: World) -> None:
    """There is no empty hash."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.hset("k", "f", 1)
        yield cache.hset("k", "g", 1)
        yield cache.hdel("k", "f", "g")

    assert kinds(world, scenario) == []


def test_a_hash_with_a_field_left_is_still_there(world: World) -> None:
    """One of two fields is no whole hash."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.hset("k", "f", 1)
        yield cache.hset("k", "g", 1)
        yield cache.hdel("k", "f")

    assert kinds(world, scenario) == [("no ttl", "k")]


def test_persist_is_no_leak(world: World) -> None:
    """Whoever says it means it."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1, ttl=10)
        yield cache.persist("k")

    assert kinds(world, scenario) == []


def test_a_key_that_had_expired_did_not_lose_its_ttl(world: World) -> None:
    """The write made a new key, without one."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1, ttl=10)
        world.clock.advance(10)
        yield cache.set("k", 1)

    assert kinds(world, scenario) == [("no ttl", "k")]


def test_another_cache_on_the_same_store_may_put_it_right(world: World) -> None:
    """A key is the store's, not the cache's."""
    other: Any = world.cache_with(server=world.server)

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1)
        yield other.delete("k")

    assert kinds(world, scenario) == []


def test_the_same_key_of_another_store_is_another(world: World) -> None:
    """Deleted there, it is still here."""
    other: Any = world.cache_with(clock=world.clock)

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1)
        yield other.delete("k")

    assert kinds(world, scenario) == [("no ttl", "k")]


def test_flushing_a_prefix_leaves_other_prefixes_leaks(world: World) -> None:
    """`flush_all` removes what lies under its own."""
    other: Any = world.cache_with(server=world.server, key_prefix="other:")

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1)
        yield other.flush_all()

    assert kinds(world, scenario) == [("no ttl", "k")]


def test_what_others_removed_is_no_leak(open_world: World) -> None:
    """The store is asked at the end."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1)
        open_world.server.clear()

    assert kinds(open_world, scenario) == []


def test_a_write_whose_reply_was_lost_is_there(world: World) -> None:
    """Faults lie outside, the store inside."""
    world.faults.fail("set", after=True)

    def scenario(cache: Any) -> Steps[None]:
        with pytest.raises(CacheUnavailableError):
            yield cache.set("k", 1)

    assert kinds(world, scenario) == [("no ttl", "k")]


def test_nothing_is_asked_of_the_store_before_the_end(open_world: World) -> None:
    """The statistics of what is tested stay as they were."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1)

    open_world.run(scenario)
    stats = open_world.cache.stats()
    assert (stats.hits, stats.misses, stats.sets) == (0, 0, 1)


def test_an_allowed_key_is_no_leak(world: World) -> None:
    """Globs name what is meant to stay."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("account:7", 1)
        yield cache.set("session:7", 1)

    world.run(scenario)
    assert [leak.key for leak in world.leaks.leaks(allow_keys=["account:*"])] == ["session:7"]


def test_a_single_text_is_no_allow_list(world: World) -> None:
    """Taken as an iterable it would allow each of its characters."""
    with pytest.raises(TypeError, match="allow_keys must be an iterable of patterns, not a single str '\\*'"):
        world.leaks.leaks(allow_keys="*")


def test_a_leak_says_what_where_and_when() -> None:
    """Age is told by the cache's clock."""
    world = World(is_async=False)
    world.cache.set("k", 1)
    world.clock.advance(timedelta(minutes=1))
    (leak,) = world.leaks.leaks()
    assert str(leak) == (
        f"key 'k' was written without a ttl 60 s ago at {leak.site} in {leak.site.function}: "
        'world.cache.set("k", 1)'
    )


def test_a_leak_of_a_coroutine_names_its_line() -> None:
    """The line that awaits is the line that wrote."""
    world = World(is_async=True)

    async def scenario() -> None:
        await cast("Any", world.cache).set("k", 1)

    asyncio.run(scenario())
    assert [leak.site.function for leak in world.leaks.leaks()] == ["scenario"]


def test_a_ttl_that_is_kept_is_no_leak(world: World) -> None:
    """The key ends when it would have ended."""

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1, 10)
        yield cache.set("k", 2, keep_ttl=True)

    assert kinds(world, scenario) == []


def test_no_ttl_that_is_kept_is_a_leak(world: World) -> None:
    """A missing key has no deadline to keep, whatever the default."""
    cache = world.cache_with(server=world.server, default_ttl=10)

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("k", 1, keep_ttl=True)

    assert kinds(world, scenario, cache) == [("no ttl", "k")]
