"""Each operation on one key happens at one moment, whatever the other threads do."""

from collections import Counter
from itertools import chain

import pytest

from cache_provider import InMemoryCacheAdapter
from tests.stress.threads import THREADS, run_rounds, run_threads, seen_during

ROUNDS = 50
TURNS = 200


pytestmark = pytest.mark.usefixtures("interleaving")


@pytest.fixture
def cache() -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter()


# Values


def test_a_flat_dict_is_stored_as_it_was_at_one_moment(cache: InMemoryCacheAdapter) -> None:
    """Though another thread changes and extends it meanwhile, it is neither refused nor torn."""
    shared = dict.fromkeys(["a", *map(str, range(50)), "b"], 0)

    def change(_: int) -> None:
        for turn in range(5 * TURNS):
            shared.update({"a": turn, "b": turn})
            if turn % 2:
                shared["c"] = turn
            else:
                shared.pop("c", None)

    def is_whole() -> bool:
        cache.set("k", shared)
        stored = cache.get("k")
        return bool(stored["a"] == stored["b"])

    assert seen_during(change, is_whole, workers=1) == {True}


# Counters


def test_no_increment_is_lost(cache: InMemoryCacheAdapter) -> None:
    """A counter ends at the number of increments."""
    run_threads(THREADS, lambda _: [cache.incr("n") for _ in range(TURNS)])
    assert cache.get("n") == THREADS * TURNS


def test_hits_and_misses_add_up_to_the_reads(cache: InMemoryCacheAdapter) -> None:
    """No read is counted twice, and none is left out, though no mutex guards the counters."""
    cache.set("there", 1)
    run_threads(THREADS, lambda _: [cache.get(key) for _ in range(TURNS) for key in ("there", "missing")])
    assert cache.stats()[:2] == (THREADS * TURNS, THREADS * TURNS)


def test_every_increment_returns_a_value_of_its_own(cache: InMemoryCacheAdapter) -> None:
    """A counter can hand out numbers: each is given once, and none is left out."""
    taken = run_threads(THREADS, lambda _: [cache.incr("n") for _ in range(TURNS)])
    assert sorted(chain.from_iterable(taken)) == list(range(1, THREADS * TURNS + 1))


def test_increments_and_decrements_add_up(cache: InMemoryCacheAdapter) -> None:
    """Each thread adds its number and takes one less, and the counter ends at the sum of the differences."""

    def up_and_down(number: int) -> None:
        for _ in range(TURNS):
            cache.incr("n", number)
            cache.decr("n", number - 1)

    run_threads(THREADS, up_and_down)
    assert cache.get("n") == THREADS * TURNS


def test_a_counter_is_created_once_with_its_default(cache: InMemoryCacheAdapter) -> None:
    """Of the increments that find no counter one starts at the default, the others go on from there."""
    rounds = run_rounds(ROUNDS, lambda current, _: cache.incr(f"n{current}", default=100))
    assert [sorted(values) for values in rounds] == [list(range(101, 101 + THREADS))] * ROUNDS


# Conditional writes


def test_setnx_has_one_winner(cache: InMemoryCacheAdapter) -> None:
    """Of the threads that create a key at once exactly one is told that it did."""
    rounds = run_rounds(ROUNDS, lambda current, number: cache.setnx(f"k{current}", number))
    assert [winners.count(True) for winners in rounds] == [1] * ROUNDS


def test_keys_created_and_deleted_add_up(cache: InMemoryCacheAdapter) -> None:
    """While threads create and delete one key, it was created once more than deleted if it is there."""

    def create_and_delete(_: int) -> int:
        return sum(cache.setnx("k", 1) - cache.delete("k") for _ in range(TURNS))

    assert sum(run_threads(THREADS, create_and_delete)) == cache.exists("k")


def test_setnx_leaves_the_value_of_its_winner(cache: InMemoryCacheAdapter) -> None:
    """What is stored is what the one thread that succeeded wanted to store."""
    rounds = run_rounds(ROUNDS, lambda current, number: cache.setnx(f"k{current}", number))
    assert [cache.get(f"k{current}") for current in range(ROUNDS)] == [won.index(True) for won in rounds]


def test_delete_reports_a_key_once(cache: InMemoryCacheAdapter) -> None:
    """Of the threads that delete a key at once exactly one is told that it was there."""
    cache.mset({f"k{current}": 1 for current in range(ROUNDS)})
    rounds = run_rounds(ROUNDS, lambda current, _: cache.delete(f"k{current}"))
    assert [found.count(True) for found in rounds] == [1] * ROUNDS


def test_compare_and_delete_has_one_winner(cache: InMemoryCacheAdapter) -> None:
    """Of the threads that remove the value they expect exactly one succeeds."""
    cache.mset({f"k{current}": 1 for current in range(ROUNDS)})
    rounds = run_rounds(ROUNDS, lambda current, _: cache.compare_and_delete(f"k{current}", 1))
    assert [winners.count(True) for winners in rounds] == [1] * ROUNDS


