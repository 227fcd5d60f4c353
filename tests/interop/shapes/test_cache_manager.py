"""The shape of a cache manager over every store: one key, and time."""

import asyncio
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest

from cache_provider import AsyncInMemoryCacheAdapter
from cache_provider.interop.cache_manager import CacheManager, ICacheManager
from tests.interop.shapes.managers import Managed, Managers
from tests.interop.stores import Store
from tests.threads import Task


def test_it_is_an_icachemanager() -> None:
    """The protocol can be asked for at run time."""
    assert isinstance(CacheManager(AsyncInMemoryCacheAdapter()), ICacheManager)


def test_it_is_awaited() -> None:
    """Every method is a coroutine, as in the protocol."""

    async def scenario() -> object:
        manager = CacheManager(AsyncInMemoryCacheAdapter())
        return await manager.set("k", 1), await manager.set_many(items=[("a", 1, 60)])

    assert asyncio.run(scenario()) == (True, 1)


def test_not_everything_is_an_icachemanager() -> None:
    """A dict has a `get` as well."""
    assert not isinstance({}, ICacheManager)


def test_a_type_checker_takes_it_for_one() -> None:
    """The signatures are the protocol's, which mypy and pyright check here."""
    taken: ICacheManager = CacheManager(AsyncInMemoryCacheAdapter())
    assert asyncio.run(taken.set("key", 1))


# One key


@pytest.mark.parametrize("value", ["text", 5, 1.5, True, None, [1, [2]], {"a": {"b": 1}}])
def test_what_was_set_is_got(manager: Managed, value: object) -> None:
    """Every JSON value comes back as it was."""
    manager.set("key", value)
    assert manager.get("key") == value


def test_set_says_true(manager: Managed) -> None:
    """The value is stored."""
    assert manager.set("key", 1) is True


def test_a_missing_key_is_none(manager: Managed) -> None:
    """Nobody stored it."""
    assert manager.get("key") is None


def test_set_replaces(manager: Managed) -> None:
    """The later value stays."""
    manager.set("key", "old")
    manager.set("key", "new")
    assert manager.get("key") == "new"


def test_what_is_changed_after_set_does_not_change_what_is_stored(manager: Managed) -> None:
    """No alias on the way in."""
    value = [1]
    manager.set("key", value)
    value.append(2)
    assert manager.get("key") == [1]


def test_what_is_changed_after_get_does_not_change_what_is_stored(manager: Managed) -> None:
    """No alias on the way out."""
    manager.set("key", [1])
    manager.get("key").append(2)
    assert manager.get("key") == [1]


def test_delete_removes(manager: Managed) -> None:
    """What was deleted is not there."""
    manager.set("key", 1)
    manager.delete("key")
    assert manager.get("key") is None


def test_delete_tells_whether_it_was_there(manager: Managed) -> None:
    """The second time it was not."""
    manager.set("key", 1)
    assert [manager.delete("key"), manager.delete("key")] == [True, False]


def test_exists_tells_a_stored_none_from_a_missing_key(manager: Managed) -> None:
    """`get` cannot."""
    manager.set("none", None)
    assert [manager.exists("none"), manager.exists("missing")] == [True, False]


# Time


@pytest.mark.parametrize("ttl", [60, 60.0, timedelta(minutes=1)])
@pytest.mark.parametrize(("seconds", "there"), [(59, True), (60, False)])
def test_a_value_lives_for_its_ttl(
    manager: Managed, store: Store, ttl: float, seconds: int, there: bool
) -> None:
    """To the end, and no longer."""
    manager.set("key", 1, ttl)
    store.pass_time(seconds)
    assert manager.exists("key") is there


def test_without_a_ttl_a_value_stays(manager: Managed, store: Store) -> None:
    """Where the provider has no default."""
    manager.set("key", 1)
    store.pass_time(365 * 86_400)
    assert manager.exists("key")


@pytest.mark.parametrize("write", ["set", "set_if_not_exists", "get_or_set"])
def test_without_a_ttl_the_default_applies(managers: Managers, write: str) -> None:
    """To each write that may create a value."""
    manager = managers.connect(default_ttl=30)
    getattr(manager, write)("key", 1, None)
    assert manager.get_ttl("key") == 30


def test_an_expired_value_cannot_be_deleted(manager: Managed, store: Store) -> None:
    """It is not there."""
    manager.set("key", 1, 60)
    store.pass_time(60)
    assert manager.delete("key") is False


def test_ttl_is_what_is_left(manager: Managed, store: Store) -> None:
    """In seconds, to the nearest."""
    manager.set("key", 1, 60)
    store.pass_time(20.4)
    assert manager.get_ttl("key") == 40


