"""The contract on any server that has a URL, its clock left alone and its other keys too."""

import os
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cache_provider.arguments import EPOCH, Ttl, duration_ms
from cache_provider.masking import masked
from cache_provider.redis.adapter import RedisCacheAdapter, client_of
from cache_provider.redis.clients import cluster_of
from cache_provider.testing.contract.capabilities import Capability
from cache_provider.testing.contract.harness import Cache, Harness
from cache_provider.testing.contract.terms import Terms

NAMESPACE = "cache_provider-contract:"
"""What every key begins with that a run ever leaves on a server."""

NOWHERE = "unix:///nowhere/cache_provider.socket"
"""A server that cannot be reached, and tells at once."""

BRING_NEARER = """
for _, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, string.format('%.0f', left - ARGV[1])) end
end
"""
"""Ages all the keys it is given in one step, by so many milliseconds: nobody sees some older than others."""

_CLOCK = "the server's own clock runs on: time passes by taking it from what is left of each key"
_OTHERS = "the server may be in use: a run keeps to keys of its own"

ALWAYS_ABSENT = {
    Capability.STILL_TIME: _CLOCK,
    Capability.EXACT_MILLISECOND: _CLOCK,
    Capability.BACKWARD_TIME: _CLOCK,
    Capability.PATIENCE_IN_STORE_TIME: _CLOCK,
    Capability.RENEWS_IN_STORE_TIME: _CLOCK,
    Capability.KEYS_REMOVE_EXPIRED: _CLOCK,
    Capability.EXACT_PREFIX: _OTHERS,
    Capability.SCANS_ONCE: "a server that makes room while it is scanned may return a key again",
}


class Remote:
    """A connection to a server that was promised.

    Args:
        url: Any URL of `RedisCacheAdapter`.

    Raises:
        CacheUnavailableError: It does not answer.
        CacheConfigurationError: The URL cannot work.
    """

    def __init__(self, url: str) -> None:
        self.place = masked(url)
        self.adapter = RedisCacheAdapter(url, key_prefix=NAMESPACE)
        self.client: Any = client_of(self.adapter)
        self.is_cluster = cluster_of(self.client) is not None
        self.adapter.exists("")
        self.absent = {**ALWAYS_ABSENT, **self._absent_today()}

    def __str__(self) -> str:
        facts = self.ask_any("INFO", "server")
        engine = "valkey" if "valkey_version" in facts else "redis"
        kind = ", a cluster" if self.is_cluster else ""
        return f"{engine} {facts[f'{engine}_version']} at {self.place}{kind}"

    def ask_any(self, *words: str) -> Any:
        """Send a command that names no key; to some node of a cluster."""
        if not self.is_cluster:
            return self.client.execute_command(*words)
        node = self.client.get_random_node()
        return self.client.get_redis_connection(node).execute_command(*words)

    def close(self) -> None:
        """Close the connections."""
        self.adapter.close()

    def _absent_today(self) -> dict[Capability, str]:
        if self.is_cluster:
            reason = "a cluster is scanned node by node"
            return {Capability.QUIET_STORE: _OTHERS, Capability.ONE_KEYSPACE: reason}
        if "PYTEST_XDIST_WORKER" in os.environ:
            return {Capability.QUIET_STORE: "other workers of this run use the server at the same time"}
        others = self.ask_any("DBSIZE")
        return {Capability.QUIET_STORE: f"the server holds {others} keys of others"} if others else {}


class RemoteHarness(Harness):
    """A corner of a server: a prefix that nobody else has, emptied after the test.

    Time passes by bringing the deadlines of the keys under that prefix nearer.

    Args:
        remote: The server.
    """

    def __init__(self, remote: Remote) -> None:
        super().__init__(absent=remote.absent)
        self._remote = remote
        self._prefix = f"{NAMESPACE}{secrets.token_hex(8)}:"
        self._keys = RedisCacheAdapter(client=remote.client, key_prefix=self._prefix)

    def connect(self, terms: Terms) -> Cache:
        corner = replace(terms, key_prefix=self._prefix + terms.key_prefix)
        return RedisCacheAdapter(client=self._remote.client, **vars(corner))

    def pass_time(self, duration: Ttl) -> None:
        # The time is taken from what every key has left; what has none left goes.
        milliseconds = duration_ms("duration", duration)
        full_keys = [self._prefix + key for key in self._keys.scan_iter(count=1000)]
        # The keys of a cluster lie in many places.
        groups = [[key] for key in full_keys] if self._remote.is_cluster else [full_keys]
        for group in groups:
            self._remote.client.execute_command("EVAL", BRING_NEARER, len(group), *group, milliseconds)

    def now(self) -> datetime:
        seconds, microseconds = self._remote.ask_any("TIME")
        return EPOCH + timedelta(seconds=int(seconds), milliseconds=int(microseconds) // 1000)

    def connect_lost(self) -> Cache:
        return RedisCacheAdapter(NOWHERE)

    def end(self) -> None:
        self._keys.flush_all()
