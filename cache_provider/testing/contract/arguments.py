"""Arguments are checked before anything is touched: what is wrong is named, with its value."""

import re
from datetime import datetime
from typing import Any

import pytest

from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.harness import Act, ActOn, Cache
from cache_provider.testing.contract.operations import ON_A_KEY, ON_A_PATTERN
from cache_provider.testing.contract.rows import about

ON_A_NAME: dict[str, ActOn] = {
    "get_lock": lambda cache, name: cache.get_lock(name),
}

ON_A_FIELD: dict[str, ActOn] = {
    "cas_dict_field": lambda cache, field: cache.cas_dict_field("key", field, "old", {"field": "new"}),
    "hset": lambda cache, field: cache.hset("key", field, "new"),
    "hget": lambda cache, field: cache.hget("key", field),
    "hdel": lambda cache, field: cache.hdel("key", "field", field),
}

TEXTS = [
    pytest.param(argument, call, id=f"{operation}: {argument}")
    for argument, operations in (
        ("key", ON_A_KEY),
        ("name", ON_A_NAME),
        ("field", ON_A_FIELD),
        ("pattern", ON_A_PATTERN),
    )
    for operation, call in operations.items()
]

each_text = pytest.mark.parametrize(("argument", "call"), TEXTS)


ANY: Any = None

REFUSED: dict[str, Act] = {
    "a ttl": lambda cache: cache.set("key", "new", 0),
    "a value": lambda cache: cache.set("key", {"new"}),
    "a factory": lambda cache: cache.get_or_set("key", ANY),
    "a lock_timeout": lambda cache: cache.get_or_set("key", dict, lock_timeout=0),
    "an amount": lambda cache: cache.incr("key", 2**63),
    "a ttl of expire": lambda cache: cache.expire("key", ANY),
    "a naive moment": lambda cache: cache.expire_at("key", datetime(2100, 1, 1)),  # noqa: DTZ001 - refused
    "a record": lambda cache: cache.cas_dict_field("key", "field", "old", ANY),
    "an expected value": lambda cache: cache.compare_and_set("key", "old", {"new"}),
    "keys of mget": lambda cache: cache.mget("key"),
    "keys of mdelete": lambda cache: cache.mdelete("key"),
    "keys of mexists": lambda cache: cache.mexists("key"),
    "a mapping": lambda cache: cache.mset(ANY),
    "a length": lambda cache: cache.push_limit("key", "new", 0),
    "a position": lambda cache: cache.list_range("key", ANY, 0),
    "a count": lambda cache: cache.scan(count=0),
    "a count of scan_iter": lambda cache: cache.scan_iter(count=0),
    "a cursor": lambda cache: cache.scan(cursor=-1),
    "a lease": lambda cache: cache.get_lock("lock", 0),
    "a blocking_timeout": lambda cache: cache.get_lock("lock", blocking_timeout=True),
}
"""Calls with an argument that is refused, one of each kind."""


class ArgumentContract(Contract):
    """Arguments are checked before anything is touched: what is wrong is named, with its value."""

    @each_text
    def test_only_a_str_is_text(self, provider: Cache, argument: str, call: ActOn) -> None:
        """A key, name, field or pattern that is not a `str` is a `TypeError`."""
        for value in (7, None, b"k"):
            with about(value), pytest.raises(TypeError, match=rf"\b{argument}\b.*{value!r}"):
                call(provider, value)

    @each_text
    def test_a_lone_surrogate_is_no_text(self, provider: Cache, argument: str, call: ActOn) -> None:
        """A key, name, field or pattern that UTF-8 cannot carry is a `ValueError`."""
        with pytest.raises(ValueError, match=rf"\b{argument}\b.*\\ud800"):
            call(provider, "\ud800")

    @each_text
    def test_surrogates_that_stand_for_utf8_are_no_text(
        self, provider: Cache, argument: str, call: ActOn
    ) -> None:
        """They came from no store: there is one `str` for each key, and theirs is another."""
        with pytest.raises(ValueError, match=rf"\b{argument}\b.*\\udcc3\\udca9"):
            call(provider, "\udcc3\udca9")

    @pytest.mark.parametrize("call", [each.values[1] for each in TEXTS], ids=[each.id for each in TEXTS])
    def test_bytes_that_are_no_utf8_are_text(self, provider: Cache, call: ActOn) -> None:
        """As Python shows them (`surrogateescape`) every operation takes them, as any other key or field."""
        assert type(call(provider, "k\udcff")) is type(call(provider, "another"))

    @pytest.mark.parametrize("call", ON_A_KEY.values(), ids=ON_A_KEY.keys())
    def test_an_illegal_key_touches_nothing(self, provider: Cache, call: ActOn) -> None:
        """Legal keys in the same call stay as they were."""
        provider.set("key", "old")
        with pytest.raises(TypeError, match="key"):
            call(provider, 7)
        assert provider.mget(provider.keys()) == {"key": "old"}

    @pytest.mark.parametrize("key", ["there", "missing"])
    def test_a_factory_is_callable(self, provider: Cache, key: str) -> None:
        """`get_or_set` without a factory is a `TypeError`, whether the key is there or not."""
        provider.set("there", "value")
        no_factory: Any = "no factory"
        with pytest.raises(TypeError, match=r"default_factory.*'no factory'"):
            provider.get_or_set(key, no_factory)

    @pytest.mark.parametrize("record", [None, "text", 5, [("a", 1)]], ids=repr)
    def test_a_new_record_is_a_dict(self, provider: Cache, record: Any) -> None:
        """`cas_dict_field` replaces a dict by a dict."""
        provider.set("key", {"state": "old"})
        with pytest.raises(TypeError, match="new_value"):
            provider.cas_dict_field("key", "state", "old", record)

    # On a closed provider

    @each_text
    def test_a_closed_provider_checks_its_text_first(
        self, provider: Cache, argument: str, call: ActOn
    ) -> None:
        """What is not a `str` is a `TypeError`, closed or not: it would be wrong on an open provider too."""
        provider.close()
        with pytest.raises(TypeError, match=rf"\b{argument}\b.*7"):
            call(provider, 7)

    @pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED.keys())
    def test_a_closed_provider_checks_its_arguments_first(self, provider: Cache, call: Act) -> None:
        """An argument that an open provider refuses, a closed one refuses with the same error."""
        with pytest.raises((TypeError, ValueError)) as refusal:
            call(provider)
        provider.close()
        with pytest.raises(refusal.type, match=re.escape(str(refusal.value))):
            call(provider)
