"""Where an earlier system's double and its Redis adapter differed: in no row may two providers here."""

from typing import Any, NoReturn

import pytest

from cache_provider.errors import CacheTimeoutError, CacheUnavailableError, WrongTypeError
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Act, Cache

HASH_CALLS: dict[str, Act] = {
    "hset": lambda cache: cache.hset("key", "field", "new"),
    "hget": lambda cache: cache.hget("key", "field"),
    "hgetall": lambda cache: cache.hgetall("key"),
    "hdel": lambda cache: cache.hdel("key", "field"),
}


NUMBER: Any = 1

FIELD_CALLS: dict[str, Act] = {
    "hset": lambda cache: cache.hset("key", NUMBER, "new"),
    "hget": lambda cache: cache.hget("key", NUMBER),
    "hdel": lambda cache: cache.hdel("key", NUMBER),
}

each_field_call = pytest.mark.parametrize("call", FIELD_CALLS.values(), ids=FIELD_CALLS.keys())


# An outage: what is made of other operations hands their failure on

COMPOSED: dict[str, tuple[str, Act]] = {
    "count_keys": ("scan", lambda cache: cache.count_keys()),
    "scan_iter": ("scan", lambda cache: list(cache.scan_iter())),
    "delete_pattern, scanning": ("scan", lambda cache: cache.delete_pattern("*")),
    "delete_pattern, deleting": ("mdelete", lambda cache: cache.delete_pattern("*")),
}


class DivergenceContract(Contract):
    """Where an earlier system's double and its Redis adapter differed: in no row may two providers here."""

    @pytest.mark.parametrize("value", ["text", 5, 0, None, True, {}, [], [1, 2]], ids=repr)
    def test_a_stored_value_is_no_list(self, provider: Cache, value: object) -> None:
        """`push_limit` on a value, were it a list, raises `WrongTypeError` and starts no new list."""
        provider.set("key", value)
        with pytest.raises(WrongTypeError, match="'key'"):
            provider.push_limit("key", "item", 5)

    @pytest.mark.parametrize("value", ["text", 5, None, {}, [], [1, 2]], ids=repr)
    def test_a_stored_list_is_no_pushed_list(self, provider: Cache, value: object) -> None:
        """`list_range` of a value, were it a list, raises `WrongTypeError`."""
        provider.set("key", value)
        with pytest.raises(WrongTypeError, match="'key'"):
            provider.list_range("key", 0, -1)

    @pytest.mark.parametrize("call", HASH_CALLS.values(), ids=HASH_CALLS.keys())
    def test_a_stored_dict_is_no_hash(self, provider: Cache, call: Act) -> None:
        """Operations on a hash raise `WrongTypeError` for a value, were it a dict."""
        provider.set("key", {"field": "value"})
        with pytest.raises(WrongTypeError, match="'key'"):
            call(provider)

    @each_field_call
    def test_a_number_is_no_field(self, provider: Cache, call: Act) -> None:
        """The field 1 is a `TypeError`, and never taken for the field `"1"`."""
        provider.hset("key", "1", "old")
        with pytest.raises(TypeError, match=r"\bfield\b.*int 1"):
            call(provider)

    @each_field_call
    def test_a_refused_field_changes_nothing(self, provider: Cache, call: Act) -> None:
        """After a refused field the hash is as it was."""
        provider.hset("key", "1", "old")
        with pytest.raises(TypeError, match="field"):
            call(provider)
        assert provider.hgetall("key") == {"1": "old"}

    @needs(Capability.OPEN_STEPS)
    @pytest.mark.parametrize(
        "error", [CacheUnavailableError("no answer"), CacheTimeoutError("no answer")], ids=repr
    )
    @pytest.mark.parametrize(("primitive", "call"), COMPOSED.values(), ids=COMPOSED.keys())
    def test_an_outage_is_not_swallowed(
        self,
        provider: Cache,
        monkeypatch: pytest.MonkeyPatch,
        primitive: str,
        call: Act,
        error: CacheUnavailableError,
    ) -> None:
        """A store that cannot be reached is never an empty answer or a count of 0."""

        def fail(*_arguments: object, **_options: object) -> NoReturn:
            raise error

        provider.set("key", "value")
        monkeypatch.setattr(provider, primitive, fail)
        with pytest.raises(type(error), match="no answer"):
            call(provider)
