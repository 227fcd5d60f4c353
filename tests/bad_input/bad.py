"""The bad values, by the kind of argument they are bad for."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from cache_provider import CacheConfigurationError, EncodeError, JsonCodec, ManualClock, MemoryServer

LONE = "lone \ud800"
INT64_END = 2**63
FAR = (INT64_END - 1) // 1000
"""Seconds that fit int64 milliseconds, while the deadline they lead to from any present time does not."""
NAIVE = dt.datetime(2030, 1, 1)  # noqa: DTZ001 - naive on purpose
AWARE = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


class Nowhere(dt.tzinfo):
    """A time zone that does not know its offset: a `datetime` in it is as naive as one without."""

    def utcoffset(self, _when: dt.datetime | None) -> None:
        return None

    def dst(self, _when: dt.datetime | None) -> None:
        return None

    def tzname(self, _when: dt.datetime | None) -> str:
        return "nowhere"


@dataclass(frozen=True)
class Bad:
    """One bad value.

    Attributes:
        value: The value.
        error: The class of the error that it must raise, exactly.
        named: What the message must name; empty for the argument itself.
        shown: How the message must show the value; None for its `repr`, empty where it need not.
        given: Other arguments of the call that make the value bad.
    """

    value: Any
    error: type[Exception]
    named: str = ""
    shown: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __str__(self) -> str:
        try:
            text = repr(self.value)
        except ValueError:
            return "a huge int"
        # Nothing with an address in it: every worker must give a test the same name.
        return type(self.value).__name__ if " at 0x" in text or len(text) > 60 else text


def types(*values: Any) -> list[Bad]:
    """Return `values` as values of a wrong type."""
    return [Bad(value, TypeError) for value in values]


def values(*values: Any) -> list[Bad]:
    """Return `values` as wrong values of a right type."""
    return [Bad(value, ValueError) for value in values]


NOTHING = types(None)

TEXT = [*types(None, b"bytes", 7, ["list"]), *values(LONE)]

KEYS = [
    *types("record", b"record", None, 7),
    Bad(["record", None], TypeError, named="key", shown="None"),
    Bad(["record", b"list"], TypeError, named="key", shown="b'list'"),
    Bad(["record", LONE], ValueError, named="key", shown=repr(LONE)),
]

MAPPING = [
    *types(None, "record", 7, [("record", 1)]),
    Bad({"record": 1, 7: 2}, TypeError, named="key", shown="7"),
    Bad({"record": 1, LONE: 2}, ValueError, named="key", shown=repr(LONE)),
    Bad({"record": 1, "other": {2}}, EncodeError, named="'other'", shown="set"),
]


def refused(key: str) -> list[Bad]:
    """Return values that the JSON codec refuses under `key`."""
    return [
        Bad(value, EncodeError, named=repr(key), shown=shown)
        for value, shown in (
            (b"bytes", "bytes"),
            ({1, 2}, "set"),
            (math.nan, "float nan"),
            ({"when": AWARE}, "datetime"),
            ([Decimal(1)], "Decimal"),
            ({1: "one"}, "int"),
            (LONE, "str"),
        )
    ]


RECORD = [
    *types(None, [1], "record", 7, True),
    Bad({"field": {1}}, EncodeError, named="'record'", shown="set"),
]

INTEGER = [*types(None, True, 1.0, "1", b"1", Decimal(1)), *values(INT64_END, -INT64_END - 1)]

FROM_ONE = [*INTEGER, *values(0, -1)]

FROM_ZERO = [*INTEGER, *values(-1)]

SIZE = [bad for bad in FROM_ZERO if bad.value is not None]

FLAG = types(None, 1, 0, "yes")

KEEP_TTL = [*FLAG, Bad(True, ValueError, given={"ttl": 7})]

FUNCTION = types(None, 7, "function")

DURATION = [
    *types(True, "10", b"10", Decimal(10), AWARE, [10]),
    *values(math.nan, math.inf, -math.inf, 1e300, -1e300, 1e308, 10**30),
    Bad(10**5000, ValueError, shown="unprintable"),
]

NOT_POSITIVE = values(0, 0.0, -1, -1e-9, dt.timedelta(0), dt.timedelta(microseconds=-1))

NEGATIVE = values(-1, dt.timedelta(seconds=-1))

PAST_INT64 = [Bad(FAR, ValueError, shown=f"{FAR * 1000} ms")]

LIFETIME = [*DURATION, *NOT_POSITIVE]

TTL = [*LIFETIME, *PAST_INT64]

CALENDAR = [
    *types(0, 1.5, "2030-01-01", dt.date(2030, 1, 1), dt.timedelta(1)),
    *values(NAIVE, AWARE.replace(tzinfo=Nowhere())),
]

POSITION = [
    *types(None, True, "2030-01-01", dt.date(2030, 1, 1), dt.timedelta(1)),
    *values(NAIVE, math.nan, math.inf, 1e300, 10**30),
]

SERVER = types("memory://", MemoryServer, 7)

CODEC = types("json", b"json", JsonCodec, 7)

CLOCK = types("now", ManualClock, 7)

EVICTION = [
    *(Bad(policy, CacheConfigurationError) for policy in ("random", "", "LRU")),
    *types(None, 7, b"lru"),
]


def belongs_to_the_server(value: Any) -> list[Bad]:
    """Return `value` as an option that an adapter cannot take together with `server=`."""
    return [Bad(value, CacheConfigurationError, shown="", given={"server": MemoryServer()})]
