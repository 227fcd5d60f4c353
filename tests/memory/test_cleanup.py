"""CleanupService: sweeps all live adapters, keeps none alive, survives failures, stops promptly."""

import gc
import logging
import threading
import weakref
from collections.abc import Iterator
from unittest import mock

import pytest

from cache_provider import CleanupService, InMemoryCacheAdapter, ManualClock, MemoryServer
from tests.threads import until

EXPIRED = 1_000


@pytest.fixture(autouse=True)
def _only_this_tests_adapters() -> Iterator[None]:
    InMemoryCacheAdapter.clear_all_instances()
    yield
    InMemoryCacheAdapter.clear_all_instances()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cache(clock: ManualClock) -> InMemoryCacheAdapter:
    return InMemoryCacheAdapter(clock=clock, cache_name="swept")


def with_expired_keys(cache: InMemoryCacheAdapter, clock: ManualClock, count: int = EXPIRED) -> None:
    cache.mset({f"k{number}": "v" for number in range(count)}, ttl=1)
    cache.set("stays", "v")
    cache.set("stays for a while", "v", ttl=3600)
    clock.advance(1)


class TestSweep:
    """cleanup_expired(): what has expired goes, and nothing else."""

    def test_it_counts_what_it_removed(self, cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
        """Each expired entry counts once."""
        with_expired_keys(cache, clock)
        assert cache.cleanup_expired() == EXPIRED

    def test_it_leaves_what_lives(self, cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
        """Persistent and live entries stay."""
        with_expired_keys(cache, clock)
        cache.cleanup_expired()
        assert sorted(cache._keyspace.entries) == ["stays", "stays for a while"]

    def test_a_second_sweep_finds_nothing(self, cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
        """Nothing is counted twice."""
        with_expired_keys(cache, clock)
        cache.cleanup_expired()
        assert cache.cleanup_expired() == 0

    def test_a_later_deadline_is_swept_later(self, cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
        """The sweep remembers what it left."""
        with_expired_keys(cache, clock)
        cache.cleanup_expired()
        clock.advance(3600)
        assert cache.cleanup_expired() == 1

    def test_a_key_written_again_is_not_swept(self, cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
        """An old deadline does not remove a fresh write."""
        with_expired_keys(cache, clock)
        cache.set("k0", "fresh")
        cache.cleanup_expired()
        assert cache.get("k0") == "fresh"

    def test_a_deadline_moved_forward_is_swept_in_time(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """expire() to an earlier moment is noticed."""
        cache.set("k", "v", ttl=3600)
        cache.expire("k", 1)
        clock.advance(1)
        assert cache.cleanup_expired() == 1

    def test_lists_and_hashes_are_swept(self, cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
        """Any type of key expires."""
        cache.push_limit("list", 1, 5, ttl=1)
        cache.hset("hash", "f", 1)
        cache.expire("hash", 1)
        clock.advance(1)
        assert cache.cleanup_expired() == 2

    def test_while_nothing_can_have_expired_it_looks_at_no_entry(self, cache: InMemoryCacheAdapter) -> None:
        """A sweep with nothing due reads one number."""
        cache.set("k", "v", ttl=3600)
        with mock.patch.object(cache._keyspace, "sweep_page") as sweep_page:
            cache.cleanup_expired()
        assert not sweep_page.called

    def test_it_holds_the_mutex_for_one_page_at_a_time(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """However much has expired, another thread waits for no more than one page."""
        with_expired_keys(cache, clock)
        keyspace = cache._keyspace
        removed_under_one_hold = 0
        sweep_page = keyspace.sweep_page

        def watched(*arguments: object) -> int:
            nonlocal removed_under_one_hold
            before = len(keyspace.entries)
            removed = sweep_page(*arguments)  # type: ignore[arg-type] # handed through
            removed_under_one_hold = max(removed_under_one_hold, before - len(keyspace.entries))
            return removed

        with mock.patch.object(keyspace, "sweep_page", watched):
            cache.cleanup_expired()
        assert removed_under_one_hold == 64


class TestRunOnce:
    """One sweep of all adapters, and what its result says."""

    def test_it_sweeps_every_live_adapter(self, clock: ManualClock) -> None:
        """All adapters of the process are swept, private and shared."""
        caches = [InMemoryCacheAdapter(clock=clock), InMemoryCacheAdapter(server=MemoryServer(clock=clock))]
        for cache in caches:
            cache.set("k", "v", ttl=1)
        clock.advance(1)
        result = CleanupService().run_once()
        assert (result.removed, result.instances, result.success) == (2, 2, True)

    def test_the_name_of_upstream_does_the_same(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """cleanup_memory_cache_expired() is run_once()."""
        with_expired_keys(cache, clock)
        assert CleanupService().cleanup_memory_cache_expired().removed == EXPIRED

    def test_a_closed_adapter_is_not_swept(self, cache: InMemoryCacheAdapter) -> None:
        """close() ends an adapter's place in the registry."""
        cache.close()
        assert CleanupService().run_once().instances == 0

    def test_an_adapter_closed_meanwhile_is_no_failure(self, cache: InMemoryCacheAdapter) -> None:
        """Between the list and the sweep an adapter may close."""
        with mock.patch.object(InMemoryCacheAdapter, "instances", return_value=[cache]):
            cache.close()
            assert CleanupService().run_once().success

    def test_a_failing_adapter_does_not_keep_the_others_from_being_swept(
        self, cache: InMemoryCacheAdapter, clock: ManualClock
    ) -> None:
        """The sweep goes on."""
        failing = InMemoryCacheAdapter(cache_name="failing")
        with_expired_keys(cache, clock)
        with mock.patch.object(failing, "cleanup_expired", side_effect=RuntimeError("boom")):
            assert CleanupService().run_once().removed == EXPIRED

    def test_a_failing_adapter_is_in_the_result(self) -> None:
        """The result names the adapter and holds the error."""
        failing = InMemoryCacheAdapter(cache_name="failing")
        boom = RuntimeError("boom")
        with mock.patch.object(failing, "cleanup_expired", side_effect=boom):
            assert CleanupService().run_once().errors == (("failing", boom),)

    def test_a_failing_adapter_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        """A sweep in the background has no caller to tell: it writes to the log."""
        failing = InMemoryCacheAdapter(cache_name="failing")
        with (
            caplog.at_level(logging.ERROR),
            mock.patch.object(failing, "cleanup_expired", side_effect=RuntimeError("boom")),
        ):
            CleanupService().run_once()
        assert "sweep of cache 'failing' failed" in caplog.text


class TestRegistry:
    """Which adapters there are to sweep."""

    def test_it_lists_live_adapters(self, cache: InMemoryCacheAdapter) -> None:
        """An adapter is listed from its making on."""
        assert InMemoryCacheAdapter.instances() == [cache]

    def test_it_keeps_no_adapter_alive(self) -> None:
        """Being listed is no reason to live."""
        reference = weakref.ref(InMemoryCacheAdapter())
        gc.collect()
        assert reference() is None

    def test_clear_all_instances_forgets_them(self, cache: InMemoryCacheAdapter) -> None:
        """Fixtures can start from an empty list; the adapters go on working."""
        InMemoryCacheAdapter.clear_all_instances()
        assert (InMemoryCacheAdapter.instances(), cache.set("k", "v")) == ([], True)


class TestThread:
    """The service's own thread."""

    def test_it_sweeps_at_its_interval(self, cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
        """What expired goes without anybody asking for it."""
        with_expired_keys(cache, clock)
        with CleanupService(interval=0.001):
            until(lambda: len(cache._keyspace.entries) == 2)
        assert cache.stats().expirations == EXPIRED

    def test_it_goes_on_after_a_failure(self, cache: InMemoryCacheAdapter) -> None:
        """One bad sweep does not end the thread."""
        attempts = mock.Mock(side_effect=RuntimeError("boom"))
        with mock.patch.object(cache, "cleanup_expired", attempts), CleanupService(interval=0.001):
            until(lambda: attempts.call_count >= 2)
        assert attempts.call_count >= 2

    def test_stop_ends_the_thread(self) -> None:
        """stop() returns when the thread has ended, however long the interval."""
        service = CleanupService(interval=3600)
        service.start()
        service.stop()
        assert "cache-provider-cleanup" not in {thread.name for thread in threading.enumerate()}

    def test_start_twice_runs_one_thread(self) -> None:
        """A second start does nothing."""
        with CleanupService(interval=3600) as service:
            service.start()
            names = [thread.name for thread in threading.enumerate()]
        assert names.count("cache-provider-cleanup") == 1

    def test_it_can_be_started_again(self, cache: InMemoryCacheAdapter, clock: ManualClock) -> None:
        """A stopped service is as good as new."""
        service = CleanupService(interval=0.001)
        service.start()
        service.stop()
        with_expired_keys(cache, clock)
        with service:
            until(lambda: len(cache._keyspace.entries) == 2)
        assert not service.running

    def test_stop_without_start_does_nothing(self) -> None:
        """So a fixture may always stop it."""
        service = CleanupService()
        service.stop()
        assert not service.running

    def test_its_thread_does_not_keep_the_process_alive(self) -> None:
        """A forgotten service does not hang the end of a test run."""
        with CleanupService(interval=3600):
            daemons = {thread.name: thread.daemon for thread in threading.enumerate()}
        assert daemons["cache-provider-cleanup"]
