"""What threads wait for each other by is explored: each call is a step, and blocks nothing but its task."""

import queue
import threading
from collections.abc import Callable
from functools import partial
from threading import Lock, RLock
from typing import Any

import pytest

from cache_provider import CacheProviderInterface
from cache_provider.testing.race import Deadlock, Race, explore
from cache_provider.testing.race.settings import Options
from tests.race.scenarios import Scenario, bump

ALL = Options(preemptions=None, max_schedules=20_000)


def protected(make: Callable[[], Any]) -> Scenario:
    """Return a lost update that what is made prevents."""

    def scenario(r: Race) -> None:
        lock = make()

        def work() -> None:
            with lock:
                bump(r.cache)

        r.cache.set("n", 0)
        r.spawn(work)
        r.spawn(work)
        r.join()
        assert r.cache.get("n") == 2

    return scenario


MUTEXES = ["Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore"]


@pytest.mark.parametrize("kind", MUTEXES)
@pytest.mark.parametrize("reduce", [None, "keys", "states"])
def test_what_excludes_is_explored_to_the_end(kind: str, reduce: Any) -> None:
    """Two tasks read and write while they have it."""
    # Looked up in the scenario, as code does.
    result = explore(protected(lambda: vars(threading)[kind]()), **(ALL | Options(reduce=reduce)))  # noqa: PLW0108
    assert (result.failure, result.exhausted) == (None, True)


def event(r: Race) -> None:
    """A task waits for what the other sets."""
    ready = threading.Event()

    def wait() -> None:
        ready.wait()
        assert r.cache.get("x") == 1

    def fire() -> None:
        r.cache.set("x", 1)
        ready.set()

    r.spawn(wait)
    r.spawn(fire)


def bounded_queue(r: Race) -> None:
    """One task puts more than there is room for, another takes it."""
    jobs: queue.Queue[int] = queue.Queue(1)

    def put() -> None:
        for _ in range(3):
            jobs.put(r.cache.incr("n"))
        jobs.join()

    def get() -> None:
        assert [jobs.get() for _ in range(3)] == [1, 2, 3]
        r.cache.get("x")
        for _ in range(3):
            jobs.task_done()

    r.spawn(put)
    r.spawn(get)


def condition(r: Race) -> None:
    """One task waits until the other has put something."""
    changed = threading.Condition()
    kept: list[int] = []

    def put() -> None:
        with changed:
            kept.append(r.cache.incr("n"))
            changed.notify()

    def get() -> None:
        with changed:
            changed.wait_for(lambda: kept)
            assert r.cache.get("n") == 1

    r.spawn(put)
    r.spawn(get)


def barrier(r: Race) -> None:
    """Nobody goes on before everybody has come."""
    gate = threading.Barrier(2)

    def work() -> None:
        r.cache.incr("n")
        gate.wait()
        assert r.cache.get("n") == 2

    r.spawn(work)
    r.spawn(work)


def permits(r: Race) -> None:
    """Of three tasks two are inside at the most."""
    semaphore = threading.Semaphore(2)
    inside: list[int] = []

    def work() -> None:
        with semaphore:
            inside.append(1)
            assert len(inside) <= 2
            r.cache.get("n")
            inside.pop()

    for _ in range(3):
        r.spawn(work)


@pytest.mark.parametrize("scenario", [event, bounded_queue, condition, barrier])
@pytest.mark.parametrize("reduce", [None, "keys", "states"])
def test_what_tasks_wait_for_is_explored_to_the_end(scenario: Scenario, reduce: Any) -> None:
    """In every order there is nobody is blocked."""
    result = explore(scenario, **(ALL | Options(reduce=reduce)))
    assert (result.failure, result.exhausted, result.blocked) == (None, True, ())


def test_a_semaphore_lets_in_as_many_as_it_has_permits() -> None:
    """In every order of three tasks."""
    result = explore(permits, reduce="keys")
    assert (result.failure, result.exhausted) == (None, True)


def forgotten(wait: Callable[[], Callable[[], object]]) -> Scenario:
    """Return a scenario in which a task waits for what nobody does."""

    def scenario(r: Race) -> None:
        waits = wait()

        def work() -> None:
            r.cache.get("x")
            waits()

        r.spawn(work)

    return scenario


def twice_taken() -> Callable[[], object]:
    lock = threading.Lock()
    lock.acquire()
    return lock.acquire


def not_notified() -> Callable[[], object]:
    changed = threading.Condition()

    def wait() -> None:
        with changed:
            changed.wait()

    return wait


