"""What baldur asks of the record of a claim, in steps that serve threads and coroutines alike."""

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeAlias, cast

from cache_provider.aio.interface import AnyProvider
from cache_provider.arguments import check_dict, check_key, ttl_ms
from cache_provider.comparison import same_value
from cache_provider.errors import WrongTypeError
from cache_provider.steps import Steps

ClaimRecord: TypeAlias = dict[str, Any]


def replace_where(
    provider: AnyProvider, key: str, field: str, expected: Any, new_value: ClaimRecord, ttl: timedelta | None
) -> Steps[bool]:
    """Replace the record if one of its fields equals `expected`; a list or hash is not a record."""
    try:
        replaced: bool = yield provider.cas_dict_field(key, field, expected, new_value, ttl)
    except WrongTypeError:
        return False
    return replaced


def take_over(
    provider: AnyProvider, key: str, new_record: ClaimRecord, stale_before: float, ttl: timedelta | None
) -> Steps[bool]:
    """Replace the record of a claim that failed, or that began before `stale_before` and still executes.

    The record is replaced only while it is the very one that was judged; when it
    changed in between, the new one is judged.
    """
    check_key(key)
    check_dict("new_record", new_record)
    # Refused or copied now: it may be written only later, when the caller has changed it.
    new_record = provider.as_stored(key, new_record)
    _check_moment("stale_before", stale_before)
    if ttl is not None:
        ttl_ms("ttl", ttl)
    try:
        while True:
            record = yield provider.get(key)
            if not _is_takeable(key, record, stale_before):
                return False
            replaced = yield provider.compare_and_set(key, record, new_record, ttl)
            if replaced:
                return True
    except WrongTypeError:
        return False


def _is_takeable(key: str, record: object, stale_before: float) -> bool:
    if not isinstance(record, dict):
        return False
    fields = cast("Mapping[str, object]", record)
    status = fields.get("status")
    takeable = status == "failed" or (status == "executing" and _began(fields) < stale_before)
    # A NaN, which some codecs carry, differs from itself: the compare would fail for ever.
    if takeable and not same_value(fields, fields):
        raise ValueError(f"the record under key {key!r} does not equal itself")
    return takeable


def _began(fields: Mapping[str, object]) -> float:
    """Return when a claim began, 0 where it does not say; what is not a number is never old enough."""
    began = fields.get("started_at", 0)
    return began if isinstance(began, (int, float)) and not isinstance(began, bool) else math.inf


def _check_moment(name: str, moment: object) -> None:
    if isinstance(moment, bool) or not isinstance(moment, (int, float)):
        raise TypeError(f"{name} must be seconds since the epoch, not {type(moment).__name__} {moment!r}")
    if math.isnan(moment):
        raise ValueError(f"{name} must be seconds since the epoch, not {moment!r}")
