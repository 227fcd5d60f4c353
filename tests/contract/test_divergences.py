"""Where an earlier system's double and its Redis adapter differed: in no row may two providers here."""

from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from cache_provider import CacheTimeoutError, CacheUnavailableError, WrongTypeError
from tests.contract.harness import Cache

# Each row of that list, and the test that holds it ("below" is this module):
#
# values aliased / copied          test_values: test_what_was_written_is_not_the_callers_object
#   (and)                          test_values: test_what_was_read_is_not_the_stored_object
# tuples                           test_codecs: test_a_tuple_comes_back_as_a_list
# sets, bytes, datetimes           test_codecs: test_a_value_that_would_not_come_back_is_refused
# non-string dict keys             test_codecs: test_a_value_that_would_not_come_back_is_refused
# big ints                         test_codecs: test_a_value_comes_back_as_it_is
# ttl=0                            test_time: test_a_ttl_that_is_not_positive_is_refused
#   (and)                          test_time: test_a_ttl_that_is_not_positive_leaves_the_value
#   (and)                          test_time: test_a_ttl_that_is_not_positive_creates_nothing
# negative ttl                     test_time: the same three
#   (and)                          test_deadlines: test_expire_in_no_time_deletes
# ttl below 1 s                    test_time: test_a_key_is_gone_when_its_ttl_is_over
# 1.9 s exact / cut to 1 s         test_time: test_every_write_counts_as_set_does
# ttl() floor / rounded            test_time: test_ttl_rounds_to_the_nearest_second
# setnx ignoring the default ttl   test_default_ttl: test_a_key_that_is_created_takes_the_default
# delete of an expired key         test_expired: test_an_expired_key_is_missing
# incr coercing '5', ' 7 ', '1_0'  test_counters: test_other_text_is_no_counter
# incr coercing True, 5.9          test_counters: test_a_value_that_is_no_int64_is_no_counter
# overflow                         test_counters: test_a_counter_does_not_leave_int64
# amount 1.5, True, "2"            test_counters: test_only_an_int_can_be_counted
# CAS with int, None, bool,        test_compare: test_the_same_value_is_expected
#   dict, list expected            test_compare: test_another_value_is_not_expected
# CAS ttl <= 0                     test_time: test_a_ttl_that_is_not_positive_is_refused
# CAS on a pushed list             test_key_types: test_an_operation_of_another_type_is_refused
# push_limit on a scalar           below: test_a_stored_value_is_no_list
# get of a pushed list             test_key_types: test_an_operation_of_another_type_is_refused
# mget of a pushed list            test_key_types: test_mget_leaves_other_types_out
# list_range of a stored list      below: test_a_stored_list_is_no_pushed_list
# push_limit without ttl           test_lists: test_a_push_without_ttl_keeps_the_deadline
# hset clearing ttl                test_time: test_a_deadline_is_kept
# hash field 1 and '1'             below: test_a_number_is_no_field
# fnmatch / Redis globs            test_patterns: test_a_pattern_finds_its_keys_and_no_others
# scan losing keys past `count`    test_scanning: test_a_scan_finds_every_key_once
# scan having no cursor            test_scanning: test_a_key_that_stays_is_found
# glob characters in the prefix    test_patterns: test_a_prefix_finds_its_own_keys_only
#   (and)                          test_housekeeping: test_flush_all_takes_its_prefix_for_text
# lock names as keys               test_lock_keys: test_a_held_lock_shows
# flush_all dropping other locks   test_lock_keys: test_flush_all_spares_other_prefixes_locks
# lock timeout=0                   test_leases: test_what_is_no_time_for_a_lock_is_refused
#   (and)                          test_lock_waiting: test_a_timeout_that_is_not_positive_tries_once
# outage swallowed / raised        below: test_an_outage_is_not_swallowed
#   (and)                          test_get_or_set_outage: the one operation that works around it
# release never raising            test_locks: test_a_lost_lock_cannot_be_released
# extend replacing, not adding     test_leases: test_extend_adds_to_the_lease
# max_len=0 capping nothing        test_lists: test_a_list_holds_one_item_at_least
# generators as `keys`             test_bulk: test_mget_takes_any_iterable
#   (and)                          test_bulk: test_mdelete_takes_any_iterable
#   (and)                          test_bulk: test_mexists_takes_any_iterable
# expire(None)                     test_deadlines: test_expire_of_none_is_refused


