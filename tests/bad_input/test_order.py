"""Of several wrong arguments the first in the order of the signature is the error, in every provider."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, cast

import pytest

from cache_provider import (
    AsyncInMemoryCacheAdapter,
    AsyncRedisCacheAdapter,
    CacheProviderInterface,
    DistributedLock,
    InMemoryCacheAdapter,
    RedisCacheAdapter,
)
from cache_provider.testing.contract.remote import NOWHERE
from cache_provider.testing.contract.rows import about
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache
from tests.bad_input.bad import Bad
from tests.bad_input.cases import SITUATIONS, TABLE
from tests.bad_input.groups import each_group

# No server: arguments are checked before anybody is asked anything.
PROVIDERS: dict[str, Callable[[], Any]] = {
    "the double": InMemoryCacheAdapter,
    "the asynchronous double": AsyncInMemoryCacheAdapter,
    "Redis": lambda: RedisCacheAdapter(NOWHERE),
    "asynchronous Redis": lambda: AsyncRedisCacheAdapter(NOWHERE),
    "the instrumented double": lambda: InstrumentedCache(InMemoryCacheAdapter()),
    "the instrumented asynchronous double": lambda: AsyncInstrumentedCache(AsyncInMemoryCacheAdapter()),
    "instrumented Redis": lambda: InstrumentedCache(RedisCacheAdapter(NOWHERE)),
    "instrumented asynchronous Redis": lambda: AsyncInstrumentedCache(AsyncRedisCacheAdapter(NOWHERE)),
}

INTERFACES: dict[str, type] = {"cache": CacheProviderInterface, "lock": DistributedLock}

BAD: dict[tuple[str, str], list[Bad]] = {(call, argument): values for call, argument, values in TABLE}


def calls() -> Iterator[tuple[str, list[str]]]:
    """Yield every operation of the interfaces, with those of its arguments that can be wrong, in order."""
    for subject, interface in INTERFACES.items():
        for name, method in inspect.getmembers(interface, inspect.isfunction):
            call = f"{subject}.{name}"
            arguments = [name for name in inspect.signature(method).parameters if (call, name) in BAD]
            if not name.startswith("_") and len(arguments) > 1:
                yield call, arguments


def representatives(call: str, argument: str) -> list[Bad]:
    """Return a bad value of an argument for each class of error."""
    return list({bad.error: bad for bad in BAD[call, argument]}.values())


@dataclass(frozen=True)
class Pair:
    """A call with two wrong arguments.

    Attributes:
        call: The operation.
        first: The argument that stands first in the signature, with its value.
        second: Another, with its value.
    """

    call: str
    first: tuple[str, Bad]
    second: tuple[str, Bad]

    def __str__(self) -> str:
        (first, bad), (second, worse) = self.first, self.second
        return f"{self.call}-{first}={bad}-{second}={worse}"

    def refusal(self, provider: Any, *wrong: tuple[str, Bad]) -> str:
        """Return the class and the message of the error that a call with wrong arguments meets."""
        legal = SITUATIONS[self.call][0].arguments
        values = {argument: bad.value for argument, bad in wrong}
        given = {argument: value for _, bad in wrong for argument, value in bad.given.items()}
        subject, _, name = self.call.partition(".")
        try:
            called = provider.get_lock("lock") if subject == "lock" else provider
            asyncio.run(finished(called_with(getattr(called, name), {**legal, **given, **values})))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
            return f"{type(error).__name__}: {error}"
        return "no error"


def called_with(method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Call a method by the names of its arguments, those behind a star too."""
    if "fields" not in arguments:
        return method(**arguments)
    named: Any = arguments["fields"]
    if isinstance(named, tuple):
        return method(arguments["key"], *named)
    return method(arguments["key"], named)


async def finished(answer: Any) -> None:
    """Wait for what an asynchronous provider promised."""
    if isinstance(answer, AsyncIterator):
        answer = anext(cast("AsyncIterator[str]", answer))
    if inspect.isawaitable(answer):
        await answer


PAIRS = [
    Pair(call, (one, bad), (other, worse))
    for call, arguments in calls()
    for one, other in combinations(arguments, 2)
    for bad in representatives(call, one)
    for worse in representatives(call, other)
]


each_call = each_group("pairs", PAIRS, lambda pair: pair.call)


@pytest.mark.parametrize("provider", PROVIDERS)
@each_call
def test_the_first_wrong_argument_is_the_error(pairs: list[Pair], provider: str) -> None:
    """Class and message are those of the double for the first wrong argument alone."""
    for pair in pairs:
        with about(str(pair)):
            alone = pair.refusal(InMemoryCacheAdapter(), pair.first)
            assert pair.refusal(PROVIDERS[provider](), pair.first, pair.second) == alone


@each_call
def test_each_wrong_argument_of_a_pair_is_refused(pairs: list[Pair]) -> None:
    """No pair compares nothing with nothing."""
    for pair in pairs:
        with about(str(pair)):
            alone = [pair.refusal(InMemoryCacheAdapter(), wrong) for wrong in (pair.first, pair.second)]
            assert "no error" not in alone
