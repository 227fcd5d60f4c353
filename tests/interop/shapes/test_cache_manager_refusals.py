"""The shape of a cache manager over every store: what is refused."""

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest

from cache_provider import AsyncInMemoryCacheAdapter, CacheUnavailableError, EncodeError, InMemoryCacheAdapter
from cache_provider.interop.cache_manager import CacheManager
from tests.interop.shapes.managers import Managed

WRONG_TTLS = [
    (0, ValueError),
    (-1, ValueError),
    (timedelta(0), ValueError),
    (float("nan"), ValueError),
    (10**17, ValueError),
    (True, TypeError),
    ("60", TypeError),
]
WRONG_ITEMS = [
    ("abc", TypeError, "items must be tuples"),
    (("a", 1), TypeError, "items must be tuples"),
    (("a", 1, None, None), TypeError, "items must be tuples"),
    (["a", 1, None], TypeError, "items must be tuples"),
    ((5, 1, None), TypeError, "key must be a str"),
    (("\ud800", 1, None), ValueError, "key must be valid Unicode"),
    (("a", 1, 0), ValueError, "ttl must be positive"),
    (("a", 1, True), TypeError, "ttl must be a timedelta or seconds"),
    (("a", 1, 10**17), ValueError, "ttl leaves|ttl leads"),
    (("a", {1}, None), EncodeError, "'a'"),
]


@pytest.mark.parametrize(("ttl", "error"), WRONG_TTLS)
@pytest.mark.parametrize("operation", ["set", "set_if_not_exists", "get_or_set", "increment"])
def test_a_wrong_ttl_is_refused(
    manager: Managed, operation: str, ttl: object, error: type[Exception]
) -> None:
    """By name, and before anything has changed."""
    with pytest.raises(error, match="ttl "):
        getattr(manager, operation)("key", 1, ttl)
    assert not manager.exists("key")


@pytest.mark.parametrize(("ttl", "error"), [(None, TypeError), (True, TypeError), ("60", TypeError)])
def test_expire_needs_a_ttl(manager: Managed, ttl: object, error: type[Exception]) -> None:
    """By name."""
    with pytest.raises(error, match="ttl must be"):
        manager.expire("key", cast("int", ttl))


@pytest.mark.parametrize(
    ("operation", "rest"),
    [
        ("get", ()),
        ("set", (1,)),
        ("delete", ()),
        ("exists", ()),
        ("get_or_set", (1,)),
        ("increment", ()),
        ("set_if_not_exists", (1,)),
        ("get_ttl", ()),
        ("expire", (1,)),
    ],
)
@pytest.mark.parametrize("key", [5, None, b"key"])
def test_a_key_that_is_no_text_is_refused(
    manager: Managed, operation: str, rest: tuple[Any, ...], key: object
) -> None:
    """By name."""
    with pytest.raises(TypeError, match="key must be a str"):
        getattr(manager, operation)(key, *rest)


@pytest.mark.parametrize("operation", ["get_many", "delete_many", "exists_many"])
@pytest.mark.parametrize("keys", ["text", 5, None, [1]])
def test_keys_that_are_none_are_refused(manager: Managed, operation: str, keys: object) -> None:
    """A bare text is no list of keys."""
    with pytest.raises(TypeError, match="key"):
        getattr(manager, operation)(keys)


@pytest.mark.parametrize("operation", ["clear", "count_keys"])
def test_a_pattern_that_is_no_text_is_refused(manager: Managed, operation: str) -> None:
    """By name; only None is none."""
    with pytest.raises(TypeError, match="pattern must be a str"):
        getattr(manager, operation)(5)


@pytest.mark.parametrize("amount", [1.5, True, "2", None])
def test_an_amount_that_is_no_integer_is_refused(manager: Managed, amount: object) -> None:
    """By name."""
    with pytest.raises(TypeError, match="amount must be an int"):
        manager.increment("n", cast("int", amount))


@pytest.mark.parametrize(("item", "error", "message"), WRONG_ITEMS)
def test_a_wrong_item_is_refused_before_any_is_stored(
    manager: Managed, item: object, error: type[Exception], message: str
) -> None:
    """All or none, also across different ttls."""
    with pytest.raises(error, match=message):
        manager.set_many([("good", 1, 60), ("better", 2, None), cast("Any", item)])
    assert manager.count_keys("*") == 0


@pytest.mark.parametrize("items", [None, 5])
def test_items_that_cannot_be_walked_are_refused(manager: Managed, items: object) -> None:
    """By name."""
    with pytest.raises(TypeError, match="items must be an iterable"):
        manager.set_many(cast("Any", items))


def test_a_mapping_is_no_list_of_items(manager: Managed) -> None:
    """Its keys alone say too little."""
    with pytest.raises(TypeError, match="items must be tuples"):
        manager.set_many(cast("Any", {"a": 1}))


@pytest.mark.parametrize("operation", ["set", "set_if_not_exists", "get_or_set"])
def test_a_value_that_cannot_be_stored_is_refused(manager: Managed, operation: str) -> None:
    """By the name of its key."""
    with pytest.raises(EncodeError, match="'key'"):
        getattr(manager, operation)("key", {1, 2})


def test_a_refused_value_leaves_the_old_one(manager: Managed) -> None:
    """What was stored stays."""
    manager.set("key", "old")
    with pytest.raises(EncodeError):
        manager.set("key", {1, 2})
    assert manager.get("key") == "old"


def test_a_function_is_no_default_value(manager: Managed) -> None:
    """It is not called: what is computed belongs to the provider's own `get_or_set`."""
    with pytest.raises(EncodeError, match="function"):
        manager.get_or_set("key", lambda: 5)


def test_a_refused_item_shows_no_value() -> None:
    """It was to be stored, and may be a secret."""
    manager = CacheManager(AsyncInMemoryCacheAdapter())
    with pytest.raises(TypeError) as refused:
        asyncio.run(manager.set_many(cast("Any", [("key", "s3cret")])))
    assert "s3cret" not in str(refused.value)


def test_a_synchronous_provider_is_refused() -> None:
    """It would stop the event loop."""
    with pytest.raises(TypeError, match="provider must be an AsyncCacheProviderInterface, not InMemory"):
        CacheManager(cast("Any", InMemoryCacheAdapter()))


class Unreachable(AsyncInMemoryCacheAdapter):
    """A cache that is down."""

    async def get(self, key: str, default: Any = None) -> Any:
        del key, default
        raise CacheUnavailableError("connection refused")


def test_an_outage_is_not_swallowed() -> None:
    """A cache that is down is no empty cache."""
    with pytest.raises(CacheUnavailableError):
        asyncio.run(CacheManager(Unreachable()).get("key"))


def test_its_repr_shows_the_provider() -> None:
    """Nothing more."""
    provider = AsyncInMemoryCacheAdapter()
    assert repr(CacheManager(provider)) == f"CacheManager({provider!r})"
