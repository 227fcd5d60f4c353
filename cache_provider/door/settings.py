"""What CONFIG gets and sets. Only `notify-keyspace-events` has an effect; the rest is remembered."""

from collections import UserDict

_DEFAULTS = {
    "activerehashing": "yes",
    "appendfsync": "everysec",
    "appendonly": "no",
    "bind": "127.0.0.1 -::1",
    "busy-reply-threshold": "5000",
    "client-query-buffer-limit": "1073741824",
    "close-on-replica-write": "yes",
    "cluster-enabled": "no",
    "databases": "16",
    "dir": "/",
    "enable-debug-command": "no",
    "hash-max-listpack-entries": "512",
    "hash-max-listpack-value": "64",
    "hz": "10",
    "latency-monitor-threshold": "0",
    "lazyfree-lazy-user-del": "no",
    "list-compress-depth": "0",
    "list-max-listpack-size": "-2",
    "lua-time-limit": "5000",
    "maxclients": "10000",
    "maxmemory": "0",
    "maxmemory-policy": "noeviction",
    "maxmemory-samples": "5",
    "min-replicas-max-lag": "10",
    "min-replicas-to-write": "0",
    "notify-keyspace-events": "",
    "port": "6379",
    "proto-max-bulk-len": "536870912",
    "replica-serve-stale-data": "yes",
    "requirepass": "",
    "save": "",
    "set-max-intset-entries": "512",
    "slowlog-log-slower-than": "10000",
    "slowlog-max-len": "128",
    "timeout": "0",
    "tls-port": "0",
    "zset-max-listpack-entries": "128",
    "zset-max-listpack-value": "64",
}

ALIASES = {
    "hash-max-ziplist-entries": "hash-max-listpack-entries",
    "hash-max-ziplist-value": "hash-max-listpack-value",
    "list-max-ziplist-size": "list-max-listpack-size",
    "zset-max-ziplist-entries": "zset-max-listpack-entries",
    "zset-max-ziplist-value": "zset-max-listpack-value",
    "min-slaves-to-write": "min-replicas-to-write",
    "lua-time-limit": "busy-reply-threshold",
}
"""Older names of the same settings."""

EVENT_CLASSES = "g$lshzxeKEtmdn"
"""The letters of `notify-keyspace-events`, in the order in which Redis shows them."""

ALL_EVENTS = "g$lshzxetd"
"""What `A` stands for."""


class Settings(UserDict[str, str]):
    """Every setting by its name; an older name finds the same one."""

    def __init__(self) -> None:
        super().__init__(_DEFAULTS)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(ALIASES.get(name, name))

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(ALIASES.get(name, name), value)

    def names(self) -> list[str]:
        """Return all names, older ones too."""
        return sorted({*self.data, *ALIASES})


def event_classes(text: str) -> frozenset[str] | None:
    """Return the letters of a setting of `notify-keyspace-events`, None where one is no class."""
    letters = set(text.replace("A", ALL_EVENTS))
    return None if letters - set(EVENT_CLASSES) else frozenset(letters)


def show_event_classes(letters: frozenset[str]) -> str:
    """Return the setting as Redis shows it."""
    has_all = letters >= set(ALL_EVENTS)
    shown = ["A"] if has_all else [letter for letter in ALL_EVENTS if letter in letters]
    return "".join([*shown, *(letter for letter in "KEmn" if letter in letters)])
