"""What a type checker refuses: a comment that ignores nothing is an error in its turn."""

import pytest

from cache_provider import InMemoryCacheAdapter, MemoryServer


def test_a_key_is_text() -> None:
    """Not bytes."""
    with pytest.raises(TypeError):
        InMemoryCacheAdapter().get(b"k")  # type: ignore[arg-type]  # ty: ignore[invalid-argument-type]


def test_a_ttl_is_no_text() -> None:
    """Seconds or a timedelta."""
    with pytest.raises(TypeError):
        InMemoryCacheAdapter().set("k", 1, ttl="60")  # type: ignore[arg-type]  # ty: ignore[invalid-argument-type]


def test_an_eviction_is_one_of_two() -> None:
    """By name."""
    with pytest.raises(ValueError, match="eviction"):
        MemoryServer(max_size=1, eviction="random")  # type: ignore[arg-type]  # ty: ignore[invalid-argument-type]


def test_keep_ttl_is_named() -> None:
    """A bare True would say nothing."""
    with pytest.raises(TypeError):
        InMemoryCacheAdapter().set("k", 1, None, True)  # type: ignore[call-arg]  # ty: ignore[too-many-positional-arguments]
