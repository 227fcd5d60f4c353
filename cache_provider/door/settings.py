"""What CONFIG gets and sets: names, defaults, and which values are legal."""

import re
from collections import UserDict

from cache_provider.integers import parse_int64

_DEFAULTS = {
    "acllog-max-len": "128",
    "active-expire-effort": "1",
    "activedefrag": "no",
    "activerehashing": "yes",
    "always-show-logo": "no",
    "aof-load-truncated": "yes",
    "aof-use-rdb-preamble": "yes",
    "appendfsync": "everysec",
    "appendonly": "no",
    "auto-aof-rewrite-min-size": "67108864",
    "auto-aof-rewrite-percentage": "100",
    "bind": "127.0.0.1 -::1",
    "busy-reply-threshold": "5000",
    "client-output-buffer-limit": "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
    "client-query-buffer-limit": "1073741824",
    "close-on-replica-write": "yes",
    "cluster-enabled": "no",
    "cluster-node-timeout": "15000",
    "crash-log-enabled": "yes",
    "daemonize": "no",
    "databases": "16",
    "dbfilename": "dump.rdb",
    "dir": "/",
    "disable-thp": "yes",
    "dynamic-hz": "yes",
    "enable-debug-command": "no",
    "enable-module-command": "no",
    "enable-protected-configs": "no",
    "hash-max-listpack-entries": "512",
    "hash-max-listpack-value": "64",
    "hll-sparse-max-bytes": "3000",
    "hz": "10",
    "io-threads": "1",
    "jemalloc-bg-thread": "yes",
    "key-load-delay": "0",
    "latency-monitor-threshold": "0",
    "latency-tracking": "yes",
    "lazyfree-lazy-eviction": "no",
    "lazyfree-lazy-expire": "no",
    "lazyfree-lazy-server-del": "no",
    "lazyfree-lazy-user-del": "no",
    "lazyfree-lazy-user-flush": "no",
    "lfu-decay-time": "1",
    "lfu-log-factor": "10",
    "list-compress-depth": "0",
    "list-max-listpack-size": "-2",
    "loading-process-events-interval-bytes": "2097152",
    "logfile": "",
    "loglevel": "notice",
    "lua-time-limit": "5000",
    "maxclients": "10000",
    "maxmemory": "0",
    "maxmemory-clients": "0",
    "maxmemory-eviction-tenacity": "10",
    "maxmemory-policy": "noeviction",
    "maxmemory-samples": "5",
    "min-replicas-max-lag": "10",
    "min-replicas-to-write": "0",
    "no-appendfsync-on-rewrite": "no",
    "notify-keyspace-events": "",
    "oom-score-adj": "no",
    "pidfile": "",
    "port": "6379",
    "proc-title-template": "{title} {listen-addr} {server-mode}",
    "propagation-error-behavior": "ignore",
    "protected-mode": "yes",
    "proto-max-bulk-len": "536870912",
    "rdb-key-save-delay": "0",
    "rdbchecksum": "yes",
    "rdbcompression": "yes",
    "repl-backlog-size": "1048576",
    "repl-backlog-ttl": "3600",
    "repl-diskless-load": "disabled",
    "repl-diskless-sync": "yes",
    "repl-diskless-sync-delay": "5",
    "repl-ping-replica-period": "10",
    "repl-timeout": "60",
    "replica-lazy-flush": "no",
    "replica-priority": "100",
    "replica-read-only": "yes",
    "replica-serve-stale-data": "yes",
    "requirepass": "",
    "sanitize-dump-payload": "no",
    "save": "",
    "set-max-intset-entries": "512",
    "set-proc-title": "yes",
    "shutdown-timeout": "10",
    "slowlog-log-slower-than": "10000",
    "slowlog-max-len": "128",
    "stop-writes-on-bgsave-error": "yes",
    "stream-node-max-bytes": "4096",
    "stream-node-max-entries": "100",
    "supervised": "no",
    "syslog-enabled": "no",
    "tcp-backlog": "511",
    "tcp-keepalive": "300",
    "timeout": "0",
    "tls-port": "0",
    "tracking-table-max-keys": "1000000",
    "unixsocket": "",
    "zset-max-listpack-entries": "128",
    "zset-max-listpack-value": "64",
}

ALIASES = {
    "hash-max-ziplist-entries": "hash-max-listpack-entries",
    "hash-max-ziplist-value": "hash-max-listpack-value",
    "list-max-ziplist-size": "list-max-listpack-size",
    "zset-max-ziplist-entries": "zset-max-listpack-entries",
    "zset-max-ziplist-value": "zset-max-listpack-value",
    "repl-ping-slave-period": "repl-ping-replica-period",
    "min-slaves-max-lag": "min-replicas-max-lag",
    "slave-read-only": "replica-read-only",
    "min-slaves-to-write": "min-replicas-to-write",
    "lua-time-limit": "busy-reply-threshold",
}
"""Older names of the same settings."""

