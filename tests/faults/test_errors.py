"""What is raised, what is refused, and what is said of faults that never fired."""

from typing import Any

import pytest

from cache_provider import (
    CacheError,
    CacheTimeoutError,
    CacheUnavailableError,
    InMemoryCacheAdapter,
    LockNotOwnedError,
    ManualClock,
)
from cache_provider.steps import Steps
from cache_provider.testing.faults import Faults
from cache_provider.testing.seam import InstrumentedCache, Site
from tests.worlds import World

HERE = str(Site(__file__, 0, "")).removesuffix("0")


def failing_set(cache: Any) -> Steps[object]:
    """Set a key under a fault and return what is there afterwards."""
    with pytest.raises(CacheUnavailableError):
        yield cache.set("k", "new")
    return (yield cache.get("k"))


def test_the_default_error_says_what_happened_before_the_effect() -> None:
    """Nobody takes it for a real one."""
    cache, faults = instrumented()
    faults.fail("set")
    with pytest.raises(CacheUnavailableError, match="injected fault at set 'k': it had no effect"):
        cache.set("k", 1)


def test_the_default_error_says_what_happened_after_the_effect() -> None:
    """Whoever reads it knows that the write is there."""
    cache, faults = instrumented()
    faults.fail("set", after=True)
    with pytest.raises(CacheUnavailableError, match="it took effect, its reply is lost"):
        cache.set("k", 1)


def test_an_instance_is_raised_with_its_message() -> None:
    """A test may care for the text."""
    cache, faults = instrumented()
    faults.fail("get", error=CacheTimeoutError("no reply within 1 s"))
    with pytest.raises(CacheTimeoutError, match="no reply within 1 s"):
        cache.get("k")


def test_an_instance_is_raised_as_a_new_one_each_time() -> None:
    """No traceback or note of one failure shows up in another."""
    cache, faults = instrumented()
    error = LockNotOwnedError("lost")
    faults.fail("lock.release", error=error)
    with pytest.raises(LockNotOwnedError) as caught:
        cache.get_lock("l").release()
    assert caught.value is not error


class OwnError(CacheUnavailableError):
    """Looks like one of the adapter's, and is none."""


@pytest.mark.parametrize(
    "error", [ValueError, OSError("x"), OwnError, "boom", CacheError("x").__str__, object()]
)
def test_a_foreign_error_is_refused(error: Any) -> None:
    """What no adapter raises leads down a path that production never takes."""
    _, faults = instrumented()
    with pytest.raises(TypeError, match=r"error must be one that an adapter raises \(CacheAccessError, "):
        faults.fail("get", error=error)


@pytest.mark.parametrize("times", [0, -1])
def test_a_fault_that_never_strikes_is_refused(times: int) -> None:
    """`times` counts from one."""
    with pytest.raises(ValueError, match="times must be between 1"):
        instrumented()[1].fail("get", times=times)


def test_an_unknown_operation_is_refused() -> None:
    """A typo would be a fault that never fires."""
    with pytest.raises(ValueError, match="perhaps 'setnx'"):
        instrumented()[1].fail("setxn")


def test_a_refused_fault_is_not_armed() -> None:
    """Bad arguments change nothing."""
    cache, faults = instrumented()
    with pytest.raises(ValueError, match="times"):
        faults.fail("get", times=0)
    assert cache.get("k") is None


# Never fired


def test_a_fault_that_never_fired_is_named() -> None:
    """With its call, and the line that armed it."""
    _, faults = instrumented()
    faults.fail("set", key="user:*", after=True, error=CacheTimeoutError)
    (message,) = faults.unfired()
    assert message.startswith(
        f"fail(operation='set', key='user:*', after=True, error=CacheTimeoutError), armed at {HERE}"
    )


def test_a_fault_that_never_fired_in_its_block_is_named() -> None:
    """The end of the block does not forgive it."""
    _, faults = instrumented()
    with faults.outage():
        pass
    assert [message.endswith("never fired") for message in faults.unfired()] == [True]


def test_a_fault_that_fired_is_not_named(world: World) -> None:
    """It did what the test asked for."""
    world.faults.fail("set")
    world.run(failing_set)
    assert world.faults.unfired() == []


def test_a_fault_that_fired_too_seldom_is_named(world: World) -> None:
    """Whoever says three times counts on the third."""
    world.faults.fail("set", times=3)
    world.run(failing_set)
    assert [message.endswith("fired 1 of 3 times") for message in world.faults.unfired()] == [True]


def instrumented() -> tuple[InstrumentedCache, Faults]:
    """Return a synchronous cache and its faults."""
    provider = InMemoryCacheAdapter(clock=ManualClock())
    faults = Faults(provider.clock)
    return InstrumentedCache(provider, faults), faults
