"""What the kit promises whoever runs it on an adapter of their own."""

import inspect
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from cache_provider import (
    AsyncInMemoryCacheAdapter,
    AsyncRedisCacheAdapter,
    InMemoryCacheAdapter,
    RedisCacheAdapter,
)
from cache_provider.testing.contract import (
    CONTRACTS,
    Capability,
    ClockHarness,
    Contract,
    EveryContract,
    Harness,
    MemoryHarness,
    Terms,
)
from cache_provider.testing.contract.capabilities import check_absences, needed_by

pytest_plugins = ["pytester"]

TESTS = {name: function for name, function in inspect.getmembers(EveryContract) if name.startswith("test_")}


def own_names(contract: type[Contract]) -> set[str]:
    """Return what a concept adds to the fixtures that all share."""
    return {name for name in vars(contract) if not name.startswith("__")}


# One class for all


def test_no_two_concepts_define_the_same_name() -> None:
    """In `EveryContract` one would hide the other."""
    names = Counter(name for contract in CONTRACTS for name in own_names(contract))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_concept_hides_what_all_share() -> None:
    """A fixture of the base is the same for each concept."""
    shared = own_names(Contract)
    assert [contract for contract in CONTRACTS if own_names(contract) & shared] == []


def test_one_class_has_every_concept() -> None:
    """`EveryContract` inherits from all that `CONTRACTS` lists."""
    assert set(EveryContract.__bases__) == set(CONTRACTS)


def test_no_fixture_is_named_as_one_of_pytests_own() -> None:
    """pytest owns `cache`."""
    assert not hasattr(EveryContract, "cache")


# What a harness has to say


def test_a_harness_on_a_clock_has_one_method_to_write() -> None:
    """How to connect, on terms; time is the clock's."""
    assert ClockHarness.__abstractmethods__ == {"connect"}


@pytest.mark.parametrize(
    "adapter",
    [InMemoryCacheAdapter, AsyncInMemoryCacheAdapter, RedisCacheAdapter, AsyncRedisCacheAdapter],
)
def test_every_adapter_takes_the_terms_by_their_names(adapter: Callable[..., object]) -> None:
    """So that `**vars(terms)` is all that a harness has to write."""
    assert set(vars(Terms())) <= set(inspect.signature(adapter).parameters)


def test_each_test_gets_a_fresh_harness(pytester: pytest.Pytester) -> None:
    """What one test leaves is not in the next one's store."""
    source = TEST_FILE.format(reason="it runs on") + FRESH
    run(pytester, source, "-k", "store_is_empty", "-p", "no:randomly").assert_outcomes(passed=2)


# Capabilities


def test_every_capability_is_needed_by_a_test() -> None:
    """None is there for show."""
    assert {capability for test in TESTS.values() for capability in needed_by(test)} == set(Capability)


@pytest.mark.parametrize("reason", ["", " ", "\n"], ids=repr)
def test_an_absence_needs_a_reason(reason: str) -> None:
    """An empty reason is refused, naming what it was for."""
    with pytest.raises(ValueError, match="BACKWARD_TIME"):
        check_absences({Capability.BACKWARD_TIME: reason})


@pytest.mark.parametrize("reason", [None, 5, True], ids=repr)
def test_a_reason_is_a_str(reason: Any) -> None:
    """What is no `str` is a `TypeError`."""
    with pytest.raises(TypeError, match="BACKWARD_TIME"):
        check_absences({Capability.BACKWARD_TIME: reason})


def test_only_capabilities_are_absent() -> None:
    """A name that is misspelt is refused."""
    absent: Any = {"BACKWARD_TIME": "it runs on"}
    with pytest.raises(TypeError, match="'BACKWARD_TIME'"):
        check_absences(absent)


def test_a_harness_refuses_an_absence_without_a_reason(pytester: pytest.Pytester) -> None:
    """At its construction: no test of it runs."""
    result = run(pytester, TEST_FILE.format(reason=""))
    assert "must be a reason, not ''" in result.stdout.str()


def test_the_double_promises_everything_but_to_be_lost() -> None:
    """Its store is in its own process."""
    harness = MemoryHarness()
    assert [each for each in Capability if harness.why_absent(each)] == [Capability.LOST_STORE]


@pytest.mark.parametrize("call", ["connect_lost", "step_back"])
def test_what_a_harness_does_not_do_names_its_capability(call: str) -> None:
    """Whoever neither overrides it nor says so is told what to do."""
    harness = MemoryHarness()
    with pytest.raises(NotImplementedError, match="Capability"):
        getattr(Harness, call)(harness, *([1] if call == "step_back" else []))


# In somebody else's test run

TEST_FILE = """
from cache_provider import InMemoryCacheAdapter, MemoryServer
from cache_provider.testing.contract import (
    BulkContract, Capability, ClockHarness, ExpiredKeyContract, fresh
)


class Wrong(InMemoryCacheAdapter):
    def mget(self, keys):
        asked = keys if isinstance(keys, str) else list(keys)
        return dict.fromkeys(asked, "nonsense")


class TheirHarness(ClockHarness):
    def __init__(self):
        super().__init__(absent={{Capability.BACKWARD_TIME: "{reason}"}})
        self.server = MemoryServer(clock=self.clock)

    def connect(self, terms):
        return Wrong(server=self.server, **vars(terms))


class TestTheirs(BulkContract, ExpiredKeyContract):
    harness = fresh(TheirHarness)
"""


FRESH = """

class TestFresh(TestTheirs):
    def test_the_store_is_empty(self, provider):
        assert provider.incr("key") == 1

    def test_the_store_is_empty_again(self, provider):
        assert provider.incr("key") == 1
"""


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    """Run a third party's test file in a process of its own, in which nothing but pytest is loaded."""
    pytester.makepyfile(source)
    pytester._monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return pytester.runpytest_subprocess(*arguments)


def test_a_failure_shows_the_values(pytester: pytest.Pytester) -> None:
    """`assert` tells what it saw, although the file is a package's and no test file of theirs."""
    result = run(pytester, TEST_FILE.format(reason="it runs on"), "-k", "test_mget_returns_the_values")
    assert "{'missing': 'nonsense'}" in result.stdout.str()


def test_a_skipped_test_shows_the_reason(pytester: pytest.Pytester) -> None:
    """What is not promised is not run, and why is said."""
    result = run(pytester, TEST_FILE.format(reason="it runs on"), "-rs", "-k", "steps_back")
    result.stdout.fnmatch_lines(["SKIPPED*clock can step back: it runs on"])


def test_the_kit_needs_nothing_but_pytest() -> None:
    """Importing it loads no other package that tests of this repository use."""
    program = "import sys; import cache_provider.testing.contract; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    packages = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert packages & {"redis", "hypothesis", "freezegun", "time_machine", "xdist", "sybil"} == set()
