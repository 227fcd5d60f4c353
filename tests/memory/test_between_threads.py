"""What one thread does between two steps of another; each test puts it there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cache_provider import CacheClosedError, InMemoryCacheAdapter, InMemoryLock, MemoryServer, SystemClock
from cache_provider.arguments import USUAL_TTLS
from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.codecs import JsonCodec
from cache_provider.interface.flight import FlightTable
from cache_provider.memory import shared
from cache_provider.memory.lock_table import PROCESS_LOCKS
from cache_provider.memory.payload import Claim, Packer
from cache_provider.memory.server import keyspace_of
from cache_provider.waiting import Patience
from tests.threads import Task


@pytest.fixture(autouse=True)
def _no_locks_are_left() -> None:
    InMemoryLock.clear_all_locks()


class Between(dict[timedelta | int, int]):
    """The table of usual leases, where something happens right behind a look into it.

    Args:
        happens: What happens.
    """

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__(USUAL_TTLS)
        self._happens = happens

    def __contains__(self, lease: object) -> bool:
        found = super().__contains__(lease)
        self._happens()
        return found


def test_a_cache_closed_while_a_lock_is_made_refuses_the_lock() -> None:
    """A handle that was asked for in time is made, and says that the cache is closed when it is used."""
    cache = InMemoryCacheAdapter()
    cache._usual_leases = Between(cache.close)
    lock = cache.get_lock("lock")
    with pytest.raises(CacheClosedError):
        lock.acquire()


def closing_at_the_claim(cache: InMemoryCacheAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Close the cache when the next claim is about to be made."""

    def closing() -> Claim:
        cache.close()
        return Claim()

    for module in ("usual_lock", "lock"):
        monkeypatch.setattr(f"cache_provider.memory.{module}.Claim", closing)


@pytest.mark.parametrize("clock", [SYSTEM_CLOCK, SystemClock()], ids=["usual", "of its own"])
def test_a_claim_beside_close_is_not_left_behind(monkeypatch: pytest.MonkeyPatch, clock: SystemClock) -> None:
    """Whether it came first or last, nobody could give it back: the lock is free."""
    cache = InMemoryCacheAdapter("app:", clock=clock)
    lock = cache.get_lock("lock")
    closing_at_the_claim(cache, monkeypatch)
    with pytest.raises(CacheClosedError):
        lock.acquire()
    assert "app:lock" not in PROCESS_LOCKS.entries


def test_a_claim_on_a_server_beside_close_is_not_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a shared server it would keep others waiting until its lease is over."""
    server = MemoryServer()
    cache = InMemoryCacheAdapter("app:", server=server)
    lock = cache.get_lock("lock")
    closing_at_the_claim(cache, monkeypatch)
    with pytest.raises(CacheClosedError):
        lock.acquire()
    assert keyspace_of(server).entries == {}


class TestAHandleThatThreadsShare:
    """Thread B claims right behind the release by thread A, which has not taken note of it yet."""

    @pytest.fixture
    def lock(self, monkeypatch: pytest.MonkeyPatch) -> InMemoryLock:
        """The handle, released once by this thread while the other claimed."""
        server = MemoryServer(clock=SystemClock())
        # On a clock of its own: a `UsualLock` notes it within the step.
        lock: Any = InMemoryCacheAdapter(server=server).get_lock("lock", 10)
        keyspace = keyspace_of(server)
        withdraw = keyspace.withdraw

        def withdraw_and_let_claim(*arguments: Any) -> bool:
            monkeypatch.undo()
            withdrawn = withdraw(*arguments)
            assert Task(lambda: lock.acquire(blocking=False)).result()
            return withdrawn

        lock.acquire()
        monkeypatch.setattr(keyspace, "withdraw", withdraw_and_let_claim)
        lock.release()
        assert isinstance(lock, InMemoryLock)
        return lock

    def test_a_second_release_does_nothing(self, lock: InMemoryLock) -> None:
        """The thread that gave its claim back has nothing to give back any more."""
        lock.release()
        assert lock.locked()

    def test_the_other_claim_does_not_count_as_returned(self, lock: InMemoryLock) -> None:
        """It is another thread's, and still held."""
        assert "claimed" in repr(lock)


class TestAFlight:
    """Two find at once that its leader is lost, and both close it."""

    def test_only_the_first_takes_it_from_the_table(self) -> None:
        """The second would take the next flight of that key away, and others would compute beside it."""
        table = FlightTable()
        lost, _ = table.board("key", Patience(SYSTEM_CLOCK, 1000))
        table.close(lost)
        following, _ = table.board("key", Patience(SYSTEM_CLOCK, 1000))
        table.close(lost)
        assert table.board("key", Patience(SYSTEM_CLOCK, 1000)) == (following, False)


def test_each_packer_has_a_set_of_its_own() -> None:
    """Caches that share nothing else do not take turns at counting the references of one object."""
    assert Packer(JsonCodec()).kept is not Packer(JsonCodec()).kept


def test_a_name_makes_one_server_however_many_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second gets the first one's."""
    made: list[MemoryServer] = []

    def make(*arguments: Any) -> MemoryServer:
        monkeypatch.undo()
        made.append(shared.shared_server("between threads"))
        return MemoryServer(*arguments)

    monkeypatch.setattr(shared, "MemoryServer", make)
    assert shared.shared_server("between threads") is made[0]
