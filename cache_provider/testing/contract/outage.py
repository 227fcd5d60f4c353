"""Compute on a miss when the store cannot be reached, and with arguments that are refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

import pytest

from cache_provider.errors import CacheClosedError, CacheError, CacheTimeoutError, CacheUnavailableError
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Act, Cache, Harness
from cache_provider.testing.contract.operations import EVERY
from cache_provider.testing.contract.rows import about

ANSWERED_WITHOUT_A_STORE = {"health_check", "ping", "stats", "get_lock", "get_or_set"}


def raising(error: CacheError) -> Callable[..., NoReturn]:
    """Return an operation that fails."""

    def operation(*_arguments: object, **_options: object) -> NoReturn:
        raise error

    return operation


def break_locks(cache: Cache, monkeypatch: pytest.MonkeyPatch, method: str, error: CacheError) -> None:
    """Have one method of all locks fail from now on."""
    get_lock = cache.get_lock

    def get_broken_lock(*arguments: Any, **options: Any) -> object:
        lock = get_lock(*arguments, **options)
        monkeypatch.setattr(lock, method, raising(error))
        return lock

    monkeypatch.setattr(cache, "get_lock", get_broken_lock)


ERRORS = [CacheUnavailableError("down"), CacheTimeoutError("slow")]

unreachable = pytest.mark.parametrize("error", ERRORS, ids=repr)
stages = pytest.mark.parametrize("stage", ["get", "acquire", "setnx"])


def break_at(stage: str, cache: Cache, monkeypatch: pytest.MonkeyPatch, error: CacheError) -> None:
    """Make the store unreachable from one step of the computation on."""
    if stage == "acquire":
        break_locks(cache, monkeypatch, "acquire", error)
    else:
        monkeypatch.setattr(cache, stage, raising(error))


LOST: dict[str, Act] = {
    **{name: call for name, call in EVERY.items() if name not in ANSWERED_WITHOUT_A_STORE},
    "lock.acquire": lambda cache: cache.get_lock("lock").acquire(),
    "lock.acquire without blocking": lambda cache: cache.get_lock("lock").acquire(blocking=False),
    "lock.locked": lambda cache: cache.get_lock("lock").locked(),
    "lock.owned": lambda cache: cache.get_lock("lock").owned(),
    "lock.extend": lambda cache: cache.get_lock("lock").extend(5),
    "with lock": lambda cache: cache.get_lock("lock").__enter__(),
}


NO_TIME: list[tuple[Any, type[Exception], str]] = [
    (float("nan"), ValueError, "nan"),
    (float("inf"), ValueError, "inf"),
    (2**63, ValueError, "9223372036854775808"),
    (2**63 // 1000, ValueError, "9223372036854775"),
    (True, TypeError, "True"),
    ("10", TypeError, "'10'"),
    (None, TypeError, "None"),
]

NOT_POSITIVE: list[tuple[Any, type[Exception], str]] = [
    (0, ValueError, "0"),
    (-1, ValueError, "-1"),
    (timedelta(0), ValueError, r"timedelta\(0\)"),
]

TIMES = [
    *(("lock_timeout", *row) for row in [*NOT_POSITIVE, *NO_TIME]),
    *(("wait_timeout", *row) for row in NO_TIME),
]


class OutageContract(Contract):
    """Compute on a miss when the store cannot be reached, and with arguments that are refused."""

    @needs(Capability.OPEN_STEPS)
    @unreachable
    @stages
    def test_an_unreachable_store_does_not_stop_the_computation(
        self, provider: Cache, monkeypatch: pytest.MonkeyPatch, stage: str, error: CacheError
    ) -> None:
        """The caller gets the computed value, at whatever step the store is lost."""
        break_at(stage, provider, monkeypatch, error)
        assert provider.get_or_set("key", lambda: "computed") == "computed"

    @needs(Capability.OPEN_STEPS)
    @stages
    def test_an_unreachable_store_computes_once(
        self, provider: Cache, monkeypatch: pytest.MonkeyPatch, stage: str
    ) -> None:
        """The factory is called once, at whatever step the store is lost."""
        calls: list[int] = []
        break_at(stage, provider, monkeypatch, ERRORS[0])
        provider.get_or_set("key", lambda: calls.append(1))
        assert calls == [1]

    @needs(Capability.OPEN_STEPS)
    @stages
    def test_an_unreachable_store_caches_nothing(
        self, provider: Cache, other: Cache, monkeypatch: pytest.MonkeyPatch, stage: str
    ) -> None:
        """Neither a value nor a lock is left behind."""
        break_at(stage, provider, monkeypatch, ERRORS[0])
        provider.get_or_set("key", lambda: "computed")
        assert other.keys() == []

    @needs(Capability.OPEN_STEPS)
    @stages
    def test_an_unreachable_store_gives_the_caller_a_copy_too(
        self, provider: Cache, monkeypatch: pytest.MonkeyPatch, stage: str
    ) -> None:
        """The value has the shape that a read would give it, stored or not."""
        break_at(stage, provider, monkeypatch, ERRORS[0])
        assert provider.get_or_set("key", lambda: (1, 2)) == [1, 2]

    @needs(Capability.OPEN_STEPS)
    @stages
    def test_an_unreachable_store_hides_no_failure_of_the_factory(
        self, provider: Cache, monkeypatch: pytest.MonkeyPatch, stage: str
    ) -> None:
        """The factory's own exception comes out."""
        break_at(stage, provider, monkeypatch, ERRORS[0])

        def fail() -> NoReturn:
            raise KeyError("boom")

        with pytest.raises(KeyError, match="boom"):
            provider.get_or_set("key", fail)

    @needs(Capability.OPEN_STEPS)
    def test_a_store_that_is_lost_at_the_very_end_keeps_the_value(
        self, provider: Cache, other: Cache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A lock that cannot be given back ends by itself; the value is stored and returned."""
        break_locks(provider, monkeypatch, "release", ERRORS[0])
        assert (provider.get_or_set("key", lambda: "computed"), other.get("key")) == ("computed", "computed")

    @needs(Capability.OPEN_STEPS)
    @stages
    def test_any_other_error_of_the_store_comes_out(
        self, provider: Cache, monkeypatch: pytest.MonkeyPatch, stage: str
    ) -> None:
        """Only a store that cannot be reached is worked around."""
        break_at(stage, provider, monkeypatch, CacheClosedError("closed"))
        with pytest.raises(CacheClosedError, match="closed"):
            provider.get_or_set("key", lambda: "computed")

    # A store that is not there

    @needs(Capability.LOST_STORE)
    @pytest.mark.parametrize("call", LOST.values(), ids=LOST.keys())
    def test_a_lost_store_is_unavailable(self, harness: Harness, call: Act) -> None:
        """Every operation says so, locks included; nothing is swallowed into None, False or 0."""
        with pytest.raises(CacheUnavailableError):
            call(harness.connect_lost())

    @needs(Capability.LOST_STORE)
    @pytest.mark.parametrize("ask", ["health_check", "ping"])
    def test_a_lost_store_is_not_healthy(self, harness: Harness, ask: str) -> None:
        """`health_check` and `ping` alone answer False."""
        assert getattr(harness.connect_lost(), ask)() is False

    @needs(Capability.LOST_STORE)
    def test_a_lost_store_does_not_stop_a_computation(self, harness: Harness) -> None:
        """`get_or_set` computes without caching."""
        assert harness.connect_lost().get_or_set("key", lambda: "computed") == "computed"

    # Arguments

    @pytest.mark.parametrize("key", ["there", "missing"])
    def test_what_is_no_time_is_refused(self, provider: Cache, key: str) -> None:
        """A lease is positive, patience any duration; what is none names its argument, hit or miss."""
        provider.set("there", "value")
        for argument, time, error, shown in TIMES:
            options = {argument: time}
            with about(options), pytest.raises(error, match=rf"\b{argument}\b.*{shown}"):
                provider.get_or_set(key, lambda: "computed", **options)

    def test_a_refused_argument_computes_nothing(self, provider: Cache) -> None:
        """Arguments are checked before the factory is called."""
        calls: list[int] = []
        with pytest.raises(ValueError, match="ttl"):
            provider.get_or_set("key", lambda: calls.append(1), 0)
        assert calls == []
