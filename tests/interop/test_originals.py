"""Every face takes what the definition that it follows takes: the same names, order and defaults."""

import inspect
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

import pytest

from cache_provider import CacheConfig, InMemoryCacheAdapter
from cache_provider.interop.cache_backend import MemoryCacheBackend
from cache_provider.interop.cache_manager import CacheManager, ICacheManager
from cache_provider.interop.cache_middleware import MemoryBackend
from cache_provider.interop.cachetory import AsyncProviderBackend, ProviderBackend
from tests.interop import originals

PAIRS: list[tuple[type[Any], type[Any]]] = [
    (MemoryBackend, originals.CacheMiddleware),
    (ProviderBackend, originals.Cachetory),
    (AsyncProviderBackend, originals.AwaitedCachetory),
    (InMemoryCacheAdapter, originals.InMemoryCacheAdapter),
    (MemoryCacheBackend, originals.MemoryCacheBackend),
    (ICacheManager, originals.CacheManager),
    (CacheManager, originals.CacheManager),
    (CacheConfig, originals.CacheConfig),
]


def members() -> Iterator[tuple[type[Any], type[Any], str]]:
    """Return each member of each definition, with the face that must have it."""
    for face, original in PAIRS:
        for name in vars(original):
            if name == "__init__" or not name.startswith("_"):
                yield face, original, name


def parameters(owner: type[Any], name: str) -> list[inspect.Parameter]:
    """Return what a method takes; nothing in the case of an attribute."""
    member = getattr(owner, name)
    return list(inspect.signature(member).parameters.values()) if callable(member) else []


def shape(parameter: inspect.Parameter) -> tuple[str, object, object]:
    """Return what a caller sees of a parameter."""
    return parameter.name, parameter.kind, parameter.default


def is_optional(parameter: inspect.Parameter) -> bool:
    """Tell whether a call may leave it out."""
    return parameter.default is not inspect.Parameter.empty


def is_followed(ours: inspect.Parameter | None, theirs: inspect.Parameter | None) -> bool:
    """Tell whether a parameter is the definition's, or one more that may be left out."""
    if theirs is None:
        return ours is not None and is_optional(ours)
    if ours is None:
        return False
    # Where the definition demands an argument, a face may do without it.
    same_default = ours.default == theirs.default or not is_optional(theirs)
    return (ours.name, ours.kind, same_default) == (theirs.name, theirs.kind, True)


@pytest.mark.parametrize(("face", "original", "name"), list(members()))
def test_a_face_takes_what_its_original_takes(face: type[Any], original: type[Any], name: str) -> None:
    """By position and by name."""
    pairs = list(zip_longest(parameters(face, name), parameters(original, name)))
    assert [pair for pair in pairs if not is_followed(*pair)] == []


@pytest.mark.parametrize(("face", "original", "name"), list(members()))
def test_a_face_is_awaited_where_its_original_is(face: type[Any], original: type[Any], name: str) -> None:
    """Neither more nor less."""
    awaited: Callable[[object], bool] = inspect.iscoroutinefunction
    assert awaited(inspect.getattr_static(face, name)) is awaited(inspect.getattr_static(original, name))


@pytest.mark.parametrize("name", [name for name in vars(originals.CacheManager) if not name.startswith("_")])
def test_the_protocol_asks_for_no_more_than_the_original(name: str) -> None:
    """So that what was written for the original satisfies it."""
    asked, original = parameters(ICacheManager, name), parameters(originals.CacheManager, name)
    assert [shape(parameter) for parameter in asked] == [shape(parameter) for parameter in original]


# Attributes


def test_a_middleware_backend_has_its_size() -> None:
    """As it was given."""
    assert MemoryBackend(max_size=5).max_size == 5


@pytest.mark.parametrize(("name", "value"), [("max_size", 5), ("clean_interval", 7)])
def test_a_cache_backend_has_what_it_was_made_with(name: str, value: object) -> None:
    """As it was given."""
    assert getattr(MemoryCacheBackend[int](max_size=5, clean_interval=7), name) == value


def test_settings_are_given_by_position() -> None:
    """In the original's order."""
    assert CacheConfig(False, 60, 5, "cache") == CacheConfig(
        enabled=False, default_ttl=60, max_memory_size=5, redis_host="cache"
    )


@pytest.mark.parametrize("name", [name for name in vars(originals.CacheConfig()) if name[0] != "_"])
def test_each_setting_is_an_attribute(name: str) -> None:
    """With the original's value where nothing is set."""
    assert getattr(CacheConfig(), name) == getattr(originals.CacheConfig(), name)


def test_an_empty_password_is_none() -> None:
    """The URL names none."""
    assert CacheConfig(redis_password="").get_redis_url() == "redis://localhost:6379/0"
