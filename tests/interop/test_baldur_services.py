"""baldur's own services and its single-flight `get_or_set`, from its package, on the face."""

import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier, Event
from typing import Any, TypeAlias
from unittest import mock

import pytest
from baldur.core.exceptions import IdempotencyDuplicateError
from baldur.decorators.idempotent import idempotent
from baldur.factory.registry import ProviderRegistry
from baldur.services.cleanup_service import CleanupService
from baldur.services.daily_report.aggregator import DailyReportCollector
from baldur.services.idempotency.models import IdempotencyKey
from baldur.services.idempotency.service import IdempotencyService
from baldur.services.replay_service.service import ReplayService

from cache_provider import CacheProviderInterface, CacheUnavailableError, RedisCacheAdapter
from cache_provider.interop.baldur import BaldurCacheProvider
from cache_provider.steps import Steps
from cache_provider.testing.seam import InstrumentedCache, Operation, Proceed
from tests.interop.stores import DoubleStore, Store

KEY = IdempotencyKey.for_operation("order", 123, "process")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def registered(face: BaldurCacheProvider) -> Iterator[BaldurCacheProvider]:
    """Return the face while baldur's registry hands it out, in its own wrapper."""
    with ProviderRegistry.cache.override(face):
        yield face


Service: TypeAlias = Any
"""An `IdempotencyService`; what its methods return is not wholly typed."""


@pytest.fixture
def service(registered: BaldurCacheProvider) -> Service:
    """Return baldur's idempotency service."""
    del registered
    return IdempotencyService(cache_ttl=60)


# The idempotency service


def test_what_was_not_processed_is_no_duplicate(service: Service) -> None:
    """Nothing is there."""
    assert service.check(KEY).is_duplicate is False


def test_what_was_processed_is_a_duplicate(service: Service) -> None:
    """With the record that was kept."""
    service.mark_as_processed(KEY, 42)
    result = service.check(KEY)
    assert (result.is_duplicate, result.existing_record) == (True, 42)


def test_what_was_processed_is_forgotten_after_its_ttl(service: Service, store: Store) -> None:
    """By the store."""
    service.mark_as_processed(KEY, 42)
    store.pass_time(60)
    assert service.check(KEY).is_duplicate is False


def test_several_are_checked_and_marked_at_once(service: Service) -> None:
    """`mset` and `mget`."""
    other = IdempotencyKey.for_operation("order", 124, "process")
    service.batch_mark_as_processed([other])
    assert [result.is_duplicate for result in service.batch_check([KEY, other])] == [False, True]


def test_a_key_may_be_cleared(service: Service) -> None:
    """And processed again."""
    service.mark_as_processed(KEY, 42)
    service.clear(KEY)
    assert service.check(KEY).is_duplicate is False


# Users of locks


def test_one_of_two_services_gets_the_lock(service: Service) -> None:
    """The other is told at once."""
    assert (service.acquire_lock(KEY, 10), IdempotencyService().acquire_lock(KEY, 10)) == (True, False)


def test_a_service_gives_its_lock_back(service: Service) -> None:
    """To the other."""
    service.acquire_lock(KEY, 10)
    service.release_lock(KEY)
    assert IdempotencyService().acquire_lock(KEY, 10) is True


def test_a_services_lock_ends_with_its_lease(service: Service, store: Store) -> None:
    """A crashed worker blocks nobody for ever."""
    service.acquire_lock(KEY, 10)
    store.pass_time(10)
    assert IdempotencyService().acquire_lock(KEY, 10) is True


def test_a_recovery_excludes_another(face: BaldurCacheProvider) -> None:
    """Baldur's replay service holds one lock for each domain."""
    ReplayService(cache=face).try_acquire_recovery_lock("payments")
    assert ReplayService(cache=face).try_acquire_recovery_lock("payments")[1] == "held"


def test_a_recovery_that_ended_lets_another_begin(face: BaldurCacheProvider) -> None:
    """It releases its lock."""
    service = ReplayService(cache=face)
    lock, _, _ = service.try_acquire_recovery_lock("payments")
    service.release_recovery_lock(lock, "payments")
    assert service.try_acquire_recovery_lock("payments")[1] == "acquired"


# Others


