"""The table of bad arguments leaves none out."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from cache_provider import CleanupService, InMemoryCacheAdapter, InMemoryLock, ManualClock, MemoryServer
from tests.bad_input.cases import SITUATIONS, TABLE

_ANY_VALUE = "compared or handed back, never stored: every object is legal"
_BETWEEN_MODULES = "the package's own waiters call it, and pass what they made"

TAKES_ANYTHING: dict[tuple[str, str], str] = {
    ("cache.get", "default"): _ANY_VALUE,
    ("cache.cas_dict_field", "expected"): _ANY_VALUE,
    ("cache.compare_and_set", "expected"): _ANY_VALUE,
    ("cache.compare_and_delete", "expected"): _ANY_VALUE,
    ("clock.watch", "wake"): _BETWEEN_MODULES,
    ("clock.unwatch", "wake"): _BETWEEN_MODULES,
    ("clock.pause", "until_ms"): _BETWEEN_MODULES,
    ("clock.attend", "errand"): _BETWEEN_MODULES,
    ("lock.made", "token"): _BETWEEN_MODULES,
}
"""Arguments without a case, each with the reason."""

CONSTRUCTORS: list[type] = [InMemoryCacheAdapter, MemoryServer, CleanupService, ManualClock]

# Not MemoryServer: adapters call its methods, with full keys and deadlines that they have checked.
METHODS_OF: dict[str, type] = {
    "cache": InMemoryCacheAdapter,
    "lock": InMemoryLock,
    "service": CleanupService,
    "clock": ManualClock,
}


def arguments_of(call: str, function: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """Yield the arguments of a call, but `self` and `cls`."""
    for name in inspect.signature(function).parameters:
        if name not in ("self", "cls"):
            yield call, name


def public_arguments() -> Iterator[tuple[str, str]]:
    """Yield every argument of every public call."""
    for kind in CONSTRUCTORS:
        yield from arguments_of(f"{kind.__name__}()", kind)
    for subject, kind in METHODS_OF.items():
        for name, method in inspect.getmembers(kind, inspect.isroutine):
            if not name.startswith("_"):
                yield from arguments_of(f"{subject}.{name}", method)


IN_TABLE = {(call, argument) for call, argument, _ in TABLE}


def test_every_argument_of_every_public_call_has_a_case() -> None:
    """A new argument cannot be forgotten: it needs bad values, or a reason to have none."""
    assert set(public_arguments()) - IN_TABLE - set(TAKES_ANYTHING) == set()


def test_the_table_names_only_arguments_that_exist() -> None:
    """A renamed argument cannot leave its row behind."""
    assert IN_TABLE - set(public_arguments()) == set()


def test_the_exceptions_name_only_arguments_that_exist() -> None:
    """A renamed argument cannot leave its exception behind."""
    assert set(TAKES_ANYTHING) - set(public_arguments()) == set()


def test_no_argument_is_both_in_the_table_and_an_exception() -> None:
    """An exception goes when its argument gets a case."""
    assert IN_TABLE & set(TAKES_ANYTHING) == set()


def test_every_row_of_the_table_has_bad_values() -> None:
    """A row without values would count as a case and check nothing."""
    assert [row for row in TABLE if not row[2]] == []


def test_every_call_of_the_table_has_a_situation() -> None:
    """No row is dropped for want of legal arguments."""
    assert {call for call, _ in IN_TABLE} == set(SITUATIONS)
