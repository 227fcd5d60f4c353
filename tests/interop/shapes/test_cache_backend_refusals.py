"""The shape of the generic backend: what is refused."""

from datetime import timedelta
from typing import Any, cast

import pytest

from cache_provider import EncodeError
from cache_provider.interop.cache_backend import ProviderCacheBackend
from tests.interop.shapes.stage import Stage

Face = ProviderCacheBackend[object]
Backend = Stage[Face]

WRONG_TTLS = [
    (0, ValueError),
    (-1, ValueError),
    (timedelta(0), ValueError),
    (float("nan"), ValueError),
    (True, TypeError),
    ("60", TypeError),
]


@pytest.mark.parametrize(("ttl", "error"), WRONG_TTLS)
@pytest.mark.parametrize("operation", ["set", "set_many", "incr", "decr"])
def test_a_wrong_ttl_is_refused(
    backend: Backend, operation: str, ttl: object, error: type[Exception]
) -> None:
    """By name, and before anything has changed."""
    arguments = {"set": ("key", 1), "set_many": ({"key": 1},)}.get(operation, ("key",))

    async def scenario(face: Face) -> bool:
        with pytest.raises(error, match="ttl must be"):
            await getattr(face, operation)(*arguments, ttl=ttl)
        return await face.exists("key")

    assert backend.run(scenario) is False


@pytest.mark.parametrize("operation", ["get", "set", "delete", "exists", "incr", "decr"])
def test_a_key_that_is_no_text_is_refused(backend: Backend, operation: str) -> None:
    """By name."""
    rest = (1,) if operation == "set" else ()

    async def scenario(face: Face) -> None:
        with pytest.raises(TypeError, match="key must be a str"):
            await getattr(face, operation)(5, *rest)

    backend.run(scenario)


@pytest.mark.parametrize("operation", ["get_many", "delete_many"])
@pytest.mark.parametrize("keys", ["text", 5, None, [1]])
def test_keys_that_are_none_are_refused(backend: Backend, operation: str, keys: object) -> None:
    """A bare text is no list of keys."""

    async def scenario(face: Face) -> None:
        with pytest.raises(TypeError, match="key"):
            await getattr(face, operation)(keys)

    backend.run(scenario)


@pytest.mark.parametrize("mapping", [None, ["a"], [("a", 1)], {1: "a"}])
def test_a_mapping_that_is_none_is_refused(backend: Backend, mapping: object) -> None:
    """Pairs are no mapping."""

    async def scenario(face: Face) -> None:
        with pytest.raises(TypeError, match=r"mapping must be|key must be"):
            await face.set_many(cast("Any", mapping))

    backend.run(scenario)


@pytest.mark.parametrize("pattern", [None, 5])
def test_a_pattern_that_is_no_text_is_refused(backend: Backend, pattern: object) -> None:
    """By name."""

    async def scenario(face: Face) -> None:
        with pytest.raises(TypeError, match="pattern must be a str"):
            await face.invalidate_pattern(cast("str", pattern))

    backend.run(scenario)


@pytest.mark.parametrize("operation", ["incr", "decr"])
@pytest.mark.parametrize("argument", ["amount", "default"])
@pytest.mark.parametrize("number", [1.5, True, "2", None])
def test_a_number_that_is_no_integer_is_refused(
    backend: Backend, operation: str, argument: str, number: object
) -> None:
    """By name."""

    async def scenario(face: Face) -> None:
        with pytest.raises(TypeError, match=f"{argument} must be an int"):
            await getattr(face, operation)("n", **{argument: number})

    backend.run(scenario)


def test_a_value_that_cannot_be_stored_is_refused(backend: Backend) -> None:
    """What was there stays."""

    async def scenario(face: Face) -> object:
        await face.set("key", "old")
        with pytest.raises(EncodeError, match="'key'"):
            await face.set("key", {1, 2})
        return await face.get("key")

    assert backend.run(scenario) == "old"
