"""Of several wrong arguments of a face the first in the order of its signature is the error, too."""

import asyncio
import inspect
import math
from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from typing import Any, NamedTuple

import pytest

from cache_provider import (
    AsyncCacheProviderInterface,
    AsyncInMemoryCacheAdapter,
    AsyncRedisCacheAdapter,
    CacheProviderInterface,
    InMemoryCacheAdapter,
    RedisCacheAdapter,
)
from cache_provider.interop.baldur import AsyncBaldurCacheProvider, BaldurCacheProvider
from cache_provider.interop.cache_backend import ProviderCacheBackend
from cache_provider.interop.cache_manager import CacheManager
from cache_provider.interop.cache_middleware import CacheMiddlewareBackend
from cache_provider.interop.cachetory import AsyncProviderBackend, ProviderBackend
from cache_provider.testing.contract.remote import NOWHERE
from cache_provider.testing.contract.rows import about
from tests.bad_input import bad
from tests.bad_input.bad import Bad
from tests.bad_input.groups import each_group
from tests.bad_input.test_order import finished

SYNC: dict[str, Callable[[], CacheProviderInterface]] = {
    "the double": InMemoryCacheAdapter,
    "Redis": lambda: RedisCacheAdapter(NOWHERE),
}
ASYNC: dict[str, Callable[[], AsyncCacheProviderInterface]] = {
    "the double": AsyncInMemoryCacheAdapter,
    "Redis": lambda: AsyncRedisCacheAdapter(NOWHERE),
}
FACES: dict[type, dict[str, Callable[[], Any]]] = {
    ProviderBackend: SYNC,
    AsyncProviderBackend: ASYNC,
    ProviderCacheBackend: ASYNC,
    CacheManager: ASYNC,
    CacheMiddlewareBackend: ASYNC,
    BaldurCacheProvider: SYNC,
    AsyncBaldurCacheProvider: ASYNC,
}

OPTIONAL_TTL = [*bad.types("60"), *bad.values(math.nan)]
DURATION = bad.types("60", None)

ARGUMENTS: dict[str, tuple[object, list[Bad]]] = {
    "amount": (1, bad.INTEGER),
    "blocking_timeout": (1, bad.types("1")),
    "count": (1, bad.FROM_ONE),
    "cursor": (0, bad.FROM_ZERO),
    "deadline": (None, bad.types("tomorrow")),
    "default": (0, bad.INTEGER),
    "default_factory": (int, bad.FUNCTION),
    "default_value": (1, bad.refused("key")),
    "end": (1, bad.INTEGER),
    "field": ("field", bad.TEXT),
    "if_not_exists": (False, bad.FLAG),
    "key": ("key", bad.TEXT),
    "lock_timeout": (timedelta(seconds=10), [*OPTIONAL_TTL, *bad.NOTHING]),
    "mapping": ({"key": 1}, bad.MAPPING),
    "max_len": (1, bad.FROM_ONE),
    "name": ("name", bad.TEXT),
    "new_record": ({}, bad.RECORD),
    "new_value": ({}, bad.RECORD),
    "pattern": ("*", bad.TEXT),
    "stale_before": (0, bad.types("1", None, True)),
    "start": (0, bad.INTEGER),
    "time_to_live": (None, OPTIONAL_TTL),
    "timeout": (timedelta(seconds=10), [*OPTIONAL_TTL, *bad.NOTHING]),
    "ttl": (None, OPTIONAL_TTL),
    "value": ("value", bad.refused("key")),
    "wait_timeout": (1.0, DURATION),
}
"""By its name: a legal value of an argument, and wrong ones."""

ANYTHING = {"expected"}
"""Compared and not stored: every object is legal."""


class Pair(NamedTuple):
    """A call of a face with two wrong arguments, the first in the signature first."""

    face: type
    method: str
    first: tuple[str, Bad]
    second: tuple[str, Bad]

    def __str__(self) -> str:
        (first, bad_one), (second, worse) = self.first, self.second
        return f"{self.face.__name__}.{self.method}-{first}={bad_one}-{second}={worse}"

    def refusal(self, provider: Any, *wrong: tuple[str, Bad]) -> str:
        """Return the class and the message of the error that a call with wrong arguments meets."""
        values = {argument: one.value for argument, one in wrong}
        legal = {name: ARGUMENTS[name][0] for name in arguments_of(self.face, self.method)}
        if "expected" in inspect.signature(getattr(self.face, self.method)).parameters:
            legal["expected"] = 1
        try:
            asyncio.run(finished(getattr(self.face(provider), self.method)(**{**legal, **values})))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
            return f"{type(error).__name__}: {error}"
        return "no error"


def arguments_of(face: type, method: str) -> list[str]:
    """Return the arguments of a method that can be wrong, in their order."""
    parameters = inspect.signature(getattr(face, method)).parameters
    names = [name for name in parameters if name not in {"self", *ANYTHING}]
    # A default that is only handed back may be anything.
    return [name for name in names if not (name == "default" and method == "get")]


def methods_of(face: type) -> list[str]:
    """Return the operations of a face that take more than one argument which can be wrong."""
    return [
        name
        for name, _ in inspect.getmembers(face, inspect.isfunction)
        if not name.startswith("_") and len(arguments_of(face, name)) > 1
    ]


def representatives(argument: str) -> list[Bad]:
    """Return a wrong value of an argument for each class of error."""
    return list({one.error: one for one in ARGUMENTS[argument][1]}.values())


PAIRS = [
    Pair(face, method, (one, wrong), (other, worse))
    for face in FACES
    for method in methods_of(face)
    for one, other in combinations(arguments_of(face, method), 2)
    for wrong in representatives(one)
    for worse in representatives(other)
]


each_method = each_group("pairs", PAIRS, lambda pair: f"{pair.face.__name__}.{pair.method}")


@pytest.mark.parametrize("store", SYNC)
@each_method
def test_the_first_wrong_argument_of_a_face_is_the_error(pairs: list[Pair], store: str) -> None:
    """Class and message are those over the double for the first wrong argument alone."""
    for pair in pairs:
        with about(str(pair)):
            alone = pair.refusal(FACES[pair.face]["the double"](), pair.first)
            assert pair.refusal(FACES[pair.face][store](), pair.first, pair.second) == alone


@each_method
def test_each_wrong_argument_of_a_faces_pair_is_refused(pairs: list[Pair]) -> None:
    """No pair compares nothing with nothing."""
    for pair in pairs:
        make = FACES[pair.face]["the double"]
        with about(str(pair)):
            assert "no error" not in [pair.refusal(make(), wrong) for wrong in (pair.first, pair.second)]
