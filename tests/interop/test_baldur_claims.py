"""Records of claims: on the synchronous face, awaited in threads, and on an asynchronous provider."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cache_provider import EncodeError, PickleCodec
from cache_provider.interop.baldur import BaldurCacheProvider
from cache_provider.steps import Steps
from cache_provider.testing.seam import Operation, Proceed
from tests.interop.claims import Claims, Connect, Record
from tests.interop.stores import DoubleStore, Store

NEW = {"status": "executing", "started_at": 100.0, "claim_id": "new"}
FAILED = {"status": "failed", "error": "boom"}
SECOND = timedelta(seconds=1)


def test_a_missing_key_reads_as_none(claims: Claims) -> None:
    """No default is asked for."""
    assert claims.get("gone") is None


def test_setnx_stores_what_get_reads(claims: Claims) -> None:
    """A copy of the record."""
    claims.setnx("k", NEW)
    assert claims.get("k") == NEW


def test_setnx_on_a_live_key_says_no(claims: Claims) -> None:
    """One caller claims it."""
    assert (claims.setnx("k", 1), claims.setnx("k", 2)) == (True, False)


def test_setnx_on_an_expired_key_stores(claims: Claims, store: Store) -> None:
    """A claim ends with its ttl."""
    claims.setnx("k", 1, SECOND)
    store.pass_time(1)
    assert claims.setnx("k", 2) is True


def test_setnx_sets_the_ttl(claims: Claims, store: Store) -> None:
    """In the same step."""
    claims.setnx("k", 1, timedelta(minutes=1))
    assert store.connect().ttl("k") == 60


def test_delete_says_whether_a_key_was_there(claims: Claims) -> None:
    """The first of two."""
    claims.setnx("k", 1)
    assert (claims.delete("k"), claims.delete("k")) == (True, False)


# One field


def test_cas_dict_field_replaces_where_the_field_equals(claims: Claims) -> None:
    """The whole record."""
    claims.setnx("k", FAILED)
    assert (claims.cas_dict_field("k", "status", "failed", NEW), claims.get("k")) == (True, NEW)


def test_cas_dict_field_keeps_where_the_field_differs(claims: Claims) -> None:
    """Nothing changes."""
    claims.setnx("k", FAILED)
    assert (claims.cas_dict_field("k", "status", "executing", NEW), claims.get("k")) == (False, FAILED)


def test_cas_dict_field_of_a_missing_key_says_no(claims: Claims) -> None:
    """And makes none."""
    assert (claims.cas_dict_field("gone", "status", None, NEW), claims.get("gone")) == (False, None)


def test_cas_dict_field_of_a_missing_field_equals_nothing(claims: Claims) -> None:
    """Not even None."""
    claims.setnx("k", FAILED)
    assert claims.cas_dict_field("k", "claim_id", None, NEW) is False


def test_cas_dict_field_of_a_value_that_is_no_dict_says_no(claims: Claims) -> None:
    """As baldur documents."""
    claims.setnx("k", "text")
    assert claims.cas_dict_field("k", "status", "failed", NEW) is False


def test_cas_dict_field_of_a_list_says_no(claims: Claims, store: Store) -> None:
    """The provider raises `WrongTypeError`; baldur documents False for what is no dict."""
    store.connect().push_limit("k", 1, 5)
    assert claims.cas_dict_field("k", "status", "failed", NEW) is False


def test_cas_dict_field_sets_the_ttl(claims: Claims, store: Store) -> None:
    """Of the new record."""
    claims.setnx("k", FAILED)
    claims.cas_dict_field("k", "status", "failed", NEW, timedelta(minutes=1))
    assert store.connect().ttl("k") == 60


# Takeover

JUDGED: dict[str, tuple[object, bool]] = {
    "failed": (FAILED, True),
    "stale": ({"status": "executing", "started_at": 49.9}, True),
    "stale, an int": ({"status": "executing", "started_at": 49}, True),
    "executing since nobody knows when": ({"status": "executing"}, True),
    "fresh": ({"status": "executing", "started_at": 50.1}, False),
    "just not stale": ({"status": "executing", "started_at": 50.0}, False),
    "executing since a text": ({"status": "executing", "started_at": "1"}, False),
    "executing since None": ({"status": "executing", "started_at": None}, False),
    "executing since False": ({"status": "executing", "started_at": False}, False),
    "completed": ({"status": "completed", "started_at": 1}, False),
    "of another status": ({"status": "odd", "started_at": 1}, False),
    "without a status": ({}, False),
    "no dict": ("failed", False),
    "None": (None, False),
}
EACH_RECORD = pytest.mark.parametrize(("record", "takeable"), JUDGED.values(), ids=JUDGED)


@EACH_RECORD
def test_a_takeover_says_whether_the_claim_was_failed_or_stale(
    claims: Claims, record: object, takeable: bool
) -> None:
    """As baldur documents, and its default implementation judges."""
    claims.setnx("k", record)
    assert claims.cas_takeover("k", NEW, stale_before=50) is takeable


@EACH_RECORD
def test_a_takeover_replaces_only_what_was_failed_or_stale(
    claims: Claims, record: object, takeable: bool
) -> None:
    """The whole record, or nothing."""
    claims.setnx("k", record)
    claims.cas_takeover("k", NEW, stale_before=50)
    assert claims.get("k") == (NEW if takeable else record)


def test_a_takeover_of_a_missing_key_says_no(claims: Claims) -> None:
    """There is no claim."""
    assert (claims.cas_takeover("gone", NEW, stale_before=50), claims.get("gone")) == (False, None)


def test_a_takeover_of_a_list_says_no(claims: Claims, store: Store) -> None:
    """It is no record."""
    store.connect().push_limit("k", 1, 5)
    assert claims.cas_takeover("k", NEW, stale_before=50) is False


def test_a_takeover_sets_the_ttl(claims: Claims, store: Store) -> None:
    """Of the new claim."""
    claims.setnx("k", FAILED)
    claims.cas_takeover("k", NEW, stale_before=50, ttl=timedelta(minutes=1))
    assert store.connect().ttl("k") == 60


def test_a_takeover_without_a_ttl_removes_the_deadline(claims: Claims, store: Store) -> None:
    """As a set does."""
    claims.setnx("k", FAILED, timedelta(minutes=1))
    claims.cas_takeover("k", NEW, stale_before=50)
    assert store.connect().ttl("k") is None


class Before:
    """Does something right before the first operation of a name."""

    def __init__(self, name: str, act: Callable[[], object]) -> None:
        self._name = name
        self._acts = [act]

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Do it, and let the operation go on."""
        if operation.name == self._name and self._acts:
            self._acts.pop()()
        return (yield from proceed())


