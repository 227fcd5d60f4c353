"""The house: the rows of the map in docs/inside.md, and who may import whom from outside."""

ROWS: list[tuple[str, ...]] = [
    (
        "arguments",
        "clock",
        "comparison",
        "errors",
        "exclusion",
        "fences",
        "forking",
        "glob",
        "integers",
        "lazy_names",
        "masking",
        "threads",
        "time_moves",
    ),
    ("codecs", "interface", "stats", "steps", "waiting"),
    ("aio.interface", "aio.lock", "aio.renewing", "aio.steps", "aio.timers", "aio.waiting"),
    (
        "memory.claiming",
        "memory.entry",
        "memory.eviction",
        "memory.ledger",
        "memory.keyspace",
        "memory.lease_clock",
        "memory.listening",
        "memory.lock_table",
        "memory.order",
        "memory.payload",
        "memory.publication",
        "memory.server",
        "memory.waiters",
        "memory.walking",
    ),
    ("aio.memory", "memory"),
    ("aio", "redis"),
    ("door",),
    ("memory.cleanup",),
    ("config", "urls"),
    ("interop",),
    ("testing.seam",),
    ("testing",),
    ("testing.blocking", "testing.contract", "testing.servers"),
    ("__init__", "__main__", "pytest_plugin", "testing.contract.test_contract"),
]
"""From the ground up; a package stands for all in it that no other row names.

A module imports from its own row, but never in a cycle, and from lower ones.
The package's own `__init__` stands on top, so nothing inside imports it.
"""

THIRD_PARTIES = {
    "aio": {"redis"},
    "codecs": {"msgspec"},
    "door": {"redis"},
    "door.lua_packing": {"msgspec"},
    "door.payloads": {"sortedcontainers"},
    "door.scripts": {"lupa"},
    "interop": {"baldur", "cachetory"},
    "memory.server": {"redis"},
    "redis": {"redis"},
    "testing": {"trustme"},
    "testing.contract": {"pytest"},
    "testing.faults.pools": {"redis"},
    "testing.kit.arranging": {"pytest"},
    "testing.kit.clients": {"redis"},
    "testing.kit.real_database": {"redis"},
    "testing.kit.reporting": {"pytest"},
    "testing.race": {"pytest", "redis"},
    "pytest_plugin": {"pytest", "redis"},
}
"""Which module, or package in the package, may import which package of others."""
