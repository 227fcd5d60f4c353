"""A bad argument to cachetory's backends is refused, naming it and the value, before anything has changed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pytest

from cache_provider import CacheConfigurationError, InMemoryCacheAdapter
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.interop.cachetory import AsyncProviderBackend, ProviderBackend
from tests.interop.backends import Awaited, Backends

Backend: TypeAlias = ProviderBackend[Any] | Awaited
Call: TypeAlias = Callable[[Any], object]

NAIVE = datetime(2030, 1, 1)  # noqa: DTZ001 - the one that is refused

BAD: dict[str, tuple[Call, type[Exception], str]] = {
    "get a key that is no str": (lambda b: b.get(5), TypeError, "key must be a str, not int 5"),
    "get_many of such": (lambda b: list(b.get_many("a", 5)), TypeError, "key must be a str, not int 5"),
    "set such": (lambda b: b.set(5, "v"), TypeError, "key must be a str, not int 5"),
    "set a lone surrogate": (lambda b: b.set("\ud800", "v"), ValueError, "key must be valid Unicode"),
    "set for no time": (
        lambda b: b.set("k", "w", time_to_live=timedelta(0)),
        ValueError,
        "time_to_live must be positive",
    ),
    "set for less": (
        lambda b: b.set("k", "w", time_to_live=timedelta(-1)),
        ValueError,
        "time_to_live must be positive",
    ),
    "set for a text": (
        lambda b: b.set("k", "w", time_to_live="1"),
        TypeError,
        "time_to_live must be a timedelta .*'1'",
    ),
    "set if perhaps": (
        lambda b: b.set("k", "w", if_not_exists=1),
        TypeError,
        "if_not_exists must be a bool, not int 1",
    ),
    "set_many of no iterable": (
        lambda b: b.set_many(5),
        TypeError,
        "items must be an iterable of pairs, not int",
    ),
    "set_many of a mapping": (
        lambda b: b.set_many({"k": "w"}),
        TypeError,
        "items must be pairs of key and value, not str",
    ),
    "set_many of triples": (
        lambda b: b.set_many([("k", "w"), ("a", "b", "c")]),
        TypeError,
        r"items must be pairs of key and value, not tuple",
    ),
    "set_many of such a key": (
        lambda b: b.set_many([("k", "w"), (5, "v")]),
        TypeError,
        "key must be a str, not int 5",
    ),
    "set_many of a key that is no key of a dict either": (
        lambda b: b.set_many([("k", "w"), ([], "v")]),
        TypeError,
        r"key must be a str, not list \[\]",
    ),
    "expire_in a text": (
        lambda b: b.expire_in("k", "1"),
        TypeError,
        "time_to_live must be a timedelta .*'1'",
    ),
    "expire_in of such a key": (lambda b: b.expire_in(5), TypeError, "key must be a str, not int 5"),
    "expire_at seconds": (
        lambda b: b.expire_at("k", 1.5),
        TypeError,
        "deadline must be an aware datetime, not float 1.5",
    ),
    "expire_at a naive moment": (
        lambda b: b.expire_at("k", NAIVE),
        ValueError,
        "deadline must be an aware datetime",
    ),
    "expire_at of such a key": (lambda b: b.expire_at(5, None), TypeError, "key must be a str, not int 5"),
    "delete such a key": (lambda b: b.delete(5), TypeError, "key must be a str, not int 5"),
    "delete_many such keys": (lambda b: b.delete_many("k", 5), TypeError, "key must be a str, not int 5"),
}
CASES = pytest.mark.parametrize(("call", "error", "story"), BAD.values(), ids=BAD)


@CASES
def test_a_bad_argument_is_refused_by_name(
    backend: Backend, call: Call, error: type[Exception], story: str
) -> None:
    """With a plain `TypeError` or `ValueError` that shows it."""
    with pytest.raises(error, match=story):
        call(backend)


@CASES
def test_a_bad_argument_changes_nothing(
    backends: Backends, call: Call, error: type[Exception], story: str
) -> None:
    """Neither the value nor its deadline, nor is a key added."""
    backend = backends.connect()
    backend.set("k", "v", time_to_live=timedelta(seconds=30))
    with pytest.raises(error, match=story):
        call(backend)
    provider = backends.store.connect()
    assert (provider.keys(), provider.get("k"), provider.ttl("k")) == (["k"], "v", 30)


@pytest.mark.parametrize("provider", [None, AsyncInMemoryCacheAdapter(), {}], ids=repr)
def test_a_backend_needs_a_provider(provider: Any) -> None:
    """One that answers at once."""
    with pytest.raises(TypeError, match="provider must be a CacheProviderInterface, not"):
        ProviderBackend(provider)


@pytest.mark.parametrize("provider", [None, InMemoryCacheAdapter(), {}], ids=repr)
def test_an_async_backend_needs_an_async_provider(provider: Any) -> None:
    """One that is awaited."""
    with pytest.raises(TypeError, match="provider must be an AsyncCacheProviderInterface, not"):
        AsyncProviderBackend(provider)


@pytest.mark.parametrize("kind", [ProviderBackend, AsyncProviderBackend])
@pytest.mark.parametrize("url", ["", "memory", "memory:", "memory://name", "redis://localhost", "dummy://"])
def test_from_url_knows_memory_alone(
    kind: type[ProviderBackend[Any] | AsyncProviderBackend[Any]], url: str
) -> None:
    """A server is reached through a provider of its own."""
    with pytest.raises(CacheConfigurationError, match="url must be memory://"):
        kind.from_url(url)


@pytest.mark.parametrize("kind", [ProviderBackend, AsyncProviderBackend])
def test_from_url_shows_no_password(kind: type[ProviderBackend[Any] | AsyncProviderBackend[Any]]) -> None:
    """It ends up in logs."""
    with pytest.raises(CacheConfigurationError) as refused:
        kind.from_url("redis://ada:secret@localhost")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("kind", [ProviderBackend, AsyncProviderBackend])
def test_from_url_needs_a_text(kind: Any) -> None:
    """A parsed URL is none."""
    with pytest.raises(TypeError, match="url must be a str, not bytes"):
        kind.from_url(b"memory://")