def test_of_two_takeovers_one_succeeds(connect_claims: Connect, store: Store) -> None:
    """The other one's fresh claim is no longer stale."""
    rival = store.connect()
    claims = connect_claims(Before("compare_and_set", lambda: rival.set("k", NEW | {"claim_id": "rival"})))
    rival.set("k", FAILED)
    assert claims.cas_takeover("k", NEW, stale_before=50) is False


def test_the_takeover_that_lost_changes_nothing(connect_claims: Connect, store: Store) -> None:
    """The rival's claim stays."""
    rival = store.connect()
    claims = connect_claims(Before("compare_and_set", lambda: rival.set("k", NEW | {"claim_id": "rival"})))
    rival.set("k", FAILED)
    claims.cas_takeover("k", NEW, stale_before=50)
    assert claims.get("k")["claim_id"] == "rival"


def test_a_record_that_changed_is_judged_again(connect_claims: Connect, store: Store) -> None:
    """Failed once more in between, it may still be taken over."""
    rival = store.connect()
    claims = connect_claims(Before("compare_and_set", lambda: rival.set("k", FAILED | {"retry_count": 1})))
    rival.set("k", FAILED)
    assert claims.cas_takeover("k", NEW, stale_before=50) is True


def test_a_record_that_went_in_between_is_not_taken_over(connect_claims: Connect, store: Store) -> None:
    """There is no claim any more."""
    rival = store.connect()
    claims = connect_claims(Before("compare_and_set", lambda: rival.delete("k")))
    rival.set("k", FAILED)
    assert claims.cas_takeover("k", NEW, stale_before=50) is False