FORGOTTEN: dict[str, Callable[[], Callable[[], object]]] = {
    "Lock": twice_taken,
    "Event": lambda: threading.Event().wait,
    "Semaphore": lambda: threading.Semaphore(0).acquire,
    "Barrier": lambda: threading.Barrier(2).wait,
    "Queue": lambda: queue.Queue[int]().get,
    "Condition": not_notified,
}


@pytest.mark.parametrize("kind", FORGOTTEN)
def test_a_wait_that_nothing_ends_is_a_deadlock(kind: str) -> None:
    """Reported at once, without a second of real time."""
    failure = explore(forgotten(FORGOTTEN[kind])).failure
    assert failure is not None
    assert isinstance(failure.__cause__, Deadlock)


@pytest.mark.parametrize("kind", FORGOTTEN)
def test_a_deadlock_names_what_is_waited_for(kind: str) -> None:
    """By its kind, and the line."""
    assert f"A waits for {kind} 1" in str(explore(forgotten(FORGOTTEN[kind])).failure)


def opposite_orders(r: Race) -> None:
    """Two tasks take two locks in opposite orders, and do nothing else in between."""
    left, right = threading.Lock(), threading.RLock()

    def take(first: Any, second: Any) -> None:
        with first, second:
            r.cache.incr("n")

    r.spawn(take, left, right)
    r.spawn(take, right, left)


def test_a_deadlock_of_locks_names_holders_and_rows() -> None:
    """As one of the cache's locks does."""
    assert "A waits for RLock 1, held by B since row 2 at " in str(explore(opposite_orders).failure)


def test_a_deadlock_of_locks_can_be_replayed() -> None:
    """By its token."""
    failure = explore(opposite_orders).failure
    assert failure is not None
    assert explore(opposite_orders, replay=failure.token).failure is not None


def test_a_reduced_search_finds_a_deadlock_of_locks() -> None:
    """A step on a lock touches that lock."""
    assert explore(opposite_orders, reduce="keys").failure is not None


def test_operations_under_different_locks_need_one_schedule() -> None:
    """Nothing but their own locks and keys is touched."""

    def scenario(r: Race) -> None:
        def work(key: str) -> None:
            lock = threading.Lock()
            with lock:
                r.cache.incr(key)

        r.spawn(work, "x")
        r.spawn(work, "y")

    assert explore(scenario, reduce="keys").schedules == 1


def patient(r: Race) -> None:
    """A task waits two seconds for what never comes."""
    answers: list[object] = []

    def work() -> None:
        lock = threading.Lock()
        r.cache.get("x")
        lock.acquire()
        answers.append(lock.acquire(timeout=2))
        answers.append(threading.Event().wait(2))
        answers.append(threading.Semaphore(0).acquire(timeout=2))
        changed = threading.Condition()
        with changed:
            answers.append(changed.wait(2))
            answers.append(changed.wait_for(lambda: False, timeout=2))
        with pytest.raises(queue.Empty):
            queue.Queue[int]().get(timeout=2)
        with pytest.raises(threading.BrokenBarrierError):
            threading.Barrier(2).wait(2)

    before = r.clock.now()
    r.spawn(work)
    r.join()
    assert answers == [False] * 5
    assert (r.clock.now() - before).total_seconds() == 14


@pytest.mark.parametrize("clock", ["frozen", "explored"])
def test_a_time_out_ends_a_wait_once_nobody_else_can(clock: Any) -> None:
    """On the schedule's clock, and in no real time."""
    result = explore(patient, clock=clock)
    assert (result.failure, result.exhausted) == (None, True)


def test_on_an_explored_clock_a_time_out_may_come_first() -> None:
    """Before what is waited for, too."""
    answers: set[object] = set()

    def scenario(r: Race) -> None:
        ready = threading.Event()

        def fire() -> None:
            r.cache.get("x")
            ready.set()

        waiting = r.spawn(ready.wait, 2)
        r.spawn(fire)
        r.join()
        answers.add(waiting.result)

    explore(scenario, clock="explored", preemptions=None)
    assert answers == {True, False}


# Made before the search

MODULES_LOCK = threading.Lock()
MODULES_CONDITION = threading.Condition()


class Service:
    """Something with locks of its own."""

    shared = RLock()

    def __init__(self) -> None:
        self.own = Lock()

    def bump(self, cache: CacheProviderInterface) -> None:
        with self.shared, self.own:
            bump(cache)


SERVICE = Service()


def module_lock(r: Race) -> Callable[[], None]:
    def work() -> None:
        with MODULES_LOCK:
            bump(r.cache)

    return work


