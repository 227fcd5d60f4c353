"""Both interfaces offer the same, and differ only in what has to be awaited."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from cache_provider import (
    AsyncCacheProviderInterface,
    AsyncDistributedLock,
    AsyncInMemoryCacheAdapter,
    AsyncRedisCacheAdapter,
    CacheProviderInterface,
    DistributedLock,
    InMemoryCacheAdapter,
    RedisCacheAdapter,
)

PAIRS = [
    (CacheProviderInterface, AsyncCacheProviderInterface),
    (DistributedLock, AsyncDistributedLock),
]
ADAPTERS = [
    (InMemoryCacheAdapter, AsyncInMemoryCacheAdapter),
    (RedisCacheAdapter, AsyncRedisCacheAdapter),
]

PLAIN = {"as_stored", "doubt", "get_lock", "made", "on_lost", "stats"}
"""What asks no server, and so is no coroutine either."""


def methods(interface: type) -> dict[str, Callable[..., Any]]:
    """Return the public methods of an interface."""
    return {
        name: method
        for name in dir(interface)
        if not name.startswith("_") and inspect.isfunction(method := getattr(interface, name))
    }


def signature(method: Callable[..., Any]) -> str:
    """Return a method's signature in the words of the synchronous side."""
    # Only a coroutine can be cancelled.
    text = str(inspect.signature(method)).replace(", cancel_on_lost: bool = False", "")
    text = text.replace("'AsyncDistributedLock'", "'DistributedLock'")
    return re.sub(r"AsyncIterator", "Iterator", re.sub(r"\w+\.aio(\.\w+)+\.Async", "", text))


def plainly(method: Callable[..., Any]) -> str:
    """Return a method's signature without the module that a type comes from."""
    return re.sub(r"[\w.]+\.(?=\w+)", "", signature(method))


CASES = [(one, other, name) for one, other in PAIRS for name in methods(one)]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_both_sides_have_the_same_methods(one: type, other: type) -> None:
    """What one side can do, the other can."""
    assert set(methods(one)) == set(methods(other))


@pytest.mark.parametrize(("one", "other", "name"), CASES)
def test_a_method_has_one_signature(one: type, other: type, name: str) -> None:
    """Names, order, kinds, defaults and types of the arguments, and what is returned."""
    assert plainly(methods(one)[name]) == plainly(methods(other)[name])


@pytest.mark.parametrize(("one", "other", "name"), CASES)
def test_what_asks_a_server_is_awaited(one: type, other: type, name: str) -> None:
    """Everything but a few plain calls is a coroutine, or iterates asynchronously."""
    method = methods(other)[name]
    awaited = inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)
    assert awaited is (name not in PLAIN), one


@pytest.mark.parametrize(("one", "other"), ADAPTERS)
def test_adapters_are_made_alike(one: type, other: type) -> None:
    """Who changes sides changes a name and nothing else."""
    arguments, others = (list(inspect.signature(adapter).parameters.values()) for adapter in (one, other))
    assert [(each.name, each.kind, each.default) for each in arguments] == [
        (each.name, each.kind, each.default) for each in others
    ]
