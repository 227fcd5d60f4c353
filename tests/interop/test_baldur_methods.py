"""What each method of baldur's cache interface does over a provider."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from baldur.interfaces import cache_provider as upstream

from cache_provider import (
    CacheClosedError,
    CacheUnavailableError,
    EncodeError,
    NotAnIntegerError,
    RedisCacheAdapter,
    WrongTypeError,
)
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.interop.baldur import AsyncBaldurCacheProvider, BaldurCacheProvider
from tests.interop.stores import DoubleStore, Store

MINUTE = timedelta(minutes=1)
NOWHERE = "redis://127.0.0.1:1/0"


def test_the_face_is_baldurs_interface(face: BaldurCacheProvider) -> None:
    """Both of them."""
    assert isinstance(face, upstream.CacheProviderInterface)
    assert isinstance(face, upstream.AsyncCacheProviderInterface)


@pytest.mark.parametrize("shape", [upstream.CacheProviderInterface, upstream.AsyncCacheProviderInterface])
def test_no_operation_is_left_to_baldurs_defaults(shape: type) -> None:
    """They go key by key, or raise, or answer nothing."""
    asked = [name for name in vars(shape) if not name.startswith("_")]
    assert [name for name in asked if getattr(BaldurCacheProvider, name) is getattr(shape, name)] == []


def test_the_async_face_is_baldurs_async_interface(double: DoubleStore) -> None:
    """All of it."""
    face = AsyncBaldurCacheProvider(double.connect_async())
    asked = [name for name in vars(upstream.AsyncCacheProviderInterface) if not name.startswith("_")]
    assert [name for name in asked if name not in vars(type(face))] == []


def test_the_name_is_the_providers(store: Store) -> None:
    """Baldur asks whether it is redis."""
    provider = store.connect()
    assert BaldurCacheProvider(provider).provider_name == provider.provider_name


def test_the_async_faces_name_is_the_providers(double: DoubleStore) -> None:
    """As that of baldur's own."""
    assert AsyncBaldurCacheProvider(double.connect_async()).provider_name == "memory"


def test_get_returns_what_was_set(face: BaldurCacheProvider) -> None:
    """Decoded."""
    face.set("k", {"a": [1, None]})
    assert face.get("k") == {"a": [1, None]}


def test_get_of_a_missing_key_is_none(face: BaldurCacheProvider) -> None:
    """No default is asked for."""
    assert face.get("gone") is None


def test_a_value_is_not_aliased(face: BaldurCacheProvider) -> None:
    """Baldur's own double stores the very object."""
    value = [1]
    face.set("k", value)
    value.append(2)
    assert face.get("k") == [1]


def test_set_answers_true(face: BaldurCacheProvider) -> None:
    """It never fails quietly."""
    assert face.set("k", 1) is True


def test_set_takes_a_ttl(face: BaldurCacheProvider) -> None:
    """Exactly, where baldur's Redis adapter cuts to whole seconds."""
    face.set("k", 1, timedelta(milliseconds=1600))
    assert face.ttl("k") == 2


def test_set_without_a_ttl_lives_for_ever(face: BaldurCacheProvider) -> None:
    """None is no expiration."""
    face.set("k", 1, MINUTE)
    face.set("k", 1)
    assert face.ttl("k") is None


def test_set_without_a_ttl_takes_the_providers_default(store: Store) -> None:
    """Who gave the provider a default ttl wants it."""
    face = BaldurCacheProvider(store.connect(default_ttl=30))
    face.set("k", 1)
    assert face.ttl("k") == 30


def test_delete_says_whether_a_live_key_was_there(face: BaldurCacheProvider) -> None:
    """The first of two."""
    face.set("k", 1)
    assert (face.delete("k"), face.delete("k")) == (True, False)


def test_exists_tells_a_stored_none_from_a_missing_key(face: BaldurCacheProvider) -> None:
    """Which get cannot."""
    face.set("k", None)
    assert (face.exists("k"), face.exists("gone")) == (True, False)


def test_setnx_stores_once(face: BaldurCacheProvider) -> None:
    """The second caller is told."""
    assert (face.setnx("k", 1, MINUTE), face.setnx("k", 2), face.get("k")) == (True, False, 1)