def test_compare_and_set_loses_no_update(cache: InMemoryCacheAdapter) -> None:
    """Optimistic increments, tried again until they succeed, add up."""
    cache.set("n", 0)

    def increment(_: int) -> None:
        for _ in range(100):
            while not cache.compare_and_set("n", seen := cache.get("n"), seen + 1):
                pass

    run_threads(THREADS, increment)
    assert cache.get("n") == THREADS * 100


def test_cas_dict_field_loses_no_update(cache: InMemoryCacheAdapter) -> None:
    """Optimistic increments of a record, guarded by its version, add up."""
    cache.set("record", {"version": 0, "total": 0})

    def swap(number: int) -> bool:
        seen = cache.get("record")
        new = {"version": seen["version"] + 1, "total": seen["total"] + number}
        return cache.cas_dict_field("record", "version", seen["version"], new)

    def add(number: int) -> None:
        for _ in range(100):
            while not swap(number):
                pass

    run_threads(THREADS, add)
    assert cache.get("record") == {"version": THREADS * 100, "total": sum(range(THREADS)) * 100}


# Lists


def push(cache: InMemoryCacheAdapter, number: int, max_len: int) -> list[int]:
    return [cache.push_limit("list", [number, turn], max_len) for turn in range(TURNS)]


def test_no_push_is_lost(cache: InMemoryCacheAdapter) -> None:
    """Below its cap a list holds every item once."""
    run_threads(THREADS, lambda number: push(cache, number, 10_000))
    pushed = [[number, turn] for number in range(THREADS) for turn in range(TURNS)]
    assert sorted(cache.list_range("list", 0, -1)) == pushed


def test_a_list_keeps_the_order_in_which_one_thread_pushed(cache: InMemoryCacheAdapter) -> None:
    """Among the items of one thread the earlier ones come first."""
    run_threads(THREADS, lambda number: push(cache, number, 10_000))
    items = cache.list_range("list", 0, -1)
    assert sorted(items, key=lambda item: item[0]) == sorted(items)


def test_below_the_cap_every_push_returns_a_length_of_its_own(cache: InMemoryCacheAdapter) -> None:
    """The lengths returned count the pushes."""
    lengths = run_threads(THREADS, lambda number: push(cache, number, 10_000))
    assert sorted(chain.from_iterable(lengths)) == list(range(1, THREADS * TURNS + 1))


def test_at_the_cap_every_push_returns_one_more_than_the_cap(cache: InMemoryCacheAdapter) -> None:
    """The lengths returned grow to the cap, and from then on each push says that it dropped one item."""
    lengths = run_threads(THREADS, lambda number: push(cache, number, 5))
    assert Counter(chain.from_iterable(lengths)) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: THREADS * TURNS - 5}


def test_no_reader_sees_a_list_beyond_its_cap(cache: InMemoryCacheAdapter) -> None:
    """The append and the trim are one step."""
    lengths = seen_during(lambda number: push(cache, number, 5), lambda: len(cache.list_range("list", 0, -1)))
    assert max(lengths) <= 5


# Hashes


def test_no_field_is_lost(cache: InMemoryCacheAdapter) -> None:
    """A hash that threads fill, each with fields of its own, holds all of them."""
    run_threads(THREADS, lambda number: [cache.hset("h", f"{number}:{n}", n) for n in range(TURNS)])
    assert cache.hgetall("h") == {f"{number}:{n}": n for number in range(THREADS) for n in range(TURNS)}


def test_a_hash_is_read_as_it_was_at_one_moment(cache: InMemoryCacheAdapter) -> None:
    """Of the fields that one thread sets one after the other, readers see the first few and no gap."""

    def write(_: int) -> None:
        for turn in range(TURNS):
            cache.hset("h", f"f{turn}", turn)

    def has_no_gap() -> bool:
        fields = cache.hgetall("h")
        return sorted(fields.values()) == list(range(len(fields)))

    assert seen_during(write, has_no_gap, workers=1) == {True}


def test_hset_reports_a_new_field_once(cache: InMemoryCacheAdapter) -> None:
    """Of the threads that set a field at once exactly one is told that it is new."""
    rounds = run_rounds(ROUNDS, lambda current, number: cache.hset("h", f"f{current}", number))
    assert [created.count(True) for created in rounds] == [1] * ROUNDS


def test_hdel_reports_a_field_once(cache: InMemoryCacheAdapter) -> None:
    """Of the threads that remove the only field, and the key with it, exactly one is told it was there."""
    for current in range(ROUNDS):
        cache.hset(f"h{current}", "f", 1)
    rounds = run_rounds(ROUNDS, lambda current, _: cache.hdel(f"h{current}", "f"))
    assert [sum(removed) for removed in rounds] == [1] * ROUNDS


def test_fields_created_and_removed_add_up(cache: InMemoryCacheAdapter) -> None:
    """Keys come with their first field and go with their last, and what came less what went is there."""

    def set_and_remove(number: int) -> int:
        difference = 0
        for turn in range(TURNS):
            difference += cache.hset("h", f"f{(number + turn) % 3}", turn)
            difference -= cache.hdel("h", f"f{(number - turn) % 3}")
        return difference

    assert sum(run_threads(THREADS, set_and_remove)) == len(cache.hgetall("h"))
