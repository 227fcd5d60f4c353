"""Counters: int64 arithmetic on what Redis takes for an integer, and on nothing else."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from cache_provider.errors import CounterOverflowError, NotAnIntegerError
from cache_provider.testing.contract.background import PATIENCE, start
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.harness import Cache, Harness
from cache_provider.testing.contract.rows import about

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)


ANSWERS: dict[str, tuple[Callable[[Cache], int], int]] = {
    "incr": (lambda cache: cache.incr("new"), 1),
    "incr by 5": (lambda cache: cache.incr("new", 5), 5),
    "incr by -5": (lambda cache: cache.incr("new", -5), -5),
    "incr by 0": (lambda cache: cache.incr("new", 0), 0),
    "incr from 100": (lambda cache: cache.incr("new", 5, default=100), 105),
    "incr by the least": (lambda cache: cache.incr("new", INT64_MIN), INT64_MIN),
    "incr by the most": (lambda cache: cache.incr("new", INT64_MAX), INT64_MAX),
    "from the least": (lambda cache: cache.incr("new", 0, default=INT64_MIN), INT64_MIN),
    "decr": (lambda cache: cache.decr("new"), -1),
    "decr by 5": (lambda cache: cache.decr("new", 5), -5),
    "decr by -5": (lambda cache: cache.decr("new", -5), 5),
    "decr from 100": (lambda cache: cache.decr("new", 5, default=100), 95),
    "decr by the most": (lambda cache: cache.decr("new", INT64_MAX), -INT64_MAX),
    "ten: incr": (lambda cache: cache.incr("ten"), 11),
    "ten: incr by 5": (lambda cache: cache.incr("ten", 5), 15),
    "ten: incr by -15": (lambda cache: cache.incr("ten", -15), -5),
    "ten: incr by 0": (lambda cache: cache.incr("ten", 0), 10),
    "ten: incr, default unused": (lambda cache: cache.incr("ten", default=100), 11),
    "ten: decr": (lambda cache: cache.decr("ten"), 9),
    "ten: decr by 15": (lambda cache: cache.decr("ten", 15), -5),
    "ten: decr by -5": (lambda cache: cache.decr("ten", -5), 15),
    "ten: decr, default unused": (lambda cache: cache.decr("ten", default=100), 9),
}


# Text that is not a canonical int64

REFUSED_TEXTS: list[str] = [
    " 5",
    "5 ",
    "\t5",
    "5\n",
    "5\x00",
    "+5",
    "05",
    "-05",
    "-0",
    "00",
    "--5",
    "-",
    "+",
    "5-",
    "5.0",
    "5.",
    ".5",
    "5,0",
    "1e3",
    "0x10",
    "0b1",
    "",
    " ",
    "1_000",
    "1 000",
    "\u0665",
    "\uff15",
    "\u00b2",
    "\u22125",
    "five",
    "inf",
    "nan",
    "9223372036854775808",
    "-9223372036854775809",
    "100000000000000000000",
]

REFUSED_VALUES: list[Any] = [
    "5",
    " 7 ",
    "1_0",
    "",
    "text",
    5.0,
    5.9,
    0.0,
    -0.0,
    1e3,
    True,
    False,
    None,
    [],
    [5],
    {},
    {"n": 5},
    2**63,
    -(2**63) - 1,
    10**30,
]

COUNT: dict[str, Callable[[Cache], int]] = {
    "incr": lambda cache: cache.incr("key"),
    "incr by 0": lambda cache: cache.incr("key", 0),
    "decr": lambda cache: cache.decr("key"),
}

each_count = pytest.mark.parametrize("count", COUNT.values(), ids=COUNT.keys())


# Past int64

OVERFLOWS: dict[str, tuple[int, Callable[[Cache], int]]] = {
    "above": (INT64_MAX, lambda cache: cache.incr("key")),
    "far above": (INT64_MAX, lambda cache: cache.incr("key", INT64_MAX)),
    "above by decr": (INT64_MAX, lambda cache: cache.decr("key", -1)),
    "below": (INT64_MIN, lambda cache: cache.decr("key")),
    "far below": (-2, lambda cache: cache.incr("key", INT64_MIN)),
    "below by incr": (INT64_MIN, lambda cache: cache.incr("key", -1)),
    "decr by the least": (0, lambda cache: cache.decr("key", INT64_MIN)),
    "decr by the least, though the sum would fit": (-5, lambda cache: cache.decr("key", INT64_MIN)),
}

each_overflow = pytest.mark.parametrize(("before", "call"), OVERFLOWS.values(), ids=OVERFLOWS.keys())


MISSING: dict[str, Callable[[Cache], int]] = {
    "default plus amount": lambda cache: cache.incr("key", 1, default=INT64_MAX),
    "default minus amount": lambda cache: cache.decr("key", 1, default=INT64_MIN),
    "decr by the least": lambda cache: cache.decr("key", INT64_MIN),
}


# Arguments

NO_INT: list[Any] = [1.5, 1.0, True, False, "2", b"2", None, Decimal(2), [2]]
NO_INT64: list[int] = [2**63, -(2**63) - 1, 10**30]

CALLS: dict[str, tuple[str, Callable[[Cache, Any], int]]] = {
    "incr: amount": ("amount", lambda cache, number: cache.incr("key", number)),
    "decr: amount": ("amount", lambda cache, number: cache.decr("key", number)),
    "incr: default": ("default", lambda cache, number: cache.incr("key", default=number)),
    "decr: default": ("default", lambda cache, number: cache.decr("key", default=number)),
}

each_call = pytest.mark.parametrize(("argument", "call"), CALLS.values(), ids=CALLS.keys())


class CounterContract(Contract):
    """Counters: int64 arithmetic on what Redis takes for an integer, and on nothing else."""

    @pytest.mark.parametrize(("call", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
    def test_a_counter_answers_its_new_value(
        self, provider: Cache, call: Callable[[Cache], int], expected: int
    ) -> None:
        """`incr` and `decr` return what the counter holds then; a missing one starts at `default`."""
        provider.set("ten", 10)
        assert call(provider) == expected

    def test_a_counter_keeps_its_new_value(self, provider: Cache) -> None:
        """What `incr` answered is what `get` reads, as an `int`."""
        provider.incr("key", 5)
        assert repr(provider.get("key")) == "5"

    def test_a_counter_that_changed_by_nothing_is_created(self, provider: Cache) -> None:
        """`incr` by 0 creates a missing counter, as in Redis."""
        provider.incr("key", 0)
        assert provider.get("key") == 0

    def test_canonical_text_is_a_counter(self, provider: Cache, raw: Cache) -> None:
        """The decimal text of an int64 can be counted on, no matter who wrote it."""
        for number in [0, 5, -5, 10, -10, INT64_MAX, INT64_MIN]:
            with about(number):
                raw.set("key", str(number).encode())
                assert provider.incr("key", 0) == number

    @each_count
    def test_other_text_is_no_counter(
        self, provider: Cache, raw: Cache, count: Callable[[Cache], int]
    ) -> None:
        """Text that Redis does not take for an integer is refused, naming the key."""
        for text in REFUSED_TEXTS:
            with about(text):
                raw.set("key", text.encode())
                with pytest.raises(NotAnIntegerError, match="'key'"):
                    count(provider)

    def test_text_that_is_no_counter_is_kept(self, provider: Cache, raw: Cache) -> None:
        """A refused `incr` leaves the text as it was, byte for byte."""
        for text in REFUSED_TEXTS:
            with about(text):
                raw.set("key", text.encode())
                with pytest.raises(NotAnIntegerError, match="'key'"):
                    provider.incr("key")
                assert raw.get("key") == text.encode()

    @each_count
    def test_a_value_that_is_no_int64_is_no_counter(
        self, provider: Cache, count: Callable[[Cache], int]
    ) -> None:
        """What `set` wrote counts only if it was an int64: no str, float, bool, None or container."""
        for value in REFUSED_VALUES:
            with about(value):
                provider.set("key", value)
                with pytest.raises(NotAnIntegerError, match="'key'"):
                    count(provider)

    def test_a_value_that_is_no_counter_is_kept(self, provider: Cache) -> None:
        """A refused `incr` leaves the value as it was."""
        for value in REFUSED_VALUES:
            with about(value):
                provider.set("key", value)
                with pytest.raises(NotAnIntegerError, match="'key'"):
                    provider.incr("key")
                assert repr(provider.get("key")) == repr(value)

    def test_a_refused_count_keeps_the_deadline(self, provider: Cache) -> None:
        """A refused `incr` leaves the ttl as it was."""
        provider.set("key", "5", 100)
        with pytest.raises(NotAnIntegerError, match="'key'"):
            provider.incr("key", ttl=5)
        assert provider.ttl("key") == 100

    def test_a_refused_count_is_a_value_error(self, provider: Cache) -> None:
        """Callers may catch `NotAnIntegerError` as the `ValueError` it is."""
        provider.set("key", "5")
        with pytest.raises(ValueError, match="'key'"):
            provider.incr("key")

    @each_overflow
    def test_a_counter_does_not_leave_int64(
        self, provider: Cache, before: int, call: Callable[[Cache], int]
    ) -> None:
        """A result outside int64 is a `CounterOverflowError` that names the key."""
        provider.set("key", before)
        with pytest.raises(CounterOverflowError, match="'key'"):
            call(provider)

    @each_overflow
    def test_a_counter_that_would_overflow_is_kept(
        self, provider: Cache, before: int, call: Callable[[Cache], int]
    ) -> None:
        """After an overflow the counter holds what it held before."""
        provider.set("key", before)
        with pytest.raises(CounterOverflowError, match="'key'"):
            call(provider)
        assert provider.get("key") == before

    def test_an_overflow_is_an_overflow_error(self, provider: Cache) -> None:
        """Callers may catch `CounterOverflowError` as the `OverflowError` it is."""
        provider.set("key", INT64_MAX)
        with pytest.raises(OverflowError, match="'key'"):
            provider.incr("key")

    @pytest.mark.parametrize("call", MISSING.values(), ids=MISSING.keys())
    def test_an_overflow_creates_nothing(self, provider: Cache, call: Callable[[Cache], int]) -> None:
        """A missing counter that would start outside int64 stays missing."""
        with pytest.raises(CounterOverflowError, match="'key'"):
            call(provider)
        assert not provider.exists("key")

    @pytest.mark.parametrize(
        ("before", "amount"), [(INT64_MAX - 1, 1), (INT64_MIN + 1, -1), (-1, INT64_MIN + 1)]
    )
    def test_a_counter_reaches_the_ends_of_int64(self, provider: Cache, before: int, amount: int) -> None:
        """The last int64 of either side is not an overflow."""
        provider.set("key", before)
        assert provider.incr("key", amount) == before + amount

    @each_call
    def test_only_an_int_can_be_counted(
        self, provider: Cache, argument: str, call: Callable[[Cache, Any], int]
    ) -> None:
        """An amount or default that is not an `int`, or is a `bool`, is a `TypeError` that names it."""
        provider.set("key", 10)
        for number in NO_INT:
            message = rf"\b{argument}\b.*{re.escape(repr(number))}"
            with about(number), pytest.raises(TypeError, match=message):
                call(provider, number)

    @each_call
    def test_only_an_int64_can_be_counted(
        self, provider: Cache, argument: str, call: Callable[[Cache, Any], int]
    ) -> None:
        """An amount or default outside int64 is a `ValueError` that names it."""
        provider.set("key", 10)
        for number in NO_INT64:
            with about(number), pytest.raises(ValueError, match=rf"\b{argument}\b.*{number}"):
                call(provider, number)

    @each_call
    def test_a_refused_number_creates_nothing(
        self, provider: Cache, argument: str, call: Callable[[Cache, Any], int]
    ) -> None:
        """Arguments are checked before a counter is made."""
        with pytest.raises(TypeError, match=argument):
            call(provider, 1.5)
        assert not provider.exists("key")

    # The ttl of a counter

    @pytest.mark.parametrize("count", ["incr", "decr"])
    def test_a_ttl_applies_when_the_counter_is_created(self, provider: Cache, count: str) -> None:
        """The call that creates the counter sets its deadline."""
        getattr(provider, count)("key", ttl=10)
        assert provider.ttl("key") == 10

    @pytest.mark.parametrize("count", ["incr", "decr"])
    @pytest.mark.parametrize("before", [None, 50], ids=["persistent", "with a deadline"])
    def test_a_ttl_does_not_apply_to_a_counter_that_is_there(
        self, provider: Cache, count: str, before: int | None
    ) -> None:
        """A live counter keeps the deadline it has, or has none."""
        provider.set("key", 1, before)
        getattr(provider, count)("key", ttl=10)
        assert provider.ttl("key") == before

    def test_a_fixed_window_does_not_slide(self, provider: Cache, harness: Harness) -> None:
        """Counting with a ttl ends at the first call's deadline, and the next call starts again."""
        counts: list[int] = []
        for _ in range(4):
            counts.append(provider.incr("hits", ttl=10))
            harness.pass_time(4)
        assert counts == [1, 2, 3, 1]

    def test_counts_from_two_sides_are_never_lost(self, provider: Cache, other: Cache) -> None:
        """`incr` is one step: two providers that count at once lose nothing."""

        def count(side: Cache) -> None:
            for _ in range(2_000):
                side.incr("key")

        for finished in [start(lambda: count(provider)), start(lambda: count(other))]:
            finished.result(PATIENCE)
        assert provider.get("key") == 4_000
