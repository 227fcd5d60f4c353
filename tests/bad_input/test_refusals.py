"""A bad argument is refused with the error the contract names, and nothing has changed."""

import re
from typing import Any

import pytest

from cache_provider import CacheProviderInterface, InMemoryCacheAdapter
from cache_provider.testing.contract.rows import about
from tests.bad_input import bad
from tests.bad_input.cases import CASES, CASES_EVERYWHERE, SITUATIONS, Case
from tests.bad_input.groups import each_group
from tests.bad_input.stage import Stage

SHOWN = [case for case in CASES if case.bad.shown != ""]
GET_OR_SET = [
    case
    for case in CASES_EVERYWHERE
    if case.call == "cache.get_or_set" and case.argument != "default_factory"
]
CONSTRUCTIONS = [
    case for case in CASES if case.call == "InMemoryCacheAdapter()" and case.argument != "cache_name"
]


# Of whatever class: which one it must be exactly is the first test's claim alone.
REFUSAL = (TypeError, ValueError)


def each_call(cases: list[Case]) -> pytest.MarkDecorator:
    """Run a test for each call, with the cases of it."""
    return each_group("cases", cases, lambda case: case.call)


def refusal(case: Case) -> Exception:
    """Return the error that the case raises."""
    with pytest.raises(REFUSAL) as caught:
        Stage().call(case.call, case.situation.subject, case.arguments)
    return caught.value


@each_call(CASES_EVERYWHERE)
def test_a_bad_argument_raises_the_documented_error(cases: list[Case]) -> None:
    """A wrong type is a plain `TypeError`, a wrong value a `ValueError`, unless the contract says more."""
    for case in cases:
        with about(str(case)):
            assert type(refusal(case)) is case.bad.error


@each_call(CASES_EVERYWHERE)
def test_a_bad_argument_changes_nothing(cases: list[Case]) -> None:
    """Values, lists, hashes, deadlines and locks are after the refusal what they were before."""
    stage = Stage()
    before = stage.snapshot()
    for case in cases:
        with about(str(case)):
            with pytest.raises(REFUSAL):
                stage.call(case.call, case.situation.subject, case.arguments)
            assert stage.snapshot() == before


@each_call(CASES)
def test_the_message_names_the_argument(cases: list[Case]) -> None:
    """Whoever reads the message learns which argument was wrong."""
    for case in cases:
        named = re.escape(case.bad.named or case.argument)
        with about(str(case)):
            assert re.search(rf"(?<!\w){named}(?!\w)", str(refusal(case)))


@each_call(SHOWN)
def test_the_message_shows_the_value(cases: list[Case]) -> None:
    """Whoever reads the message sees what was wrong with the argument."""
    for case in cases:
        shown = repr(case.bad.value)[:77] if case.bad.shown is None else case.bad.shown
        with about(str(case)):
            assert shown in str(refusal(case))


@each_call(GET_OR_SET)
def test_a_refused_get_or_set_computes_nothing(cases: list[Case]) -> None:
    """The arguments are checked before the factory runs."""
    calls: list[str] = []
    for case in cases:
        with about(str(case)):
            counted = {**case.arguments, "default_factory": lambda: calls.append("called")}
            with pytest.raises(REFUSAL):
                Stage().call(case.call, "cache", counted)
            assert not calls


@each_call(CONSTRUCTIONS)
def test_a_refused_adapter_is_not_swept(cases: list[Case]) -> None:
    """An adapter whose construction failed is not among those that a `CleanupService` sweeps."""
    for case in cases:
        with about(str(case)):
            refusal(case)
    assert "refused" not in [adapter.cache_name for adapter in InMemoryCacheAdapter.instances()]


@pytest.mark.parametrize("call", SITUATIONS)
def test_the_other_arguments_of_a_case_are_legal(call: str) -> None:
    """Without the bad argument the call succeeds, so it is the bad one that each case is refused for."""
    situation = SITUATIONS[call][0]
    assert Stage().call(call, situation.subject, situation.arguments) is not False


def test_a_default_ttl_whose_deadline_leaves_int64_is_refused_at_the_write() -> None:
    """The key stays missing."""
    cache = InMemoryCacheAdapter(default_ttl=bad.FAR)
    with pytest.raises(ValueError, match="int64"):
        cache.set("key", 1)
    assert not cache.exists("key")


class Text(str):
    """A `str` of a class of its own."""

    __slots__ = ()


class Number(int):
    """An `int` of a class of its own."""


LEGAL: dict[str, tuple[str, dict[str, Any], Any]] = {
    "an empty key": ("set", {"key": "", "value": 1}, True),
    "a key of a str subclass": ("set", {"key": Text("key"), "value": 1}, True),
    "a key outside ASCII": ("set", {"key": "ключ", "value": 1}, True),
    "a key with NUL": ("set", {"key": "a\0b", "value": 1}, True),
    "an amount of an int subclass": ("incr", {"key": "n", "amount": Number(3)}, 3),
    "a default of an int subclass": ("incr", {"key": "n", "default": Number(3)}, 4),
    "the largest amount": ("incr", {"key": "n", "amount": 2**63 - 1}, 2**63 - 1),
    "the smallest amount": ("incr", {"key": "n", "amount": -(2**63)}, -(2**63)),
    "a max_len of an int subclass": ("push_limit", {"key": "l", "value": 1, "max_len": Number(1)}, 1),
    "the largest max_len": ("push_limit", {"key": "l", "value": 1, "max_len": 2**63 - 1}, 1),
    "the widest range": ("list_range", {"key": "l", "start": -(2**63), "end": 2**63 - 1}, []),
    "a ttl far below a millisecond": ("set", {"key": "k", "value": 1, "ttl": 1e-12}, True),
    "a ttl of an int subclass": ("set", {"key": "k", "value": 1, "ttl": Number(3)}, True),
    "keys from a generator": ("mdelete", {"keys": (key for key in "ab")}, 0),
    "keys from a dict": ("mexists", {"keys": {"a": 1}}, {"a": False}),
    "no keys": ("mget", {"keys": ()}, {}),
    "an empty mapping": ("mset", {"mapping": {}}, True),
    "a negative ttl for expire": ("expire", {"key": "k", "ttl": -1}, False),
    "no moment for expire_at": ("expire_at", {"key": "k", "when": None}, False),
    "the largest cursor": ("scan", {"cursor": 2**63 - 1}, (0, [])),
    "an empty pattern": ("keys", {"pattern": ""}, []),
    "no wait for get_or_set": (
        "get_or_set",
        {"key": "k", "default_factory": lambda: 1, "wait_timeout": 0},
        1,
    ),
}


@pytest.mark.parametrize("name", LEGAL)
def test_a_legal_argument_is_accepted(name: str) -> None:
    """What the contract allows is not refused along with its neighbours."""
    method, arguments, answer = LEGAL[name]
    cache: CacheProviderInterface = InMemoryCacheAdapter()
    assert getattr(cache, method)(**arguments) == answer