def module_condition(r: Race) -> Callable[[], None]:
    def work() -> None:
        MODULES_CONDITION.acquire()
        bump(r.cache)
        MODULES_CONDITION.release()

    return work


def object_lock(r: Race) -> Callable[[], None]:
    return partial(SERVICE.bump, r.cache)


def name_bound_before(r: Race) -> Callable[[], None]:
    return partial(Service().bump, r.cache)


def enclosed_lock() -> Callable[[Race], Callable[[], None]]:
    lock = threading.Lock()

    def worker(r: Race) -> Callable[[], None]:
        def work() -> None:
            with lock:
                bump(r.cache)

        return work

    return worker


@pytest.mark.parametrize(
    "worker", [module_lock, module_condition, object_lock, name_bound_before, enclosed_lock()]
)
def test_a_lock_that_was_made_before_the_search_is_explored(
    worker: Callable[[Race], Callable[[], None]],
) -> None:
    """Where the code of the scenario names it."""

    def scenario(r: Race) -> None:
        work = worker(r)
        r.cache.set("n", 0)
        r.spawn(work)
        r.spawn(work)
        r.join()
        assert r.cache.get("n") == 2

    result = explore(scenario, **ALL)
    assert (result.failure, result.exhausted) == (None, True)


def test_an_event_that_was_made_before_the_search_is_explored() -> None:
    """Whatever it lies in: the stand-ins are its methods."""
    kept = [threading.Event()]

    def scenario(r: Race) -> None:
        kept[0].clear()
        r.spawn(lambda: kept[0].wait() and r.cache.get("x"))
        r.spawn(kept[0].set)

    assert explore(scenario, **ALL).exhausted


class Proxy:
    """Something that does not like to be looked at."""

    __slots__ = ()

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)


PROXY = Proxy()


def test_what_the_scenario_names_is_not_asked_for_its_attributes() -> None:
    """As proxies of settings and requests must not be."""

    def scenario(r: Race) -> None:
        r.spawn(r.cache.get, type(PROXY).__name__)

    assert explore(scenario).exhausted


def test_a_lock_that_was_made_before_has_the_name_it_is_found_by() -> None:
    """In the report of a deadlock."""

    def scenario(r: Race) -> None:
        def work() -> None:
            with MODULES_LOCK, MODULES_LOCK:
                r.cache.get("x")

        r.spawn(work)

    assert "A waits for Lock MODULES_LOCK, held by A since row 1" in str(explore(scenario).failure)


def test_a_lock_that_was_made_before_is_in_its_place_again_afterwards() -> None:
    """The very one."""
    before = MODULES_LOCK, vars(MODULES_CONDITION).copy(), SERVICE.own, Service.shared, Lock

    def scenario(r: Race) -> None:
        for worker in (object_lock, module_lock, module_condition):
            r.spawn(worker(r))

    explore(scenario)
    assert (MODULES_LOCK, vars(MODULES_CONDITION), SERVICE.own, Service.shared, Lock) == before


def test_a_lock_is_given_back_by_a_task_that_is_unwound() -> None:
    """So that one that outlives the schedule is free afterwards."""

    def scenario(r: Race) -> None:
        def work() -> None:
            with MODULES_LOCK:
                r.cache.get("x")
                raise ValueError

        r.spawn(work)
        r.spawn(work)

    explore(scenario)
    assert not MODULES_LOCK.locked()


# Whom it concerns


def test_a_thread_that_is_no_task_gets_the_real_thing() -> None:
    """While a search runs, and where code of the standard library waits."""
    kinds: list[type] = []

    def scenario(r: Race) -> None:
        thread = threading.Thread(target=lambda: kinds.append(type(threading.Lock())))
        thread.start()
        thread.join()
        r.spawn(r.cache.get, "x")

    explore(scenario)
    assert set(kinds) == {type(threading.Lock())}


def test_after_a_search_everything_is_as_it_was() -> None:
    """Classes and functions alike."""
    places = [(threading, "Lock"), (threading, "RLock"), (threading.Event, "wait"), (queue.Queue, "get")]
    before = [getattr(place, name) for place, name in places]
    explore(event)
    assert [getattr(place, name) for place, name in places] == before


def test_a_task_that_only_sets_an_event_takes_part() -> None:
    """It is explored, though it never uses the cache."""

    def scenario(r: Race) -> None:
        done = threading.Event()
        r.spawn(done.set)
        r.spawn(lambda: (done.wait(), r.cache.get("x")))

    assert explore(scenario).exhausted
