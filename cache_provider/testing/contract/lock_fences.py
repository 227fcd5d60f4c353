"""Fenced locks: each claim gets a number, larger than those of all claims before it."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from cache_provider.errors import CounterOverflowError, NotAnIntegerError, WrongTypeError
from cache_provider.interface.lock import DistributedLock
from cache_provider.testing.contract.base import Contract
from cache_provider.testing.contract.capabilities import Capability, needs
from cache_provider.testing.contract.harness import Act, Cache, Harness
from cache_provider.testing.contract.terms import Terms

NAMES = ["plain", "stock:{42}", "{}", "}{", "a{b", "a}b", "é{", "singles{}{a}"]
"""Names whose keys a Cluster places by a part of them, or by all."""


def counter(cache: Cache) -> str:
    """Return the key that counts the claims on `lock`: the lock's own full name is part of it."""
    return f"{{{cache.key_prefix}lock}}:fence"


NO_COUNTERS: dict[str, tuple[Act, type[Exception]]] = {
    "text": (lambda cache: cache.set(counter(cache), "five"), NotAnIntegerError),
    "a list": (lambda cache: cache.push_limit(counter(cache), 1, 5), WrongTypeError),
    "a hash": (lambda cache: cache.hset(counter(cache), "field", 1), WrongTypeError),
    "the largest number": (lambda cache: cache.set(counter(cache), 2**63 - 1), CounterOverflowError),
}

no_counter = pytest.mark.parametrize(("spoil", "error"), NO_COUNTERS.values(), ids=NO_COUNTERS.keys())


