"""A missing value is computed once for all the threads that miss it together."""

from collections.abc import Callable
from typing import Any

import pytest

from cache_provider import InMemoryCacheAdapter, MemoryServer
from tests.stress.threads import THREADS, run_rounds, run_threads

pytestmark = pytest.mark.usefixtures("interleaving")

ROUNDS = 30

# No thread is ever held up for so long that another computes in its place.
PATIENTLY = {"lock_timeout": 600, "wait_timeout": 600}


class Factory:
    """A factory that counts its calls and takes long enough for others to arrive."""

    def __init__(self, value: Any) -> None:
        self.calls: list[int] = []
        self._value = value

    def __call__(self) -> Any:
        self.calls.append(1)
        # Work, so that the interpreter lets the other threads run in between.
        sum(range(2000))
        return self._value


class FactoryError(Exception):
    """What a factory raises."""


def one_cache() -> Callable[[], InMemoryCacheAdapter]:
    cache = InMemoryCacheAdapter()
    return lambda: cache


def caches_of_one_server() -> Callable[[], InMemoryCacheAdapter]:
    server = MemoryServer()
    return lambda: InMemoryCacheAdapter(server=server)


@pytest.mark.parametrize("sharing", [one_cache, caches_of_one_server])
def test_the_factory_runs_once(sharing: Callable[[], Callable[[], InMemoryCacheAdapter]]) -> None:
    """Eight threads that miss a key at once compute its value once, through one adapter or eight."""
    cache = sharing()
    factories = [Factory("value") for _ in range(ROUNDS)]
    run_rounds(ROUNDS, lambda current, _: cache().get_or_set(f"k{current}", factories[current], **PATIENTLY))
    assert [len(factory.calls) for factory in factories] == [1] * ROUNDS


def test_every_caller_gets_the_value() -> None:
    """Whoever computes and whoever waits return the same."""
    cache = InMemoryCacheAdapter()
    rounds = run_rounds(
        ROUNDS, lambda current, _: cache.get_or_set(f"k{current}", Factory([current]), **PATIENTLY)
    )
    assert rounds == [[[current]] * THREADS for current in range(ROUNDS)]


def test_every_caller_gets_a_copy_of_its_own() -> None:
    """What one caller does to its result is not seen by any other, nor by the next to ask."""
    cache = InMemoryCacheAdapter()

    def take_and_change(current: int, number: int) -> dict[str, Any]:
        value: dict[str, Any] = cache.get_or_set(f"k{current}", Factory({"n": []}), **PATIENTLY)
        value["n"].append(number)
        return value

    rounds = run_rounds(ROUNDS, take_and_change)
    assert rounds == [[{"n": [number]} for number in range(THREADS)]] * ROUNDS


def test_every_caller_gets_the_exception_of_the_factory() -> None:
    """Nobody is told of a value where the computation failed."""
    cache = InMemoryCacheAdapter()

    def fail() -> None:
        sum(range(2000))
        raise FactoryError

    def ask(current: int, _: int) -> type[Exception] | None:
        try:
            cache.get_or_set(f"k{current}", fail, **PATIENTLY)
        except FactoryError as error:
            return type(error)
        return None

    assert run_rounds(ROUNDS, ask) == [[FactoryError] * THREADS] * ROUNDS


def test_different_keys_are_computed_each_on_its_own() -> None:
    """A flight is for one key: every thread finds what was computed for the key it asked for."""
    cache = InMemoryCacheAdapter()

    def ask(number: int) -> list[bool]:
        keys = [f"k{(number + turn) % 20}" for turn in range(100)]
        return [
            cache.get_or_set(key, Factory(f"value of {key}"), **PATIENTLY) == f"value of {key}"
            for key in keys
        ]

    assert all(map(all, run_threads(THREADS, ask)))