def test_incr_begins_at_zero(face: BaldurCacheProvider) -> None:
    """And adds one, or what it is told."""
    assert (face.incr("n"), face.incr("n", 5)) == (1, 6)


def test_decr_begins_at_zero(face: BaldurCacheProvider) -> None:
    """And subtracts one, or what it is told."""
    assert (face.decr("n"), face.decr("n", 5)) == (-1, -6)


def test_incr_of_a_text_is_refused(face: BaldurCacheProvider) -> None:
    """Baldur's Redis adapter answers 0."""
    face.set("n", "text")
    with pytest.raises(NotAnIntegerError):
        face.incr("n")


def test_expire_says_whether_a_live_key_was_there(face: BaldurCacheProvider) -> None:
    """And gives it a deadline."""
    face.set("k", 1)
    assert (face.expire("k", MINUTE), face.ttl("k"), face.expire("gone", MINUTE)) == (True, 60, False)


def test_expire_at_once_removes_a_key(face: BaldurCacheProvider) -> None:
    """Zero and below."""
    face.set("k", 1)
    assert (face.expire("k", timedelta(0)), face.exists("k")) == (True, False)


def test_ttl_of_a_missing_key_is_minus_two(face: BaldurCacheProvider) -> None:
    """As baldur documents."""
    assert face.ttl("gone") == -2


def test_ttl_of_a_persistent_key_is_none(face: BaldurCacheProvider) -> None:
    """As baldur documents."""
    face.set("k", 1)
    assert face.ttl("k") is None


def test_ttl_of_a_live_key_is_positive(face: BaldurCacheProvider) -> None:
    """As baldur documents; the provider rounds 400 ms to 0."""
    face.set("k", 1, timedelta(milliseconds=400))
    assert face.ttl("k") == 1


def test_mget_omits_missing_keys(face: BaldurCacheProvider) -> None:
    """In the order asked."""
    face.mset({"a": 1, "b": 2})
    assert list(face.mget(["b", "gone", "a"]).items()) == [("b", 2), ("a", 1)]


def test_mset_answers_true(face: BaldurCacheProvider) -> None:
    """For nothing too."""
    assert (face.mset({"a": 1}), face.mset({})) == (True, True)


def test_mset_takes_a_ttl(face: BaldurCacheProvider) -> None:
    """For every key."""
    face.mset({"a": 1, "b": 2}, MINUTE)
    assert (face.ttl("a"), face.ttl("b")) == (60, 60)


def test_mdelete_counts_the_live_keys(face: BaldurCacheProvider) -> None:
    """Each once."""
    face.mset({"a": 1, "b": 2})
    assert face.mdelete(["a", "b", "b", "gone"]) == 2


def test_hset_answers_true_for_a_new_field(face: BaldurCacheProvider) -> None:
    """It was successful."""
    assert face.hset("h", "f", 1) is True


def test_hset_answers_true_for_a_field_that_was_there(face: BaldurCacheProvider) -> None:
    """Baldur documents success; the provider tells whether the field is new."""
    face.hset("h", "f", 1)
    assert face.hset("h", "f", 2) is True


def test_hget_returns_a_field_or_none(face: BaldurCacheProvider) -> None:
    """Of a missing hash too."""
    face.hset("h", "f", 1)
    assert (face.hget("h", "f"), face.hget("h", "gone"), face.hget("gone", "f")) == (1, None, None)


def test_hgetall_returns_all_fields(face: BaldurCacheProvider) -> None:
    """None of a missing hash."""
    face.hset("h", "f", 1)
    face.hset("h", "g", [2])
    assert (face.hgetall("h"), face.hgetall("gone")) == ({"f": 1, "g": [2]}, {})


def test_push_limit_returns_the_length_before_the_trim(face: BaldurCacheProvider) -> None:
    """Above the limit: something was dropped."""
    assert [face.push_limit("l", number, 2, MINUTE) for number in range(4)] == [1, 2, 3, 3]


def test_list_range_includes_both_ends(face: BaldurCacheProvider) -> None:
    """And counts from the end below zero."""
    for number in range(4):
        face.push_limit("l", number, 9)
    assert (face.list_range("l", 1, 2), face.list_range("l", -2, -1)) == ([1, 2], [2, 3])


def test_list_range_of_a_missing_list_is_empty(face: BaldurCacheProvider) -> None:
    """As baldur documents."""
    assert face.list_range("gone", 0, -1) == []