class LockFenceContract(Contract):
    """Fenced locks: each claim gets a number, larger than those of all claims before it."""

    @pytest.fixture
    def fenced(self, provider: Cache) -> DistributedLock:
        """Return a fenced handle with a lease of 10 s that holds its lock."""
        handle = provider.get_lock("lock", timeout=10, fenced=True)
        handle.acquire()
        return handle

    @pytest.fixture
    def fenced_rival(self, other: Cache) -> DistributedLock:
        """Return another provider's fenced handle on the same lock."""
        return other.get_lock("lock", timeout=10, fenced=True)

    # What is there, and when

    def test_a_claim_has_a_number(self, fenced: DistributedLock) -> None:
        """The first claim on a lock is number 1."""
        assert fenced.fence == 1

    def test_a_handle_that_claimed_nothing_has_no_number(self, fenced_rival: DistributedLock) -> None:
        """`fence` is None before a claim."""
        assert fenced_rival.fence is None

    def test_a_claim_that_was_given_back_has_no_number(self, fenced: DistributedLock) -> None:
        """`fence` is None after a release."""
        fenced.release()
        assert fenced.fence is None

    def test_a_lock_that_is_not_fenced_has_no_number(self, lock: DistributedLock) -> None:
        """Numbers are for those who ask for them."""
        assert lock.fence is None

    def test_a_lock_that_is_not_fenced_counts_nothing(self, lock: DistributedLock, other: Cache) -> None:
        """A plain lock has no key but its own."""
        assert (lock.owned(), other.keys()) == (True, ["lock"])

    @pytest.mark.usefixtures("fenced")
    def test_an_attempt_that_failed_has_no_number(self, fenced_rival: DistributedLock) -> None:
        """A caller that did not get the lock has no claim."""
        fenced_rival.acquire(blocking=False)
        assert fenced_rival.fence is None

    def test_an_attempt_that_failed_counts_for_nothing(
        self, fenced: DistributedLock, fenced_rival: DistributedLock
    ) -> None:
        """Only claims are counted, not who asked in vain."""
        fenced_rival.acquire(blocking=False)
        fenced.release()
        fenced_rival.acquire()
        assert fenced_rival.fence == 2

    def test_an_extended_claim_keeps_its_number(self, fenced: DistributedLock) -> None:
        """A longer lease is not a new claim."""
        fenced.extend(5)
        assert fenced.fence == 1

    @needs(Capability.CLAIMS_BY_THREAD)
    def test_a_number_is_its_threads(self, fenced: DistributedLock) -> None:
        """Another thread that uses the handle has no claim, and so no number."""
        with ThreadPoolExecutor() as threads:
            assert threads.submit(lambda: fenced.fence).result() is None

    # Larger each time

    def test_a_later_claim_has_a_larger_number(self, fenced: DistributedLock) -> None:
        """Of the same handle too."""
        fenced.release()
        fenced.acquire()
        assert fenced.fence == 2

    def test_a_claim_after_the_end_of_a_lease_has_a_larger_number(
        self, fenced: DistributedLock, fenced_rival: DistributedLock, harness: Harness
    ) -> None:
        """An earlier holder still sees the old one, and so can be refused."""
        harness.pass_time(10)
        fenced_rival.acquire()
        assert (fenced.fence, fenced_rival.fence) == (1, 2)

    def test_a_claim_after_a_broken_lock_has_a_larger_number(
        self, fenced: DistributedLock, fenced_rival: DistributedLock, other: Cache
    ) -> None:
        """The counter outlives the lock's key."""
        other.delete("lock")
        fenced_rival.acquire()
        assert (fenced.fence, fenced_rival.fence) == (1, 2)

    def test_a_claim_on_a_plain_handle_keeps_the_count(self, fenced: DistributedLock, other: Cache) -> None:
        """Plain and fenced handles exclude each other, and the plain ones count nothing."""
        fenced.release()
        plain = other.get_lock("lock")
        with plain:
            held = fenced.acquire(blocking=False)
        fenced.acquire()
        assert (held, fenced.fence) == (False, 2)

    @pytest.mark.parametrize("name", NAMES)
    def test_a_lock_of_any_name_counts(self, provider: Cache, name: str) -> None:
        """Whatever slot of a Cluster its key belongs to."""
        lock = provider.get_lock(name, fenced=True)
        numbers: list[int | None] = []
        for _ in range(3):
            with lock:
                numbers.append(lock.fence)
        assert numbers == [1, 2, 3]

    def test_each_lock_counts_for_itself(self, fenced: DistributedLock, other: Cache) -> None:
        """Another lock's claims begin at 1."""
        with other.get_lock("another", fenced=True) as another:
            assert (fenced.fence, another.fence) == (1, 1)

    def test_each_prefix_counts_for_itself(self, fenced: DistributedLock, stranger: Cache) -> None:
        """A lock under another prefix is another lock."""
        with stranger.get_lock("lock", fenced=True) as another:
            assert (fenced.fence, another.fence) == (1, 1)

    # The counter

    @pytest.mark.usefixtures("fenced")
    def test_the_counter_is_a_key_beside_the_locks(self, other: Cache) -> None:
        """It shows in `keys`."""
        assert sorted(other.keys()) == ["lock", counter(other)]

    def test_the_counter_survives_a_release(self, fenced: DistributedLock, other: Cache) -> None:
        """It holds the number of the last claim."""
        fenced.release()
        assert other.get(counter(other)) == 1

    def test_the_counter_never_expires(self, harness: Harness) -> None:
        """No ttl of the adapter's is given to it."""
        provider = harness.connect(Terms("test:", default_ttl=5))
        provider.get_lock("lock", fenced=True).acquire()
        assert provider.ttl(counter(provider)) is None

    @pytest.mark.usefixtures("fenced")
    def test_the_counter_goes_with_flush_all(self, fenced_rival: DistributedLock, other: Cache) -> None:
        """Emptying the store starts the numbers again."""
        other.flush_all()
        fenced_rival.acquire()
        assert fenced_rival.fence == 1

    @no_counter
    def test_a_counter_that_cannot_count_is_named(
        self, provider: Cache, spoil: Act, error: type[Exception]
    ) -> None:
        """The error names the lock and the key that is in the way."""
        spoil(provider)
        named = re.escape(f"lock 'lock' cannot count its claims: key {counter(provider)!r}")
        with pytest.raises(error, match=named):
            provider.get_lock("lock", fenced=True).acquire()

    @no_counter
    def test_a_claim_that_could_not_be_counted_was_not_made(
        self, provider: Cache, spoil: Act, error: type[Exception]
    ) -> None:
        """Claim and number are one step."""
        spoil(provider)
        with pytest.raises(error):
            provider.get_lock("lock", fenced=True).acquire()
        assert not provider.exists("lock")

    # Lost replies

    def test_a_claim_that_was_not_heard_of_has_no_number_yet(self, fenced: DistributedLock) -> None:
        """Its number was in the reply that was lost."""
        fenced.doubt()
        assert fenced.fence is None

    def test_a_claim_that_is_met_again_keeps_its_number(self, fenced: DistributedLock) -> None:
        """`acquire` takes it for a success, and nobody can have come between."""
        fenced.doubt()
        fenced.acquire(blocking=False)
        assert fenced.fence == 1

    def test_a_release_that_was_not_heard_of_keeps_the_number(self, fenced: DistributedLock) -> None:
        """Until it is repeated the caller may still be the holder."""
        fenced.release()
        fenced.doubt()
        before = fenced.fence
        fenced.release()
        assert (before, fenced.fence) == (1, None)