# Baldur asks asyncio, which says from Python 3.14 on that `inspect` is to be asked.
@pytest.mark.filterwarnings("ignore:'asyncio.iscoroutinefunction' is deprecated:DeprecationWarning")
@pytest.mark.usefixtures("registered")
def test_an_idempotent_function_runs_once() -> None:
    """Baldur's decorator stops the duplicate."""
    runs: list[int] = []

    def pay(order: int) -> None:
        runs.append(order)

    once: Any = idempotent(key_args=["order"])(pay)
    once(order=7)
    with pytest.raises(IdempotencyDuplicateError):
        once(order=7)
    assert runs == [7]


@pytest.mark.usefixtures("registered")
def test_a_daily_report_collects_what_was_added() -> None:
    """`push_limit` and `list_range`."""
    collector = DailyReportCollector()
    collector.add_result("backup", {"files": 3})
    report = collector.get_report(datetime.now(UTC))
    assert [(entry.task_name, entry.result) for entry in report.entries] == [("backup", {"files": 3})]


# Single flight


def test_a_miss_is_computed_and_stored(face: BaldurCacheProvider) -> None:
    """With its ttl."""
    face.get_or_set("k", lambda: {"a": 1}, MINUTE)
    assert (face.get("k"), face.ttl("k")) == ({"a": 1}, 60)


def test_a_hit_is_not_computed(face: BaldurCacheProvider) -> None:
    """The factory is not called."""
    face.set("k", "stored")
    assert face.get_or_set("k", lambda: pytest.fail("computed")) == "stored"


def test_none_keeps_counting_as_a_miss(face: BaldurCacheProvider) -> None:
    """As baldur documents."""
    face.get_or_set("k", lambda: None)
    assert face.get_or_set("k", lambda: "computed") == "computed"


def test_an_exception_of_the_factory_reaches_the_caller(face: BaldurCacheProvider) -> None:
    """Nothing is stored, and no lock stays."""

    def fail() -> None:
        raise KeyError("the factory's own")

    with pytest.raises(KeyError, match="the factory's own"):
        face.get_or_set("k", fail)
    assert face.keys() == []


def test_a_computed_value_that_the_codec_refuses_is_returned_unstored(face: BaldurCacheProvider) -> None:
    """Baldur logs what the store says and gives the caller the value all the same."""
    assert (face.get_or_set("k", lambda: MINUTE), face.exists("k")) == (MINUTE, False)


@pytest.mark.usefixtures("tiny_switch_interval")
def test_many_threads_of_two_processes_compute_once(store: Store) -> None:
    """Each process has a face of its own; the lock is the store's."""
    faces = [BaldurCacheProvider(store.connect()) for _ in range(2)]
    numbers = count()
    barrier = Barrier(8)

    def ask(number: int) -> Any:
        barrier.wait()
        return faces[number % 2].get_or_set("k", lambda: f"value {next(numbers)}")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert (answers, next(numbers)) == (["value 0"] * 8, 1)


def test_a_process_that_comes_second_waits_for_the_firsts_value(store: Store) -> None:
    """It asks while the first computes."""
    first, second = (BaldurCacheProvider(store.connect()) for _ in range(2))
    asked: list[Future[Any]] = []

    def compute() -> str:
        asked.append(pool.submit(second.get_or_set, "k", lambda: "second"))
        return "first"

    with ThreadPoolExecutor(1) as pool:
        first.get_or_set("k", compute)
    assert asked[0].result() == "first"


def test_past_the_wait_a_process_computes_for_itself(store: Store) -> None:
    """The lock's holder is slow, or gone."""
    face = BaldurCacheProvider(store.connect())
    face.get_lock("singleflight:lock:k").acquire()
    assert face.get_or_set("k", lambda: "computed", wait_timeout=0) == "computed"