def test_an_operation_on_another_type_is_an_error(face: BaldurCacheProvider) -> None:
    """Baldur's adapters differ there: one answers the list, the other None."""
    face.push_limit("l", 1, 9)
    with pytest.raises(WrongTypeError):
        face.get("l")


def test_a_value_that_would_come_back_as_another_is_refused(face: BaldurCacheProvider) -> None:
    """Baldur's Redis adapter stores its text."""
    with pytest.raises(EncodeError, match="timedelta"):
        face.set("k", MINUTE)


def test_health_check_and_ping_answer_true(face: BaldurCacheProvider) -> None:
    """Where the store can be reached."""
    assert (face.health_check(), face.ping()) == (True, True)


def test_health_check_and_ping_answer_false_where_nobody_answers() -> None:
    """They alone do not raise."""
    with RedisCacheAdapter(NOWHERE) as provider:
        face = BaldurCacheProvider(provider)
        assert (face.health_check(), face.ping()) == (False, False)


def test_every_other_operation_raises_where_nobody_answers() -> None:
    """Baldur's adapter answers None; a gate would take that for a missing record."""
    with RedisCacheAdapter(NOWHERE) as provider, pytest.raises(CacheUnavailableError):
        BaldurCacheProvider(provider).get("k")


def test_flush_all_leaves_other_prefixes_alone(face: BaldurCacheProvider, store: Store) -> None:
    """And answers True."""
    store.connect("other:").set("k", 1)
    face.set("k", 1)
    assert (face.flush_all(), face.keys(), store.connect("other:").get("k")) == (True, [], 1)


def test_keys_are_without_the_prefix(face: BaldurCacheProvider) -> None:
    """All, or those that match."""
    face.mset({"a:1": 1, "b:1": 2})
    assert (sorted(face.keys()), face.keys("a:*")) == (["a:1", "b:1"], ["a:1"])


def test_scan_of_few_keys_ends_at_once(face: BaldurCacheProvider) -> None:
    """Cursor 0 is the end."""
    face.mset({"a:1": 1, "b:1": 2})
    assert face.scan("a:*") == (0, ["a:1"])


def test_scan_goes_on_where_it_was(face: BaldurCacheProvider) -> None:
    """Baldur's own has no cursor to pass, and its double loses what is past `count`."""
    face.mset({f"k:{number}": number for number in range(300)})
    cursor, found = face.scan(count=50)
    while cursor:
        cursor, page = face.scan(count=50, cursor=cursor)
        found += page
    assert len(set(found)) == 300


def test_close_closes_the_provider(face: BaldurCacheProvider) -> None:
    """More than once, as baldur's shutdown may."""
    face.close()
    face.close()
    with pytest.raises(CacheClosedError):
        face.get("k")


def test_aclose_closes_the_async_provider(double: DoubleStore) -> None:
    """As that of baldur's own."""

    async def scenario() -> None:
        face = AsyncBaldurCacheProvider(double.connect_async())
        await face.aclose()
        with pytest.raises(CacheClosedError):
            await face.aget("k")

    asyncio.run(scenario())


@pytest.mark.parametrize("provider", [None, AsyncInMemoryCacheAdapter()], ids=repr)
def test_a_face_needs_a_provider(provider: Any) -> None:
    """One that answers at once."""
    with pytest.raises(TypeError, match="provider must be a CacheProviderInterface, not"):
        BaldurCacheProvider(provider)


def test_an_async_face_needs_an_async_provider(double: DoubleStore) -> None:
    """One that is awaited."""
    provider: Any = double.connect()
    with pytest.raises(TypeError, match="provider must be an AsyncCacheProviderInterface, not"):
        AsyncBaldurCacheProvider(provider)


def test_a_face_shows_its_provider(double: DoubleStore) -> None:
    """In a log, what is under it matters."""
    shown = repr(BaldurCacheProvider(double.connect()))
    assert shown.startswith("<BaldurCacheProvider over <InMemoryCacheAdapter")


def test_an_async_face_shows_its_provider(double: DoubleStore) -> None:
    """In a log, what is under it matters."""
    shown = repr(AsyncBaldurCacheProvider(double.connect_async()))
    assert shown.startswith("<AsyncBaldurCacheProvider over <AsyncInMemoryCacheAdapter")
