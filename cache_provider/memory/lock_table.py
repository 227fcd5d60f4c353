"""The locks of adapters that have no `server=`: one table for the process."""

from cache_provider.memory.keyspace import Keyspace
from cache_provider.memory.order import NoOrder
from cache_provider.memory.payload import Claim


class LockTable(Keyspace):
    """A keyspace that holds nothing but locks: few keys, which nobody walks along.

    So none has a place in an order, which would be a fifth of what a lock costs.
    Each lease is judged by the clock of its handle.
    """

    def __init__(self) -> None:
        super().__init__(order=NoOrder())

    def remove_expired(self) -> None:
        """Remove the claims whose lease is over."""
        for full_key in self.copy():
            self.peek(full_key)

    def evict(self, tenant: object) -> None:
        """Remove the claims that handles of one adapter made."""
        for full_key, entry in self.snapshot().items():
            if isinstance(entry[0], Claim) and entry[0].tenant is tenant:
                self.remove(full_key, entry)


PROCESS_LOCKS = LockTable()
"""Where adapters without a `server=` keep their locks, all of the process together."""