EVENT_CLASSES = "g$lshzxeKEtmdn"
"""The letters of `notify-keyspace-events`, in the order in which Redis shows them."""

ALL_EVENTS = "g$lshzxetd"
"""What `A` stands for."""


_IMMUTABLE = frozenset(
    {
        "always-show-logo",
        "cluster-enabled",
        "daemonize",
        "databases",
        "disable-thp",
        "enable-debug-command",
        "enable-module-command",
        "enable-protected-configs",
        "io-threads",
        "logfile",
        "pidfile",
        "rdbchecksum",
        "set-proc-title",
        "supervised",
        "syslog-enabled",
        "tcp-backlog",
        "unixsocket",
    }
)

_MEMORY = frozenset(
    {
        "auto-aof-rewrite-min-size",
        "client-query-buffer-limit",
        "hash-max-listpack-value",
        "hll-sparse-max-bytes",
        "loading-process-events-interval-bytes",
        "maxmemory",
        "maxmemory-clients",
        "proto-max-bulk-len",
        "repl-backlog-size",
        "stream-node-max-bytes",
        "zset-max-listpack-value",
    }
)
"""Settings whose numbers may have a unit."""

_UNITS = {"": 1, "b": 1, "k": 1000, "kb": 2**10, "m": 1000**2, "mb": 2**20, "g": 1000**3, "gb": 2**30}

_CHOICES = {
    "appendfsync": "everysec, always, no",
    "loglevel": "debug, verbose, notice, warning",
    "maxmemory-policy": "volatile-lru, volatile-lfu, volatile-random, volatile-ttl, "
    "allkeys-lru, allkeys-lfu, allkeys-random, noeviction",
}


class ServerSettings(UserDict[str, str]):
    """Every setting by its name; an older name finds the same one."""

    def __init__(self) -> None:
        super().__init__()
        self.data = _DEFAULTS.copy()

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(ALIASES.get(name, name))

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(ALIASES.get(name, name), value)

    def names(self) -> list[str]:
        """Return all names, older ones too."""
        return sorted({*self.data, *ALIASES})


def read_setting(name: str, text: str) -> str:
    """Return what CONFIG GET is to show of a setting that is given as `text`.

    Raises:
        ValueError: It cannot be set, or not to that; the message is what Redis says.
    """
    name = ALIASES.get(name, name)
    default = _DEFAULTS[name]
    if name in _IMMUTABLE:
        raise ValueError("can't set immutable config")
    if name == "notify-keyspace-events":
        return _read_events(text)
    if name in _CHOICES:
        return _read_choice(text, _CHOICES[name])
    if default in ("yes", "no"):
        return _read_flag(text)
    if name in _MEMORY:
        return _read_memory(text)
    if parse_int64(default.encode()) is not None and parse_int64(text.encode()) is None:
        raise ValueError("argument couldn't be parsed into an integer")
    return text


def _read_events(text: str) -> str:
    classes = event_classes(text)
    if classes is None:
        raise ValueError("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
    return show_event_classes(classes)


def _read_choice(text: str, choices: str) -> str:
    if text.lower() not in choices.split(", "):
        raise ValueError(f"argument(s) must be one of the following: {choices}")
    return text.lower()


def _read_flag(text: str) -> str:
    if text.lower() not in ("yes", "no"):
        raise ValueError("argument must be 'yes' or 'no'")
    return text.lower()


def _read_memory(text: str) -> str:
    number = re.fullmatch(r"(\d+)([a-z]*)", text.lower())
    if number is None or number[2] not in _UNITS:
        raise ValueError("argument must be a memory value")
    return str(int(number[1]) * _UNITS[number[2]])


def event_classes(text: str) -> frozenset[str] | None:
    """Return the letters of a setting of `notify-keyspace-events`, None where one is not a class."""
    letters = set(text.replace("A", ALL_EVENTS))
    return None if letters - set(EVENT_CLASSES) else frozenset(letters)


def show_event_classes(letters: frozenset[str]) -> str:
    """Return the setting as Redis shows it."""
    has_all = letters >= set(ALL_EVENTS)
    shown = ["A"] if has_all else [letter for letter in ALL_EVENTS if letter in letters]
    return "".join([*shown, *(letter for letter in "KEmn" if letter in letters)])