def test_a_record_that_does_not_equal_itself_is_refused(double: DoubleStore) -> None:
    """Comparing it would fail for ever."""
    face = BaldurCacheProvider(double.connect(codec=PickleCodec()))
    face.set("k", FAILED | {"cost": float("nan")})
    with pytest.raises(ValueError, match="record under key 'k' does not equal itself"):
        face.cas_takeover("k", NEW, stale_before=50)


# Arguments

BAD: dict[str, tuple[Callable[[Claims], object], type[Exception], str]] = {
    "a key that is no str": (
        lambda c: c.cas_takeover(5, NEW, stale_before=1),  # type: ignore[arg-type]  # what is refused
        TypeError,
        "key must be a str, not int 5",
    ),
    "a record that is no dict": (
        lambda c: c.cas_takeover("k", [1], stale_before=1),  # type: ignore[arg-type]  # what is refused
        TypeError,
        r"new_record must be a dict, not list \[1\]",
    ),
    "a moment that is a text": (
        lambda c: c.cas_takeover("k", NEW, stale_before="1"),  # type: ignore[arg-type]  # what is refused
        TypeError,
        "stale_before must be seconds since the epoch, not str '1'",
    ),
    "a moment that is a bool": (
        lambda c: c.cas_takeover("k", NEW, stale_before=True),
        TypeError,
        "stale_before must be seconds since the epoch, not bool True",
    ),
    "a moment that is none": (
        lambda c: c.cas_takeover("k", NEW, stale_before=float("nan")),
        ValueError,
        "stale_before must be seconds since the epoch, not nan",
    ),
    "a ttl of nothing": (
        lambda c: c.cas_takeover("k", NEW, stale_before=1, ttl=timedelta(0)),
        ValueError,
        "ttl must be positive",
    ),
    "a record that no codec carries": (
        lambda c: c.cas_takeover("k", {"status": object()}, stale_before=1),
        EncodeError,
        "'k'.*object",
    ),
    "a field that is no str": (
        lambda c: c.cas_dict_field("k", 5, "failed", NEW),  # type: ignore[arg-type]  # what is refused
        TypeError,
        "field must be a str, not int 5",
    ),
    "another record that is no dict": (
        lambda c: c.cas_dict_field("k", "status", "failed", [1]),  # type: ignore[arg-type]  # what is refused
        TypeError,
        r"new_value must be a dict, not list \[1\]",
    ),
    "a claim for no time": (
        lambda c: c.setnx("other", 1, timedelta(0)),
        ValueError,
        "ttl must be positive",
    ),
}


@pytest.mark.parametrize(("call", "error", "story"), BAD.values(), ids=BAD)
def test_a_bad_argument_is_refused_and_changes_nothing(
    claims: Claims, store: Store, call: Callable[[Claims], object], error: type[Exception], story: str
) -> None:
    """Whatever the record is like: it is looked at first."""
    claims.setnx("k", FAILED)
    with pytest.raises(error, match=story):
        call(claims)
    assert store.connect().mget(["k", "other"]) == {"k": FAILED}


@pytest.mark.parametrize(
    ("record", "ttl", "error"),
    [(NEW, timedelta(0), ValueError), ({"status": object()}, None, EncodeError)],
    ids=["ttl", "record"],
)
def test_a_bad_argument_is_refused_where_there_is_nothing_to_take_over(
    claims: Claims, record: Record, ttl: timedelta | None, error: type[Exception]
) -> None:
    """It would be wrong the next time."""
    with pytest.raises(error):
        claims.cas_takeover("gone", record, stale_before=1, ttl=ttl)
