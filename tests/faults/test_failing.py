"""Errors before and after the effect, outages, counting, scopes."""

from contextlib import suppress
from threading import Barrier, Thread
from typing import Any

import pytest

from cache_provider import (
    CacheError,
    CacheTimeoutError,
    CacheUnavailableError,
    InMemoryCacheAdapter,
    ManualClock,
    NotAnIntegerError,
)
from cache_provider.steps import Steps
from cache_provider.testing.faults import Faults
from cache_provider.testing.seam import InstrumentedCache
from tests.worlds import World


def failing_set(cache: Any) -> Steps[object]:
    """Set a key under a fault and return what is there afterwards."""
    with pytest.raises(CacheUnavailableError):
        yield cache.set("k", "new")
    return (yield cache.get("k"))


def test_an_error_before_the_effect_leaves_the_store_alone(world: World) -> None:
    """The operation did not take place."""
    world.faults.fail("set")
    assert world.run(failing_set) is None


def test_an_error_after_the_effect_loses_only_the_reply(world: World) -> None:
    """The operation took place and the caller cannot know."""
    world.faults.fail("set", after=True)
    assert world.run(failing_set) == "new"


@pytest.mark.parametrize("after", [False, True])
def test_a_fault_strikes_once(world: World, after: bool) -> None:
    """The operation after it goes through."""
    world.faults.fail("set", after=after)

    def scenario(cache: Any) -> Steps[object]:
        yield from failing_set(cache)
        return (yield cache.set("k", "again"))

    assert world.run(scenario)


def test_a_fault_strikes_as_often_as_it_is_told(world: World) -> None:
    """With `times=2` the third operation goes through."""
    world.faults.fail("set", times=2)

    def scenario(cache: Any) -> Steps[object]:
        yield from failing_set(cache)
        yield from failing_set(cache)
        return (yield cache.set("k", "again"))

    assert world.run(scenario)


def test_a_fault_strikes_no_other_operation(world: World) -> None:
    """A name is that operation's and no other's."""
    world.faults.fail("set")

    def scenario(cache: Any) -> Steps[object]:
        return (yield cache.get("k"))

    assert world.run(scenario) is None


def test_a_fault_without_a_name_strikes_any_operation(world: World) -> None:
    """The next one, whatever it is."""
    fault = world.faults.fail()

    def scenario(cache: Any) -> Steps[None]:
        with pytest.raises(CacheUnavailableError):
            yield cache.get("k")

    world.run(scenario)
    assert fault.fired == 1


KEYS: list[tuple[str, str, bool]] = [
    ("user:*", "user:1", True),
    ("user:*", "order:1", False),
    ("user:?", "user:12", False),
    ("[!a]", "!", True),
    ("", "", True),
]


@pytest.mark.parametrize(("pattern", "key", "strikes"), KEYS)
def test_a_key_is_a_glob_of_redis(pattern: str, key: str, strikes: bool) -> None:
    """`!` negates nothing, here as there."""
    world = World(is_async=False)
    fault = world.faults.fail("exists", key=pattern, times=None)
    with suppress(CacheUnavailableError):
        world.cache.exists(key)
    assert bool(fault.fired) == strikes


@pytest.mark.parametrize("call", ["mget", "mdelete", "mexists"])
def test_one_of_several_keys_is_enough(call: str) -> None:
    """An operation on many keys fails if the fault is for one of them."""
    cache, faults = instrumented()
    faults.fail(call, key="b")
    with pytest.raises(CacheUnavailableError):
        getattr(cache, call)(["a", "b"])


def test_one_key_of_a_mapping_is_enough() -> None:
    """`mset` names its keys by a mapping."""
    cache, faults = instrumented()
    faults.fail("mset", key="b")
    with pytest.raises(CacheUnavailableError):
        cache.mset({"a": 1, "b": 2})


def test_a_fault_for_a_key_leaves_alone_what_has_none() -> None:
    """`keys` goes by a pattern."""
    cache, faults = instrumented()
    faults.fail(key="*")
    assert cache.keys() == []


def test_a_lock_is_found_by_its_name(world: World) -> None:
    """The key of a lock's operation is the lock's name."""
    world.faults.fail("lock.acquire", key="stock:*")

    def scenario(cache: Any) -> Steps[object]:
        with pytest.raises(CacheUnavailableError):
            yield cache.get_lock("stock:7").acquire()
        return (yield cache.get_lock("stock:7").locked())

    assert not world.run(scenario)


def test_an_acquisition_whose_reply_is_lost_holds_the_lock(world: World) -> None:
    """Another handle does not get it."""
    world.faults.fail("lock.acquire", after=True)

    def scenario(cache: Any) -> Steps[object]:
        with pytest.raises(CacheUnavailableError):
            yield cache.get_lock("l").acquire()
        return (yield cache.get_lock("l").acquire(blocking=False))

    assert not world.run(scenario)


def test_a_handle_that_was_not_told_of_its_claim_can_release_it(world: World) -> None:
    """It knows the token that it sent."""
    world.faults.fail("lock.acquire", after=True)

    def scenario(cache: Any) -> Steps[object]:
        lock = cache.get_lock("l")
        with pytest.raises(CacheUnavailableError):
            yield lock.acquire()
        yield lock.release()
        return (yield lock.locked())

    assert not world.run(scenario)


