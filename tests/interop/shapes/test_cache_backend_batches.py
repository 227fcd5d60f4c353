"""The shape of the generic backend: several keys and patterns."""

import pytest

from cache_provider import EncodeError
from cache_provider.interop.cache_backend import ProviderCacheBackend
from tests.interop.shapes.stage import Stage

Face = ProviderCacheBackend[object]
Backend = Stage[Face]


# Patterns and clear


async def fill(face: Face, *keys: str) -> None:
    """Store something under each key."""
    await face.set_many(dict.fromkeys(keys, 1))


async def left(face: Face, *keys: str) -> set[str]:
    """Return those of the keys that are there."""
    return {key for key, value in (await face.get_many(keys)).items() if value is not None}


def test_a_pattern_removes_what_matches(backend: Backend) -> None:
    """And nothing else."""

    async def scenario(face: Face) -> set[str]:
        await fill(face, "user:1", "user:2", "order:1")
        await face.invalidate_pattern("user:*")
        return await left(face, "user:1", "user:2", "order:1")

    assert backend.run(scenario) == {"order:1"}


def test_a_pattern_counts_what_went(backend: Backend) -> None:
    """Expired keys were gone before."""

    async def scenario(face: Face) -> int:
        await fill(face, "user:1", "user:2", "order:1")
        await face.set("user:3", 1, 60)
        backend.pass_time(60)
        return await face.invalidate_pattern("user:*")

    assert backend.run(scenario) == 2


def test_a_pattern_is_a_redis_pattern(backend: Backend) -> None:
    """`!` negates nothing, as it would in `fnmatch`."""

    async def scenario(face: Face) -> set[str]:
        await fill(face, "a", "b", "!")
        await face.invalidate_pattern("[!a]")
        return await left(face, "a", "b", "!")

    assert backend.run(scenario) == {"b"}


def test_clear_removes_everything(backend: Backend) -> None:
    """And says True."""

    async def scenario(face: Face) -> tuple[bool, set[str]]:
        await fill(face, "a", "b")
        return await face.clear(), await left(face, "a", "b")

    assert backend.run(scenario) == (True, set())


# Several keys


def test_many_are_got_with_none_for_the_missing(backend: Backend) -> None:
    """An answer for each key, in the order asked."""

    async def scenario(face: Face) -> list[tuple[str, object]]:
        await face.set_many({"a": 1, "b": "two"})
        return list((await face.get_many(["b", "missing", "a"])).items())

    assert backend.run(scenario) == [("b", "two"), ("missing", None), ("a", 1)]


def test_any_iterable_of_keys_will_do(backend: Backend) -> None:
    """One that can be walked only once, too."""

    async def scenario(face: Face) -> dict[str, object]:
        await face.set("a", 1)
        return await face.get_many(key for key in ("a", "b"))

    assert backend.run(scenario) == {"a": 1, "b": None}


def test_expired_values_are_missing_among_many(backend: Backend) -> None:
    """As they are alone."""

    async def scenario(face: Face) -> dict[str, object]:
        await face.set("a", 1, 60)
        backend.pass_time(60)
        return await face.get_many(["a"])

    assert backend.run(scenario) == {"a": None}


def test_many_are_set(backend: Backend) -> None:
    """And True says so."""

    async def scenario(face: Face) -> tuple[bool, dict[str, object]]:
        return await face.set_many({"a": 1, "b": 2}), await face.get_many("ab"[i] for i in range(2))

    assert backend.run(scenario) == (True, {"a": 1, "b": 2})


def test_many_are_set_with_one_ttl(backend: Backend) -> None:
    """All of them end together."""

    async def scenario(face: Face) -> set[str]:
        await face.set_many({"a": 1, "b": 2}, 60)
        backend.pass_time(60)
        return await left(face, "a", "b")

    assert backend.run(scenario) == set()


def test_many_with_a_value_that_cannot_be_stored_change_nothing(backend: Backend) -> None:
    """All or none."""

    async def scenario(face: Face) -> dict[str, object]:
        await face.set("a", "old")
        with pytest.raises(EncodeError, match="'b'"):
            await face.set_many({"a": "new", "b": object()})
        return await face.get_many(["a", "b"])

    assert backend.run(scenario) == {"a": "old", "b": None}


def test_a_batch_delete_deletes(backend: Backend) -> None:
    """All that were named, nobody else."""

    async def scenario(face: Face) -> set[str]:
        await fill(face, "a", "b", "c")
        await face.delete_many(["a", "b"])
        return await left(face, "a", "b", "c")

    assert backend.run(scenario) == {"c"}


def test_a_batch_delete_counts_what_was_there(backend: Backend) -> None:
    """A missing key does not count, and one named twice counts once."""

    async def scenario(face: Face) -> int:
        await fill(face, "a", "b")
        return await face.delete_many(["a", "missing", "b", "a"])

    assert backend.run(scenario) == 2


@pytest.mark.parametrize("operation", ["get_many", "set_many", "delete_many"])
def test_none_at_all_is_fine(backend: Backend, operation: str) -> None:
    """An empty batch has an empty answer."""
    batch: object = {} if operation == "set_many" else []
    answers: dict[str, object] = {"get_many": dict[str, object](), "set_many": True, "delete_many": 0}
    assert backend.run(lambda face: getattr(face, operation)(batch)) == answers[operation]