def test_a_key_that_stays_has_no_ttl(manager: Managed) -> None:
    """None, not a number with a meaning of its own."""
    manager.set("key", 1)
    assert manager.get_ttl("key") is None


def test_a_missing_key_has_no_ttl(manager: Managed) -> None:
    """None again: no -2."""
    assert manager.get_ttl("key") is None


def test_an_expired_key_has_no_ttl(manager: Managed, store: Store) -> None:
    """It is missing."""
    manager.set("key", 1, 60)
    store.pass_time(60)
    assert manager.get_ttl("key") is None


def test_expire_gives_a_deadline(manager: Managed) -> None:
    """Counted from now."""
    manager.set("key", 1)
    manager.expire("key", 60)
    assert manager.get_ttl("key") == 60


def test_expire_tells_whether_the_key_was_there(manager: Managed) -> None:
    """A missing one gets no deadline."""
    manager.set("key", 1)
    assert [manager.expire("key", 60), manager.expire("missing", 60)] == [True, False]


@pytest.mark.parametrize("ttl", [0, -5])
def test_expire_now_removes(manager: Managed, ttl: int) -> None:
    """As on a Redis."""
    manager.set("key", 1)
    manager.expire("key", ttl)
    assert not manager.exists("key")


# If it is not there


def test_get_or_set_stores_the_default(manager: Managed) -> None:
    """On a miss."""
    manager.get_or_set("key", [1])
    assert manager.get("key") == [1]


def test_get_or_set_returns_the_default(manager: Managed) -> None:
    """On a miss."""
    assert manager.get_or_set("key", {"a": 1}) == {"a": 1}


def test_get_or_set_keeps_what_is_there(manager: Managed) -> None:
    """On a hit the default is nothing."""
    manager.set("key", "old")
    assert manager.get_or_set("key", "default") == "old"


def test_get_or_set_stores_over_none(manager: Managed) -> None:
    """A stored None counts as a miss."""
    manager.set("key", None)
    assert manager.get_or_set("key", 5) == 5


def test_get_or_set_hands_out_no_alias(manager: Managed) -> None:
    """What is returned is a copy, also when it was just stored."""
    default = [1]
    manager.get_or_set("key", default).append(2)
    assert (default, manager.get("key")) == ([1], [1])


def test_get_or_set_keeps_the_deadline_of_what_is_there(manager: Managed) -> None:
    """The ttl belongs to the default."""
    manager.set("key", 1, 60)
    manager.get_or_set("key", 2, 5)
    assert manager.get_ttl("key") == 60


def test_set_if_not_exists_stores_once(manager: Managed) -> None:
    """And says which one it was."""
    answers = [manager.set_if_not_exists("key", value) for value in ("first", "second")]
    assert (answers, manager.get("key")) == ([True, False], "first")


def test_set_if_not_exists_succeeds_on_an_expired_key(manager: Managed, store: Store) -> None:
    """What is over is not there."""
    manager.set("key", "old", 60)
    store.pass_time(60)
    assert manager.set_if_not_exists("key", "new")


def test_set_if_not_exists_leaves_an_expired_value_behind_it(manager: Managed, store: Store) -> None:
    """And the new value is there."""
    manager.set("key", "old", 60)
    store.pass_time(60)
    manager.set_if_not_exists("key", "new", 60)
    assert (manager.get("key"), manager.get_ttl("key")) == ("new", 60)


def claim(manager: Managed, key: str, everybody_is_there: Barrier) -> bool:
    """Store under a key at the same moment as the others."""
    everybody_is_there.wait()
    stored: bool = manager.set_if_not_exists(key, 1)
    return stored


def test_of_several_threads_one_stores(manager: Managed, tiny_switch_interval: None) -> None:
    """It is one step."""
    del tiny_switch_interval
    for attempt in range(20):
        everybody_is_there = Barrier(4)
        tasks = [Task(partial(claim, manager, str(attempt), everybody_is_there)) for _ in range(4)]
        manager.increment("stored", sum(task.result() for task in tasks))
    assert manager.get("stored") == 20


def test_a_reader_of_an_expired_value_never_removes_a_fresh_one(
    managers: Managers, store: Store, tiny_switch_interval: None
) -> None:
    """Whoever finds the old value expired leaves the new one alone."""
    del tiny_switch_interval
    manager, writer = managers.connect(), managers.connect()
    kept: list[object] = []
    for _ in range(50):
        manager.set("key", "old", 1)
        store.pass_time(1)
        writing = Task(lambda: writer.set("key", "fresh", 60))
        manager.get("key")
        writing.result()
        kept.append(manager.get("key"))
    assert kept == ["fresh"] * 50
