"""The shape of a cache manager over every store: several keys, patterns and counters."""

from collections.abc import Iterator
from typing import Any

import pytest

from cache_provider import CounterOverflowError, NotAnIntegerError, WrongTypeError
from tests.interop.shapes.managers import Managed, Managers
from tests.interop.stores import Store


@pytest.fixture
def filled(manager: Managed) -> Managed:
    """Return a manager with three keys."""
    manager.set_many([("user:1", 1, None), ("user:2", 2, None), ("order:1", 3, None)])
    return manager


# Patterns


def test_clear_removes_everything(filled: Managed) -> None:
    """Where no pattern is given."""
    filled.clear()
    assert filled.count_keys() == 0


def test_clear_counts_what_went(filled: Managed) -> None:
    """All three."""
    assert filled.clear() == 3


def test_clear_removes_what_matches(filled: Managed) -> None:
    """And nothing else."""
    filled.clear("user:*")
    assert filled.exists_many(["user:1", "user:2", "order:1"]) == {
        "user:1": False,
        "user:2": False,
        "order:1": True,
    }


def test_clear_counts_what_matched(filled: Managed) -> None:
    """Not what it looked at."""
    assert filled.clear("user:*") == 2


def test_clear_passes_over_expired_keys(filled: Managed, store: Store) -> None:
    """They were gone before."""
    filled.expire("user:1", 60)
    store.pass_time(60)
    assert filled.clear() == 2


def test_the_empty_pattern_is_a_pattern(filled: Managed) -> None:
    """It matches the empty key alone; only None is everything."""
    filled.set("", 1)
    assert filled.clear("") == 1


def test_a_pattern_is_a_redis_pattern(manager: Managed) -> None:
    """`!` negates nothing, as it would in `fnmatch`."""
    manager.set_many([(key, 1, None) for key in "ab!"])
    assert manager.count_keys("[!a]") == 2


def test_clear_leaves_another_prefix_alone(managers: Managers) -> None:
    """Nobody empties his neighbour's cache, whatever stands in the prefix."""
    neighbour = managers.connect("p1x:")
    neighbour.set("a", 1)
    managers.connect("p[1]*:").clear()
    assert neighbour.exists("a")


def test_keys_are_counted(filled: Managed) -> None:
    """All of them."""
    assert filled.count_keys() == 3


def test_matching_keys_are_counted(filled: Managed) -> None:
    """Only those."""
    assert filled.count_keys("user:*") == 2


def test_expired_keys_are_not_counted(filled: Managed, store: Store) -> None:
    """They are not there."""
    filled.expire("user:1", 60)
    store.pass_time(60)
    assert filled.count_keys() == 2


# Several keys


def test_many_are_got(filled: Managed) -> None:
    """In the order asked; what is missing is left out."""
    found = filled.get_many(["order:1", "missing", "user:1"])
    assert list(found.items()) == [("order:1", 3), ("user:1", 1)]


def test_a_stored_none_is_got_among_many(manager: Managed) -> None:
    """It is there."""
    manager.set("none", None)
    assert manager.get_many(["none"]) == {"none": None}


def test_a_prefixed_batch_read_returns_what_was_asked(managers: Managers) -> None:
    """The names are the caller's, whatever stands in the prefix."""
    manager = managers.connect("p[1]*:")
    manager.set("a", 1)
    assert manager.get_many(["a", "b"]) == {"a": 1}


def test_many_are_set(manager: Managed) -> None:
    """Each under its key."""
    manager.set_many([("a", 1, None), ("b", [2], None)])
    assert manager.get_many(["a", "b"]) == {"a": 1, "b": [2]}


def test_each_of_many_has_its_own_ttl(manager: Managed) -> None:
    """None stays."""
    manager.set_many([("a", 1, 60), ("b", 2, None), ("c", 3, 30), ("d", 4, 60)])
    assert [manager.get_ttl(key) for key in "abcd"] == [60, None, 30, 60]


def test_of_many_those_without_ttl_take_the_default(managers: Managers) -> None:
    """As alone."""
    manager = managers.connect(default_ttl=30)
    manager.set_many([("a", 1, None), ("b", 2, 60)])
    assert [manager.get_ttl(key) for key in "ab"] == [30, 60]


