"""The table of what operations do is complete, and each of its columns is true."""

import inspect
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from cache_provider import (
    AsyncCacheProviderInterface,
    AsyncDistributedLock,
    CacheProviderInterface,
    DistributedLock,
    InMemoryCacheAdapter,
)
from cache_provider.steps import Steps
from cache_provider.testing.seam import InstrumentedCache, InstrumentedLock, Operation
from cache_provider.testing.seam.effects import EFFECTS, Effect
from cache_provider.testing.seam.operation import PARAMETERS
from tests.seam.measuring import ARGUMENTS, OLD_TTL, called, key_runs, measured, stayed

NO_OPERATIONS = {"as_stored", "close", "get_lock", "stats"}
"""Methods of a provider that ask its store nothing."""

COMPOSED = ("count_keys", "delete_pattern", "get_or_set", "ping", "scan_iter")
"""Methods that are made of others, and pass the seam as these."""

EACH = pytest.mark.parametrize("name", EFFECTS)


def public_methods(of: type) -> set[str]:
    """Return the names of a class's public methods."""
    return {name for name, _ in inspect.getmembers(of, inspect.isfunction) if not name.startswith("_")}


@pytest.mark.parametrize("interface", [CacheProviderInterface, AsyncCacheProviderInterface])
def test_it_has_a_row_for_each_operation_of_a_provider(interface: type) -> None:
    """A new method is either in the table or said to be made of others."""
    on_keys = {name for name in EFFECTS if not name.startswith("lock.")}
    assert on_keys == public_methods(interface) - NO_OPERATIONS - set(COMPOSED)


@pytest.mark.parametrize("interface", [DistributedLock, AsyncDistributedLock])
def test_it_has_a_row_for_each_operation_of_a_lock(interface: type) -> None:
    """Who holds it serves messages only, and passes unseen."""
    of_locks = {name.removeprefix("lock.") for name in EFFECTS if name.startswith("lock.")}
    assert of_locks == public_methods(interface) - {"doubt", "holder", "made", "on_lost"}


def names_that_pass(call: Callable[[InstrumentedCache], object]) -> set[str]:
    """Return the names of the operations that pass the seam during a call."""
    passed: set[str] = set()

    def note(operation: Operation, proceed: Callable[[], Steps[Any]]) -> Steps[Any]:
        passed.add(operation.name)
        return (yield from proceed())

    call(InstrumentedCache(InMemoryCacheAdapter(), note))
    return passed


def use_lock(cache: InstrumentedCache, method: str) -> None:
    """Call a method of a lock that is held."""
    lock = cache.get_lock("lock", blocking_timeout=0)
    assert isinstance(lock, InstrumentedLock)
    lock.lock.acquire()  # past the seam
    called(getattr(lock, method), {})


@EACH
def test_an_operation_passes_under_its_own_name(name: str) -> None:
    """A fault can be armed for each operation of the table."""
    if name.startswith("lock."):
        assert names_that_pass(lambda cache: use_lock(cache, name.removeprefix("lock."))) == {name}
    else:
        assert names_that_pass(lambda cache: called(getattr(cache, name), {})) == {name}


@pytest.mark.parametrize("name", COMPOSED)
def test_a_composed_operation_passes_as_its_parts(name: str) -> None:
    """They are operations of the table."""
    arguments = {**ARGUMENTS, "default_factory": lambda: 1, "pattern": "*"}
    needed = [
        parameter.name
        for parameter in inspect.signature(getattr(InMemoryCacheAdapter, name)).parameters.values()
        if parameter.name != "self" and parameter.default is inspect.Parameter.empty
    ]

    def call(cache: InstrumentedCache) -> None:
        result = getattr(cache, name)(*(arguments[parameter] for parameter in needed))
        if name == "scan_iter":
            list(result)

    passed = names_that_pass(call)
    assert passed <= EFFECTS.keys() - {name}
    assert passed


@EACH
def test_a_row_says_what_running_the_operation_shows(name: str) -> None:
    """Each column is measured on the double, from every state of the key or the lock."""
    assert EFFECTS[name] == measured(name)


@pytest.mark.parametrize("name", [name for name in EFFECTS if not name.startswith("lock.")])
def test_an_operation_knows_whether_it_keeps_a_deadline(name: str) -> None:
    """Its arguments decide where its row leaves that to them."""
    for run in stayed(key_runs(name)):
        operation = Operation()
        operation.name = name
        operation.given = ()
        operation.options = {parameter: run.options.get(parameter) for parameter in PARAMETERS[name]}
        assert operation.keeps_ttl == (run.after.ttl == OLD_TTL)


@EACH
def test_no_other_row_would_do(name: str) -> None:
    """With one column changed, or all of them empty, the row is not what was measured."""
    row = EFFECTS[name]
    columns: dict[str, Any] = {column.name: getattr(row, column.name) for column in fields(Effect)}
    flipped: list[dict[str, Any]] = [
        {**columns, flag: not columns[flag]} for flag in columns.keys() - {"ttl"}
    ]
    others = [Effect(**columns) for columns in flipped]
    others += [replace(row, ttl=None if row.ttl else "kept"), *([Effect()] if row != Effect() else [])]
    assert measured(name) not in others