@pytest.mark.parametrize("value", ["text", 5, 0, None, True, {}, [], [1, 2]], ids=repr)
def test_a_stored_value_is_no_list(cache: Cache, value: object) -> None:
    """`push_limit` on a value, were it a list, raises `WrongTypeError` and starts no list anew."""
    cache.set("key", value)
    with pytest.raises(WrongTypeError, match="'key'"):
        cache.push_limit("key", "item", 5)


@pytest.mark.parametrize("value", ["text", 5, None, {}, [], [1, 2]], ids=repr)
def test_a_stored_list_is_no_pushed_list(cache: Cache, value: object) -> None:
    """`list_range` of a value, were it a list, raises `WrongTypeError`."""
    cache.set("key", value)
    with pytest.raises(WrongTypeError, match="'key'"):
        cache.list_range("key", 0, -1)


HASH_CALLS: dict[str, Callable[[Cache], object]] = {
    "hset": lambda cache: cache.hset("key", "field", "new"),
    "hget": lambda cache: cache.hget("key", "field"),
    "hgetall": lambda cache: cache.hgetall("key"),
    "hdel": lambda cache: cache.hdel("key", "field"),
}


@pytest.mark.parametrize("call", HASH_CALLS.values(), ids=HASH_CALLS.keys())
def test_a_stored_dict_is_no_hash(cache: Cache, call: Callable[[Cache], object]) -> None:
    """Operations on a hash raise `WrongTypeError` for a value, were it a dict."""
    cache.set("key", {"field": "value"})
    with pytest.raises(WrongTypeError, match="'key'"):
        call(cache)


NUMBER: Any = 1

FIELD_CALLS: dict[str, Callable[[Cache], object]] = {
    "hset": lambda cache: cache.hset("key", NUMBER, "new"),
    "hget": lambda cache: cache.hget("key", NUMBER),
    "hdel": lambda cache: cache.hdel("key", NUMBER),
}

each_field_call = pytest.mark.parametrize("call", FIELD_CALLS.values(), ids=FIELD_CALLS.keys())


@each_field_call
def test_a_number_is_no_field(cache: Cache, call: Callable[[Cache], object]) -> None:
    """The field 1 is a `TypeError`, and never taken for the field `"1"`."""
    cache.hset("key", "1", "old")
    with pytest.raises(TypeError, match=r"\bfield\b.*int 1"):
        call(cache)


@each_field_call
def test_a_refused_field_changes_nothing(cache: Cache, call: Callable[[Cache], object]) -> None:
    """After a refused field the hash is as it was."""
    cache.hset("key", "1", "old")
    with pytest.raises(TypeError, match="field"):
        call(cache)
    assert cache.hgetall("key") == {"1": "old"}


# An outage: what is made of other operations hands their failure on

COMPOSED: dict[str, tuple[str, Callable[[Cache], object]]] = {
    "count_keys": ("scan", lambda cache: cache.count_keys()),
    "scan_iter": ("scan", lambda cache: list(cache.scan_iter())),
    "delete_pattern, scanning": ("scan", lambda cache: cache.delete_pattern("*")),
    "delete_pattern, deleting": ("mdelete", lambda cache: cache.delete_pattern("*")),
}


@pytest.mark.parametrize(
    "error", [CacheUnavailableError("no answer"), CacheTimeoutError("no answer")], ids=repr
)
@pytest.mark.parametrize(("primitive", "call"), COMPOSED.values(), ids=COMPOSED.keys())
def test_an_outage_is_not_swallowed(
    cache: Cache,
    monkeypatch: pytest.MonkeyPatch,
    primitive: str,
    call: Callable[[Cache], object],
    error: CacheUnavailableError,
) -> None:
    """A store that cannot be reached is never an empty answer or a count of 0."""

    def fail(*_arguments: object, **_options: object) -> NoReturn:
        raise error

    cache.set("key", "value")
    monkeypatch.setattr(cache, primitive, fail)
    with pytest.raises(type(error), match="no answer"):
        call(cache)
