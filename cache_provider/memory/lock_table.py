"""The locks of adapters that have no `server=`: one table for the process."""

from cache_provider.memory.order import KeyOrder, NoOrder
from cache_provider.memory.payload import Claim
from cache_provider.memory.server import MemoryServer


class LockTable(MemoryServer):
    """A server that holds nothing but locks: few keys, which nobody walks along.

    So none has a place in an order, which would be a fifth of what a lock costs,
    and a scan returns all at once. Each lease is judged by the clock of its handle.
    """

    is_walked = False

    def _new_order(self) -> KeyOrder:
        return NoOrder()

    def scan(self, cursor: int, count: int) -> tuple[int, list[str]]:
        del cursor, count
        return 0, self.live_keys()

    def sweep(self) -> int:
        return sum(self.peek(full_key) is None for full_key in self.snapshot())

    def evict(self, tenant: object) -> None:
        """Remove the claims that handles of one adapter made."""
        for full_key, entry in self.snapshot().items():
            if isinstance(entry[0], Claim) and entry[0].tenant is tenant:
                self.remove(full_key, entry)


PROCESS_LOCKS = LockTable()
"""Where adapters without a `server=` keep their locks, all of the process together."""