def test_set_many_counts_what_it_stored(manager: Managed) -> None:
    """A key that is named twice is one."""
    assert manager.set_many([("a", 1, None), ("b", 2, None), ("a", 3, None)]) == 2


@pytest.mark.parametrize("ttls", [(60, 30), (30, 60), (None, 60), (60, None)])
def test_of_two_for_one_key_the_later_wins(manager: Managed, ttls: tuple[Any, Any]) -> None:
    """With its ttl, whatever the batches are."""
    manager.set_many([("a", "earlier", ttls[0]), ("b", 1, ttls[1]), ("a", "later", ttls[1])])
    assert (manager.get("a"), manager.get_ttl("a")) == ("later", ttls[1])


def test_items_may_come_from_a_generator(manager: Managed) -> None:
    """One that hands out the same object again and again, too."""

    def items() -> Iterator[tuple[str, list[int], None]]:
        growing: list[int] = []
        for number in range(3):
            growing.append(number)
            yield str(number), growing, None

    manager.set_many(items())
    assert manager.get_many("012"[i] for i in range(3)) == {"0": [0], "1": [0, 1], "2": [0, 1, 2]}


def test_a_batch_delete_deletes(filled: Managed) -> None:
    """All that were named, nobody else."""
    filled.delete_many(["user:1", "user:2"])
    assert filled.get_many(["user:1", "user:2", "order:1"]) == {"order:1": 3}


def test_a_batch_delete_counts_what_was_there(filled: Managed) -> None:
    """A missing key does not count, and one named twice counts once."""
    assert filled.delete_many(["user:1", "missing", "user:2", "user:1"]) == 2


def test_many_are_looked_for(filled: Managed) -> None:
    """An answer for each key."""
    assert filled.exists_many(["user:1", "missing"]) == {"user:1": True, "missing": False}


@pytest.mark.parametrize(
    ("operation", "answer"), [("get_many", {}), ("set_many", 0), ("delete_many", 0), ("exists_many", {})]
)
def test_none_at_all_is_fine(manager: Managed, operation: str, answer: object) -> None:
    """An empty batch has an empty answer."""
    assert getattr(manager, operation)([]) == answer


# Counters


def test_a_missing_counter_starts_at_zero(manager: Managed) -> None:
    """And goes up by one."""
    assert [manager.increment("n"), manager.increment("n")] == [1, 2]


@pytest.mark.parametrize("amount", [5, -5, 0])
def test_a_counter_changes_by_the_amount(manager: Managed, amount: int) -> None:
    """Of either sign."""
    manager.set("n", 10)
    assert manager.increment("n", amount) == 10 + amount


def test_a_counter_is_a_value(manager: Managed) -> None:
    """It can be read."""
    manager.increment("n", 7)
    assert manager.get("n") == 7


def test_a_ttl_is_for_a_counter_that_is_created(manager: Managed) -> None:
    """An existing one keeps its deadline."""
    manager.increment("n", 1, 60)
    manager.increment("n", 1, 600)
    assert manager.get_ttl("n") == 60


@pytest.mark.parametrize("value", ["5", "text", 1.5, True, None, [1], {"a": 1}])
def test_only_an_integer_is_incremented(manager: Managed, value: object) -> None:
    """A ValueError, and the value stays."""
    manager.set("n", value)
    with pytest.raises(ValueError, match="key 'n' must hold a canonical int64") as refused:
        manager.increment("n")
    assert (type(refused.value), manager.get("n")) == (NotAnIntegerError, value)


def test_a_counter_that_would_leave_int64_stays(manager: Managed) -> None:
    """As on a Redis."""
    manager.set("n", 2**63 - 1)
    with pytest.raises(CounterOverflowError):
        manager.increment("n")
    assert manager.get("n") == 2**63 - 1


def test_a_list_is_no_counter(store: Store, manager: Managed) -> None:
    """A key of another type is not touched."""
    store.connect().push_limit("n", 1, 5)
    with pytest.raises(WrongTypeError):
        manager.increment("n")
