"""Threads that start together and hide no error."""

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from tests.threads import PATIENCE, Task, until

Result = TypeVar("Result")

THREADS = 8


def run_threads(count: int, function: Callable[[int], Result]) -> list[Result]:
    """Call the function in several threads at once, each time with the thread's number.

    Args:
        count: How many threads.
        function: What each of them does.

    Returns:
        What the calls returned, in the order of the numbers.

    Raises:
        BaseException: The first one that a call raised.
        AssertionError: A thread did not end in time.
    """
    return run_together(*(partial(function, number) for number in range(count)))


def run_together(*functions: Callable[[], Result]) -> list[Result]:
    """Call each function in a thread of its own, all at once; otherwise as `run_threads`."""
    start = threading.Barrier(len(functions))
    errors: list[BaseException] = []

    def work(function: Callable[[], Result]) -> Result:
        start.wait(PATIENCE)
        try:
            return function()
        except BaseException as error:
            errors.append(error)
            raise

    tasks = [Task(partial(work, function)) for function in functions]
    try:
        until(lambda: not any(task.is_running() for task in tasks))
    finally:
        # A thread that failed may well be why others hang: its error says more than theirs.
        if errors:
            raise errors[0]
    return [task.result() for task in tasks]


def seen_during(
    work: Callable[[int], object], look: Callable[[], Result], *, workers: int = THREADS // 2
) -> set[Result]:
    """Return all that the other threads see, looking again and again, until the workers have done their work.

    Args:
        work: What each worker does, given its number.
        look: What the others do meanwhile.
        workers: How many of the threads work.
    """
    done: list[int] = []

    def work_or_look(number: int) -> set[Result]:
        if number >= workers:
            return look_until_done()
        try:
            work(number)
        finally:
            done.append(number)
        return set()

    def look_until_done() -> set[Result]:
        seen = {look()}
        while len(done) < workers:
            seen.add(look())
        return seen

    return set[Result]().union(*run_threads(THREADS, work_or_look))


def run_rounds(rounds: int, function: Callable[[int, int], Result]) -> list[list[Result]]:
    """Call the function with the number of the round and of the thread, all threads of a round at once.

    Returns:
        For each round, what the threads got.
    """
    round_begins = threading.Barrier(THREADS)

    def work(number: int) -> list[Result]:
        outcomes: list[Result] = []
        for current in range(rounds):
            round_begins.wait(PATIENCE)
            outcomes.append(function(current, number))
        return outcomes

    return [list(outcomes) for outcomes in zip(*run_threads(THREADS, work), strict=True)]
