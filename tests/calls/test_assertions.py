"""What a test may say about its calls, and what it reads when it was wrong."""

import re
from collections.abc import Callable

import pytest

from cache_provider import CacheProviderInterface, ManualClock
from cache_provider.testing.calls import Calls


@pytest.fixture
def _checkout(cache: CacheProviderInterface) -> None:
    """Change a stock behind its lock."""
    with cache.get_lock("stock"):
        cache.get("stock:1")
        cache.set("stock:1", 4)


def message_of(claim: Callable[[], None]) -> str:
    """Return what a claim that is wrong says, without the lines' numbers and paths."""
    with pytest.raises(AssertionError) as raised:
        claim()
    return re.sub(r"  \S+\.py:\d+", "", str(raised.value))


RIGHT: list[Callable[[Calls], None]] = [
    lambda calls: calls.assert_called("get"),
    lambda calls: calls.assert_called("get", key="stock:*", times=1),
    lambda calls: calls.assert_called("set", value=4),
    lambda calls: calls.assert_called("delete", times=0),
    lambda calls: calls.assert_not_called("delete"),
    lambda calls: calls.assert_not_called(key="user:*"),
    lambda calls: calls.assert_order("lock.acquire stock", "set stock:*", "lock.release stock"),
    lambda calls: calls.assert_order("get", "set"),
    lambda calls: calls.assert_order(),
]

pytestmark = pytest.mark.usefixtures("_checkout")


@pytest.mark.parametrize("claim", RIGHT)
def test_a_claim_that_is_right_passes(calls: Calls, claim: Callable[[Calls], None]) -> None:
    """It says nothing."""
    claim(calls)
    assert len(calls) == 4


def test_a_missing_call_lists_what_was_called(calls: Calls) -> None:
    """One line a call, laid out for the eye."""
    assert message_of(lambda: calls.assert_called("delete", key="stock:1")) == (
        "expected delete 'stock:1' to be called, it was never called\n"
        "  1.  +0.000 s  lock.acquire 'stock'  -> True\n"
        "  2.  +0.000 s  get 'stock:1'         -> None\n"
        "  3.  +0.000 s  set 'stock:1'         -> True\n"
        "  4.  +0.000 s  lock.release 'stock'  -> None"
    )


def test_a_wrong_number_of_calls_marks_those_there_were(calls: Calls) -> None:
    """The eye need not search."""
    assert message_of(lambda: calls.assert_called("get", times=2)) == (
        "expected get to be called 2 times, it was called once\n"
        "  1.  +0.000 s  lock.acquire 'stock'  -> True\n"
        "> 2.  +0.000 s  get 'stock:1'         -> None\n"
        "  3.  +0.000 s  set 'stock:1'         -> True\n"
        "  4.  +0.000 s  lock.release 'stock'  -> None"
    )


def test_wrong_arguments_are_named(calls: Calls) -> None:
    """As the test wrote them."""
    claim = message_of(lambda: calls.assert_called("set", key="stock:1", value=5))
    assert claim.startswith("expected set 'stock:1' with value=5 to be called")


def test_a_forbidden_call_is_marked(calls: Calls) -> None:
    """It is the line that must go."""
    assert "\n> 3.  +0.000 s  set 'stock:1'" in message_of(lambda: calls.assert_not_called("set"))


def test_a_call_out_of_order_says_after_what_it_was_missed(calls: Calls) -> None:
    """And marks how far the order was right."""
    assert message_of(lambda: calls.assert_order("get", "set", "lock.acquire stock")) == (
        "expected lock.acquire 'stock' to be called after set 'stock:1', it was not\n"
        "  1.  +0.000 s  lock.acquire 'stock'  -> True\n"
        "> 2.  +0.000 s  get 'stock:1'         -> None\n"
        "> 3.  +0.000 s  set 'stock:1'         -> True\n"
        "  4.  +0.000 s  lock.release 'stock'  -> None"
    )


def test_the_same_call_does_not_stand_for_two_steps(calls: Calls) -> None:
    """Twice in the order is twice in the record."""
    with pytest.raises(AssertionError, match="expected get to be called after get"):
        calls.assert_order("get", "get")


def test_the_line_of_a_call_ends_with_its_place(calls: Calls) -> None:
    """From the working directory where it is below it."""
    assert re.fullmatch(r".* -> None +\S*test_assertions\.py:\d+", str(calls).splitlines()[1])


def test_a_call_that_raised_says_what(cache: CacheProviderInterface, calls: Calls) -> None:
    """The error's name stands where the result would."""
    with pytest.raises(TypeError):
        cache.incr("n", "1")  # type: ignore[arg-type] # that is the test
    assert "incr 'n'              raised TypeError" in str(calls)


def test_a_call_by_pattern_shows_the_pattern(cache: CacheProviderInterface, calls: Calls) -> None:
    """It has no key to show."""
    cache.keys("stock:*")
    assert "keys 'stock:*'        -> ['stock:1']" in str(calls)


def test_a_call_without_key_or_pattern_shows_its_name_only(
    cache: CacheProviderInterface, calls: Calls
) -> None:
    """There is nothing else to say."""
    cache.ping()
    assert "  health_check          -> True" in str(calls)


def test_a_call_on_many_keys_shows_the_first_ones(cache: CacheProviderInterface, calls: Calls) -> None:
    """A line stays a line."""
    cache.mget(["a", "b", "c", "d", "e"])
    assert "mget 'a', 'b', 'c', … 5 keys  -> {}" in str(calls)


def test_a_long_result_is_cut(cache: CacheProviderInterface, calls: Calls) -> None:
    """The whole of it is in the record."""
    cache.set("k", "x" * 100)
    cache.get("k")
    assert f"-> '{'x' * 36}..." in str(calls)


def test_moments_count_from_the_first_call(
    cache: CacheProviderInterface, calls: Calls, clock: ManualClock
) -> None:
    """On the cache's clock."""
    clock.advance(1.5)
    cache.ping()
    assert "  5.  +1.500 s  health_check" in str(calls)


@pytest.mark.parametrize("times", [-1, True, 1.5])
def test_a_number_of_calls_that_can_never_be_is_refused(calls: Calls, times: int) -> None:
    """A claim that cannot hold is a slip."""
    with pytest.raises((TypeError, ValueError), match="times must be"):
        calls.assert_called("get", times=times)