def test_a_handle_that_was_not_told_of_its_claim_recognises_it(world: World) -> None:
    """The next acquire is a success, and does not wait for itself."""
    world.faults.fail("lock.acquire", after=True)

    def scenario(cache: Any) -> Steps[object]:
        lock = cache.get_lock("l")
        with pytest.raises(CacheUnavailableError):
            yield lock.acquire()
        return (yield lock.owned()), (yield lock.acquire(blocking=False))

    assert world.run(scenario) == (True, True)


def test_a_handle_that_was_not_told_of_its_release_may_repeat_it(world: World) -> None:
    """The lock is gone, and nobody else took it."""
    world.faults.fail("lock.release", after=True)

    def scenario(cache: Any) -> Steps[object]:
        lock = cache.get_lock("l")
        yield lock.acquire()
        with pytest.raises(CacheUnavailableError):
            yield lock.release()
        is_free = not (yield lock.locked())
        yield lock.release()
        return is_free

    assert world.run(scenario)


def test_a_release_that_was_not_heard_of_leaks_nothing(world: World) -> None:
    """The lock is free."""
    world.faults.fail("lock.release", after=True)

    def scenario(cache: Any) -> Steps[None]:
        lock = cache.get_lock("l")
        yield lock.acquire()
        with pytest.raises(CacheUnavailableError):
            yield lock.release()

    world.run(scenario)
    assert world.leaks.leaks() == []


def test_a_second_acquisition_that_is_not_heard_of_waits_for_nothing(world: World) -> None:
    """A handle that holds the lock and must not wait keeps it, heard or not."""

    def scenario(cache: Any) -> Steps[object]:
        lock = cache.get_lock("l")
        yield lock.acquire()
        world.faults.fail("lock.acquire", after=True)
        with pytest.raises(CacheUnavailableError):
            yield lock.acquire(blocking=False)
        return (yield lock.owned())

    assert world.run(scenario)


def test_an_operation_that_fails_by_itself_has_no_reply_to_lose(world: World) -> None:
    """Its own error passes, and the fault waits for the next."""
    fault = world.faults.fail("incr", after=True)

    def scenario(cache: Any) -> Steps[None]:
        yield cache.set("n", "no number")
        with pytest.raises(NotAnIntegerError):
            yield cache.incr("n")

    world.run(scenario)
    assert fault.fired == 0


OUTAGE_CALLS = ["get", "exists", "ttl", "incr", "persist", "hgetall"]


@pytest.mark.parametrize("call", OUTAGE_CALLS)
def test_an_outage_reaches_every_operation(world: World, call: str) -> None:
    """All of them, and again and again."""
    world.faults.outage()

    def scenario(cache: Any) -> Steps[None]:
        for _ in range(2):
            with pytest.raises(CacheUnavailableError):
                yield getattr(cache, call)("k")

    world.run(scenario)


@pytest.mark.parametrize("call", ["acquire", "release", "owned", "locked"])
def test_an_outage_reaches_locks(world: World, call: str) -> None:
    """A lock lives on the same server."""

    def scenario(cache: Any) -> Steps[None]:
        lock = cache.get_lock("l")
        yield lock.acquire()
        with world.faults.outage(), pytest.raises(CacheUnavailableError):
            yield getattr(lock, call)()
        yield lock.release()

    world.run(scenario)


def test_an_outage_makes_health_checks_answer_no(world: World) -> None:
    """`health_check` and `ping` say False and raise nothing."""
    world.faults.outage()

    def scenario(cache: Any) -> Steps[object]:
        return [(yield cache.health_check()), (yield cache.ping())]

    assert world.run(scenario) == [False, False]


def test_an_outage_ends_with_its_block(world: World) -> None:
    """What was stored before it is there again."""

    def scenario(cache: Any) -> Steps[object]:
        yield cache.set("k", "v")
        with world.faults.outage():
            yield cache.ping()
        return (yield cache.get("k"))

    assert world.run(scenario) == "v"


def test_the_inner_of_two_faults_goes_first() -> None:
    """An inner `with` block may say more exactly what happens."""
    cache, faults = instrumented()
    with faults.outage(), faults.fail("get", error=CacheTimeoutError), pytest.raises(CacheTimeoutError):
        cache.get("k")


def test_the_outer_fault_takes_over_when_the_inner_ends() -> None:
    """Blocks nest."""
    cache, faults = instrumented()
    with faults.outage():
        with faults.fail("get", error=CacheTimeoutError):
            pass
        with pytest.raises(CacheUnavailableError) as caught:
            cache.get("k")
    assert type(caught.value) is CacheUnavailableError


def test_a_disarmed_fault_strikes_no_more() -> None:
    """Without a block it is ended by hand."""
    cache, faults = instrumented()
    faults.outage().disarm()
    assert cache.ping()


def test_threads_meet_a_fault_as_often_as_it_is_told(tiny_switch_interval: None) -> None:
    """Of many operations at once exactly `times` fail."""
    del tiny_switch_interval
    cache, faults = instrumented()
    faults.fail("incr", times=40)
    start = Barrier(8)
    failures: list[CacheError] = []

    def work() -> None:
        start.wait()
        for _ in range(20):
            try:
                cache.incr("n")
            except CacheUnavailableError as error:
                failures.append(error)

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(failures), cache.get("n")) == (40, 120)


def instrumented() -> tuple[InstrumentedCache, Faults]:
    """Return a synchronous cache and its faults."""
    provider = InMemoryCacheAdapter(clock=ManualClock())
    faults = Faults(provider.clock)
    return InstrumentedCache(provider, faults), faults