class Outage:
    """The store cannot be reached for operations of one name, or of any."""

    def __init__(self, name: str | None = None) -> None:
        self._name = name

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Raise, or let the operation go on."""
        if self._name in (None, operation.name):
            raise CacheUnavailableError("an outage")
        return (yield from proceed())


@pytest.mark.parametrize("name", [None, "get", "set", "lock.acquire", "lock.release"], ids=str)
def test_where_the_store_is_out_of_reach_it_computes(double: DoubleStore, name: str | None) -> None:
    """Baldur documents that it fails open at any phase; its own first read would raise."""
    face = BaldurCacheProvider(InstrumentedCache(double.connect(), Outage(name)))
    assert face.get_or_set("k", lambda: "computed") == "computed"


def test_where_no_server_answers_it_computes() -> None:
    """On the Redis adapter too."""
    with RedisCacheAdapter("redis://127.0.0.1:1/0") as provider:
        assert BaldurCacheProvider(provider).get_or_set("k", lambda: "computed") == "computed"


def test_an_outage_that_the_factory_met_reaches_the_caller(face: BaldurCacheProvider) -> None:
    """It is not this store's."""

    def fail() -> None:
        raise CacheUnavailableError("another store's")

    with pytest.raises(CacheUnavailableError, match="another store's"):
        face.get_or_set("k", fail)


# What get_or_set works on


class Counting(BaldurCacheProvider):
    """Notes each `get` and `set`."""

    def __init__(self, provider: CacheProviderInterface) -> None:
        super().__init__(provider)
        self.seen: list[str] = []

    def get(self, key: str) -> Any:
        self.seen.append("get")
        return super().get(key)

    def set(self, key: str, value: Any, ttl: timedelta | None = None) -> bool:
        self.seen.append("set")
        return super().set(key, value, ttl)


def test_get_or_set_works_on_the_faces_own_methods(store: Store) -> None:
    """Those of a subclass, too: a miss reads, reads again under the lock, and stores."""
    face = Counting(store.connect())
    face.get_or_set("k", lambda: 1)
    assert face.seen == ["get", "get", "set"]


def test_a_method_that_is_mocked_is_used(face: BaldurCacheProvider) -> None:
    """A store that fails does not keep the value from the caller."""
    with mock.patch.object(face, "set", side_effect=RuntimeError("down")) as mocked:
        assert face.get_or_set("k", lambda: 1) == 1
    assert mocked.call_count == 1


def test_an_outage_that_the_factory_meets_is_the_factorys(face: BaldurCacheProvider) -> None:
    """It is not computed a second time."""
    compute = mock.Mock(side_effect=CacheUnavailableError("another store"))
    with pytest.raises(CacheUnavailableError, match="another store"):
        face.get_or_set("k", compute)
    assert compute.call_count == 1


def of_a_waiter(face: BaldurCacheProvider, error: Exception) -> BaseException:
    """Return what a caller gets that waits while a factory fails."""
    for attempt in range(100):
        begun, may_end = Event(), Event()

        def fail(begun: Event = begun, may_end: Event = may_end) -> None:
            begun.set()
            may_end.wait(10)
            raise error

        with ThreadPoolExecutor(2) as pool:
            pool.submit(face.get_or_set, "k", fail)
            begun.wait(10)
            waiting = pool.submit(face.get_or_set, "k", lambda: "too late")
            # A caller that comes too late for this computation computes: then try again.
            wait([waiting], timeout=attempt / 1000)
            may_end.set()
        if (raised := waiting.exception()) is not None:
            return raised
        face.delete("k")
    pytest.fail("no caller ever waited")


def test_who_waits_has_an_exception_of_its_own(face: BaldurCacheProvider) -> None:
    """Baldur hands one to all."""
    error = ValueError("why")
    raised = of_a_waiter(face, error)
    assert (repr(raised), raised is error, raised.__cause__ is error) == ("ValueError('why')", False, True)


# Sweeping


def test_baldurs_own_cleanup_sweeps_a_double(double: DoubleStore) -> None:
    """Under a face; what nobody touches goes."""
    face = BaldurCacheProvider(double.connect())
    face.set("k", 1, timedelta(seconds=1))
    double.pass_time(1)
    CleanupService().cleanup_memory_cache_expired()
    assert double.server.size() == 0


def test_a_face_that_is_swept_is_not_kept_alive(double: DoubleStore) -> None:
    """Baldur holds it weakly."""
    gone = weakref.ref(BaldurCacheProvider(double.connect()))
    gc.collect()
    assert gone() is None


def test_a_server_sweeps_itself(face: BaldurCacheProvider, store: Store) -> None:
    """There is nothing for the face to do."""
    face.set("k", 1, timedelta(seconds=1))
    store.pass_time(1)
    assert face.cleanup_expired() == int(isinstance(store, DoubleStore))
