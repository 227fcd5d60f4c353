"""INFO: texts for people and for tools, of the form that Redis has."""

import os
import sys
from collections.abc import Callable

from cache_provider.door.limits import USED_MEMORY
from cache_provider.door.view import View


def _server(view: View) -> dict[str, object]:
    uptime = max(0, view.now - view.core.started_ms) // 1000
    return {
        "redis_version": "7.0.15",
        "redis_git_sha1": "00000000",
        "redis_git_dirty": 0,
        "redis_build_id": "0",
        "redis_mode": "standalone",
        "os": sys.platform,
        "arch_bits": 64,
        "process_id": os.getpid(),
        "run_id": "0" * 40,
        "tcp_port": 0,
        "uptime_in_seconds": uptime,
        "uptime_in_days": uptime // 86400,
        "hz": 10,
        "executable": sys.executable,
        "config_file": "",
    }


def _clients(view: View) -> dict[str, object]:
    sessions = list(view.core.sessions.values())
    return {
        "connected_clients": len(sessions),
        "maxclients": 10000,
        "blocked_clients": len(view.core.queues),
        "pubsub_clients": sum(bool(session.listening) for session in sessions),
    }


def _memory(view: View) -> dict[str, object]:
    settings = view.core.settings
    return {
        "used_memory": USED_MEMORY,
        "used_memory_human": "1.00M",
        "used_memory_lua": 0,
        "maxmemory": settings["maxmemory"],
        "maxmemory_policy": settings["maxmemory-policy"],
        "number_of_cached_scripts": len(view.core.scripts),
    }


def _persistence(_view: View) -> dict[str, object]:
    return {"loading": 0, "async_loading": 0, "rdb_bgsave_in_progress": 0, "aof_enabled": 0}


def _stats(view: View) -> dict[str, object]:
    core = view.core
    spaces = [core.database(index) for index in core.used_databases()]
    return {
        "total_connections_received": 0,
        "total_commands_processed": core.processed,
        "instantaneous_ops_per_sec": 0,
        "expired_keys": sum(space.expirations for space in spaces),
        "evicted_keys": sum(space.evictions for space in spaces),
        "keyspace_hits": core.hits,
        "keyspace_misses": core.misses,
        "pubsub_channels": len(core.subscriptions.channels),
        "pubsub_patterns": len(core.subscriptions.patterns),
        "unexpected_error_replies": 0,
        "total_error_replies": 0,
    }


def _replication(_view: View) -> dict[str, object]:
    return {"role": "master", "connected_slaves": 0, "master_repl_offset": 0}


def _cpu(_view: View) -> dict[str, object]:
    return {"used_cpu_sys": 0, "used_cpu_user": 0}


def _cluster(_view: View) -> dict[str, object]:
    return {"cluster_enabled": 0}


def _keyspace(view: View) -> dict[str, object]:
    before, lines = view.index, dict[str, object]()
    for index in view.core.used_databases():
        view.select(index)
        deadlines = [found[1] for name in view.names() if (found := view.entry(name)) is not None]
        expiring = sum(deadline is not None for deadline in deadlines)
        if deadlines:
            lines[f"db{index}"] = f"keys={len(deadlines)},expires={expiring},avg_ttl=0"
    view.select(before)
    return lines


_SECTIONS: dict[str, Callable[[View], dict[str, object]]] = {
    "server": _server,
    "clients": _clients,
    "memory": _memory,
    "persistence": _persistence,
    "stats": _stats,
    "replication": _replication,
    "cpu": _cpu,
    "cluster": _cluster,
    "keyspace": _keyspace,
}


def information(view: View, wanted: list[str]) -> str:
    """Return the sections that are asked for, all of them by default."""
    chosen = set(_SECTIONS) if not wanted or {"all", "default", "everything"} & set(wanted) else set(wanted)
    return "\r\n".join(
        f"# {name.capitalize() if name != 'cpu' else 'CPU'}\r\n"
        + "".join(f"{fact}:{value}\r\n" for fact, value in section(view).items())
        for name, section in _SECTIONS.items()
        if name in chosen
    )
