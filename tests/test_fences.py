"""Where a fenced lock counts its claims: in the slot of its own key, whatever that is called."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from redis.crc import key_slot

from cache_provider.fences import fence_key

braced = st.text(alphabet="{}ab", max_size=8) | st.text(max_size=20)


@given(braced, braced)
@example("", "")
@example("{app}:", "lock")
@example("app:{", "a}b")
@example("app:", "{}{a}")
def test_a_counter_is_in_the_slot_of_its_lock(prefix: str, name: str) -> None:
    """As redis-py computes slots, for any prefix and name."""
    counter = prefix + fence_key(prefix, name)
    assert key_slot(counter.encode()) == key_slot((prefix + name).encode())


@given(braced, braced, braced)
def test_no_two_locks_share_a_counter(prefix: str, one: str, another: str) -> None:
    """Nor would one lock's counter be another's for having a similar name."""
    assert (fence_key(prefix, one) == fence_key(prefix, another)) == (one == another)


@pytest.mark.parametrize(
    ("prefix", "name", "counter"),
    [
        ("app:", "stock", "{app:stock}:fence"),
        ("", "stock", "{stock}:fence"),
        ("app:", "stock:{42}", "stock:{42}:fence"),
        ("{app}:", "stock", "stock:fence"),
    ],
)
def test_a_counter_can_be_told_by_its_name(prefix: str, name: str, counter: str) -> None:
    """What stands in `keys` beside a lock."""
    assert fence_key(prefix, name) == counter
