"""The shape of the generic backend, alone and over every store: one key, and life."""

import asyncio
from typing import cast

import pytest

from cache_provider.interop.cache_backend import ProviderCacheBackend
from tests.interop.shapes.stage import Stage

Face = ProviderCacheBackend[object]
Backend = Stage[Face]


# One key


@pytest.mark.parametrize("value", ["text", 5, 1.5, True, None, [1, [2]], {"a": {"b": 1}}])
def test_what_was_set_is_got(backend: Backend, value: object) -> None:
    """Every JSON value comes back as it was."""

    async def scenario(face: Face) -> object:
        await face.set("key", value)
        return await face.get("key", "default")

    assert backend.run(scenario) == value


def test_set_says_true(backend: Backend) -> None:
    """The value is stored."""
    assert backend.run(lambda face: face.set("key", 1)) is True


def test_a_missing_key_is_none(backend: Backend) -> None:
    """Without a default."""
    assert backend.run(lambda face: face.get("key")) is None


def test_a_missing_key_is_the_default(backend: Backend) -> None:
    """Where one is given."""
    assert backend.run(lambda face: face.get("key", "default")) == "default"


def test_what_is_changed_after_set_does_not_change_what_is_stored(backend: Backend) -> None:
    """No alias on the way in."""

    async def scenario(face: Face) -> object:
        value = {"list": [1]}
        await face.set("key", value)
        value["list"].append(2)
        return await face.get("key")

    assert backend.run(scenario) == {"list": [1]}


def test_what_is_changed_after_get_does_not_change_what_is_stored(backend: Backend) -> None:
    """No alias on the way out."""

    async def scenario(face: Face) -> object:
        await face.set("key", [1])
        cast("list[int]", await face.get("key")).append(2)
        return await face.get("key")

    assert backend.run(scenario) == [1]


def test_delete_removes(backend: Backend) -> None:
    """What was deleted is not there."""

    async def scenario(face: Face) -> object:
        await face.set("key", 1)
        await face.delete("key")
        return await face.exists("key")

    assert backend.run(scenario) is False


def test_delete_tells_whether_it_was_there(backend: Backend) -> None:
    """The second time it was not."""

    async def scenario(face: Face) -> list[bool]:
        await face.set("key", 1)
        return [await face.delete("key"), await face.delete("key")]

    assert backend.run(scenario) == [True, False]


def test_exists_tells_a_stored_none_from_a_missing_key(backend: Backend) -> None:
    """`get` cannot."""

    async def scenario(face: Face) -> list[bool]:
        await face.set("none", None)
        return [await face.exists("none"), await face.exists("missing")]

    assert backend.run(scenario) == [True, False]


# Time


@pytest.mark.parametrize(("seconds", "there"), [(59, True), (60, False)])
def test_a_value_lives_for_its_ttl(backend: Backend, seconds: int, there: bool) -> None:
    """To the end, and no longer."""

    async def scenario(face: Face) -> bool:
        await face.set("key", 1, 60)
        backend.pass_time(seconds)
        return await face.exists("key")

    assert backend.run(scenario) is there


def test_a_value_without_ttl_stays(backend: Backend) -> None:
    """There is no default."""

    async def scenario(face: Face) -> object:
        await face.set("key", 1)
        backend.pass_time(365 * 86_400)
        return await face.get("key")

    assert backend.run(scenario) == 1


def test_setting_without_ttl_makes_a_value_stay(backend: Backend) -> None:
    """The old deadline goes with the old value."""

    async def scenario(face: Face) -> object:
        await face.set("key", 1, 60)
        await face.set("key", 2)
        backend.pass_time(60)
        return await face.get("key")

    assert backend.run(scenario) == 2


def test_an_expired_value_cannot_be_deleted(backend: Backend) -> None:
    """It is not there."""

    async def scenario(face: Face) -> bool:
        await face.set("key", 1, 60)
        backend.pass_time(60)
        return await face.delete("key")

    assert backend.run(scenario) is False


@pytest.mark.parametrize("reader_first", [True, False])
@pytest.mark.parametrize("read", ["get", "exists"])
def test_a_reader_of_an_expired_value_never_removes_a_fresh_one(
    backend: Backend, read: str, reader_first: bool
) -> None:
    """Whoever finds the old value expired leaves the new one alone."""

    async def scenario(face: Face) -> object:
        await face.set("key", "old", 1)
        backend.pass_time(2)
        steps = [getattr(face, read)("key"), face.set("key", "fresh", 60)]
        await asyncio.gather(*(steps if reader_first else reversed(steps)))
        return await face.get("key")

    assert backend.run(scenario) == "fresh"


# Life


@pytest.mark.parametrize("operation", ["initialize", "shutdown"])
def test_beginning_and_ending_may_be_repeated(backend: Backend, operation: str) -> None:
    """And have no answer."""

    async def scenario(face: Face) -> list[object]:
        return [await getattr(face, operation)() for _ in range(2)]

    assert backend.run(scenario) == [None, None]


def test_the_context_manager_begins_and_ends(backend: Backend) -> None:
    """It hands out the backend itself."""

    async def scenario(face: Face) -> bool:
        async with face as entered:
            return entered is face

    assert backend.run(scenario)
