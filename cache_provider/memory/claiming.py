"""Claims that are made together with something else: their number, or the end of another's claim.

Callers of anything here hold the ledger's mutex.
"""

from cache_provider.memory.entry import Entry, stored_of
from cache_provider.memory.ledger import Ledger
from cache_provider.memory.payload import Claim
from cache_provider.memory.publication import publish
from cache_provider.memory.waiters import QueuePlace


def store_counted(
    ledger: Ledger,
    full_key: str,
    claim: Claim,
    deadline: int,
    seen: Entry | None,
    heir: QueuePlace | None,
    *,
    fence_key: str,
    counted: Entry | None,
) -> bool:
    """Store a claim on a lock and its number, at one moment.

    Args:
        ledger: Where.
        full_key: The lock's.
        claim: The claim; its number is set.
        deadline: When its lease ends.
        seen: What it takes the place of; None for nothing.
        heir: For whom it is made, as in `hand_over`; None for who makes it.
        fence_key: Where the lock counts its claims. It is never evicted.
        counted: What was there when the number was made; None for nothing.

    Returns:
        False if anything of that is not so any more; then nothing has changed.
    """
    if not (
        _is(ledger, fence_key, counted) and _is(ledger, full_key, seen) and _is_next(ledger, full_key, heir)
    ):
        return False
    fence = ledger.keep(fence_key, (claim.fence, counted and counted[1], ledger.place(fence_key)))
    held = ledger.keep(full_key, (claim, deadline, ledger.place(full_key)))
    publish(ledger.entries, (fence_key, full_key), (fence, held))
    ledger.wake(fence_key)
    _hand(ledger, full_key, claim, heir)
    return True


def hand_over(
    ledger: Ledger, full_key: str, claim: Claim, deadline: int, seen: Entry, heir: QueuePlace
) -> bool:
    """Put the claim of an heir in the place of one that is given back; tell whether that was possible."""
    if not (_is(ledger, full_key, seen) and _is_next(ledger, full_key, heir)):
        return False
    ledger.rewrite(full_key, claim, deadline)
    _hand(ledger, full_key, claim, heir)
    return True


def _is(ledger: Ledger, full_key: str, seen: Entry | None) -> bool:
    return ledger.entries.get(full_key) is (None if seen is None else stored_of(seen))


def _is_next(ledger: Ledger, full_key: str, heir: QueuePlace | None) -> bool:
    return heir is None or ledger.waiting.heir(full_key) is heir


def _hand(ledger: Ledger, full_key: str, claim: Claim, heir: QueuePlace | None) -> None:
    if heir is None:
        ledger.wake(full_key)
    elif not ledger.waiting.hand(full_key, claim):
        # Its event loop is gone: nobody would give the claim back.
        ledger.drop(full_key)
