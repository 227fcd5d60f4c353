"""The instrument's arithmetic, its rounds and its loops."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.batch import loop, reads, single, writes
from benchmarks.measure import Summary, interleave
from benchmarks.subjects import Store
from tests.benchmarks.made_up import nothing, summary


class TestArithmetic:
    def test_one_slow_round_does_not_move_the_median(self) -> None:
        """What disturbs one round disturbs no figure."""
        assert summary(3, 1, 2, 1000, 2).median == 2

    def test_the_ratio_is_the_median_of_the_rounds_ratios(self) -> None:
        """What the machine did in a round met both; the ratio of the medians would be 4."""
        assert summary(10, 40, 100).ratio_to(summary(5, 10, 80)) == 2

    def test_the_ratio_of_unequal_rounds_is_that_of_the_medians(self) -> None:
        """Rounds that cannot be paired are compared as a whole."""
        assert summary(30, 30).ratio_to(summary(20)) == 1.5

    def test_the_ratio_of_calmest_rounds_is_that_of_the_best(self) -> None:
        """Where the best sample speaks it speaks in ratios, too."""
        assert Summary((6, 90), calmest=True).ratio_to(Summary((50, 4), calmest=True)) == 1.5

    def test_nothing_is_infinitely_quicker(self) -> None:
        """A figure of 0 makes no division fail."""
        assert summary(1).ratio_to(summary(0)) == float("inf")

    def test_the_calmest_round_speaks_where_asked(self) -> None:
        """Noise only adds to a longest time."""
        assert Summary((7, 5, 90), calmest=True).figure == 5

    def test_the_spread_is_the_middle_half_as_a_share_of_the_median(self) -> None:
        """Outliers do not widen it."""
        assert summary(8, 9, 10, 11, 12).spread == 0.2

    def test_a_single_sample_has_no_spread(self) -> None:
        """One sample is no reason to fail."""
        assert summary(7).spread == 0


class TestRounds:
    def test_every_subject_has_one_turn_a_round(self) -> None:
        """Nobody is measured while the machine rests and others while it works."""
        turns: list[str] = []

        def sampler(name: str) -> Any:
            def sample() -> float:
                turns.append(name)
                return 0.0

            return sample

        interleave({name: sampler(name) for name in "abc"}, 5, on_round=nothing, on_failure=nothing)
        assert [set(turns[start : start + 3]) for start in range(0, 15, 3)] == [set("abc")] * 5

    def test_the_samples_of_a_subject_are_its_own(self) -> None:
        """The order of turns changes; whose they are does not."""
        figures = interleave({"a": lambda: 1.0, "b": lambda: 2.0}, 3, on_round=nothing, on_failure=nothing)
        assert figures == {"a": summary(1, 1, 1), "b": summary(2, 2, 2)}

    def test_a_subject_that_raises_leaves_and_the_others_go_on(self) -> None:
        """One broken peer does not cost the run."""

        def failing() -> Iterator[float]:
            yield 1.0
            raise OSError

        figures = interleave(
            {"bad": failing().__next__, "good": lambda: 1.0}, 4, on_round=nothing, on_failure=nothing
        )
        assert figures == {"good": summary(1, 1, 1, 1)}


@pytest.fixture
def running() -> Iterator[asyncio.AbstractEventLoop]:
    """Return an event loop."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()


class TestLoops:
    def test_a_batch_makes_each_call_as_often_as_it_is_told(self) -> None:
        """Twice through two keys is four calls."""
        read: list[str] = []
        store = Store(get=read.append, set=nothing)
        reads(store, store.get, ["a", "b"])(2)
        assert read == ["a", "b", "a", "b"]

    def test_a_write_without_a_ttl_passes_none(self) -> None:
        """A subject that knows no ttl is not given one."""
        written: list[tuple[object, ...]] = []
        store = Store(get=nothing, set=lambda *words: written.append(words))
        writes(store, store.set, ["a"], 1, None)(1)
        assert written == [("a", 1)]

    def test_a_write_with_a_ttl_passes_it(self) -> None:
        """In the subject's own form, as the third argument."""
        written: list[tuple[object, ...]] = []
        store = Store(get=nothing, set=lambda *words: written.append(words))
        writes(store, store.set, ["a"], 1, 60)(1)
        assert written == [("a", 1, 60)]

    def test_a_bulk_call_is_made_once_a_repetition(self) -> None:
        """All keys at once, not one by one."""
        asked: list[object] = []
        store = Store(get=nothing, set=nothing)
        single(store, asked.append, ["a", "b"])(2)
        assert asked == [["a", "b"], ["a", "b"]]

    def test_a_coroutine_is_awaited(self, running: asyncio.AbstractEventLoop) -> None:
        """Not merely made."""
        read: list[str] = []

        async def get(key: str) -> None:
            await asyncio.sleep(0)
            read.append(key)

        store = Store(get=get, set=nothing, loop=running)
        reads(store, store.get, ["a", "b"])(1)
        assert read == ["a", "b"]

    def test_one_event_loop_runs_through_a_whole_sample(self, running: asyncio.AbstractEventLoop) -> None:
        """Starting a loop for each call would be most of what is timed."""
        tasks: set[object] = set()

        async def get(_key: str) -> None:
            tasks.add(asyncio.current_task())

        store = Store(get=get, set=nothing, loop=running)
        reads(store, store.get, ["a", "b"])(3)
        assert len(tasks) == 1

    def test_names_of_a_loop_are_its_own(self) -> None:
        """Two batches with the same text share nothing."""
        store = Store(get=nothing, set=nothing)
        seen: list[str] = []
        first = loop(store, "call(word)", "_ in (None,)", call=seen.append, word="first")
        loop(store, "call(word)", "_ in (None,)", call=seen.append, word="second")
        first(1)
        assert seen == ["first"]
