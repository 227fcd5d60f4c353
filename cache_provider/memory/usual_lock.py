"""`UsualLock`: the lock that most tests take, in as few steps as there can be."""

import time

from cache_provider.arguments import Ttl
from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.memory.lock import InMemoryLock
from cache_provider.memory.order import NOWHERE
from cache_provider.memory.payload import Claim
from cache_provider.threads import HERE
from cache_provider.time_moves import BUILTIN


class UsualLock(InMemoryLock):
    """A handle on a lock whose lease is below a century and on the system's clock, as most are.

    Claims a free lock and gives one back in one step each, for less than half of
    what its base needs; whatever else there is to do, its base does. Why the
    steps are entered by a loop, `Keyspace` says.
    """

    # Only `get_lock` makes one, as directly as there is a way.
    __init__ = object.__init__

    def acquire(self, blocking: bool = True, timeout: Ttl | None = None) -> bool:
        is_bool = blocking is True or blocking is False  # callers without a type checker may pass anything
        if is_bool and timeout is None and type(time.time) is BUILTIN:
            claim = Claim()
            home = self._home
            claim.clock = SYSTEM_CLOCK
            claim.tenant = home.tenant
            claim.thread = HERE.thread
            # Within a century from today: this does not leave int64.
            deadline = claim.until = time.time_ns() // 1_000_000 + self._lease_ms
            full_key = self._full_key
            keyspace = home.keyspace
            entries = keyspace.entries
            release = keyspace.release
            for _ in keyspace.entering:
                try:
                    # Looked at in here, so that what `close` evicts is every claim that was made before.
                    if full_key not in entries and home.keyspace is keyspace:
                        page = keyspace.place_until(full_key, deadline) if keyspace.is_walked else NOWHERE
                        entries[full_key] = (claim, deadline, page)
                        last = self._claim
                        if last is not None and last.thread is not claim.thread:
                            self._note(claim)
                        else:
                            self._claim = claim
                        return True
                    break
                except BaseException:
                    keyspace.mutex.mend()
                    raise
                finally:
                    release()
        return super().acquire(blocking, timeout)

    def release(self) -> None:
        claim = self._claim
        if (
            claim is not None
            and type(time.time) is BUILTIN
            and (claim.thread is HERE.thread or not self._thread_local)
        ):
            # Later than it is, for what the base does not find sooner: nanoseconds would have to be divided.
            now = time.time() * 1000.0 + 1.0
            full_key = self._full_key
            keyspace = self._home.keyspace
            entries = keyspace.entries
            release = keyspace.release
            for _ in keyspace.entering:
                try:
                    try:
                        held = entries[full_key]
                    except KeyError:  # lost
                        break
                    queues = keyspace.queues
                    if queues and keyspace.heir(full_key) is not None:
                        break
                    if type(held) is tuple and held[0] is claim and held[1] is not None and now < held[1]:
                        del entries[full_key]
                        if keyspace.is_walked:
                            keyspace.order.remove(full_key, held[2])
                        self._returned = claim
                        if queues:
                            keyspace.wake(full_key)
                        return
                    break
                except BaseException:
                    keyspace.mutex.mend()
                    raise
                finally:
                    release()
        super().release()
