"""The names under which operations pass the seam."""

from difflib import get_close_matches

from cache_provider.arguments import check_text

READS = ("get", "exists", "ttl", "pttl", "mget", "mexists", "list_range", "hget", "hgetall", "keys", "scan")
"""Operations that look at keys and change none."""

WRITES = (
    "set",
    "setnx",
    "delete",
    "incr",
    "decr",
    "expire",
    "expire_at",
    "persist",
    "cas_dict_field",
    "compare_and_set",
    "compare_and_delete",
    "mset",
    "mdelete",
    "push_limit",
    "hset",
    "hdel",
    "flush_all",
)
"""Operations that may change keys."""

LOCKS = ("lock.acquire", "lock.release", "lock.locked", "lock.owned", "lock.extend")
"""Operations of locks."""

OPERATIONS = (*READS, *WRITES, *LOCKS, "health_check")
"""Every operation that passes the seam. Composed ones (`get_or_set`, ...) pass as their parts."""


def check_operation(operation: str | None) -> str | None:
    """Return `operation` if it is the name of one that passes the seam, or None.

    Raises:
        TypeError: It is no `str`.
        ValueError: There is no such operation; the message says which there are.
    """
    if operation is None or check_text("operation", operation) in OPERATIONS:
        return operation
    close = get_close_matches(operation, OPERATIONS, n=1)
    hint = f"; perhaps {close[0]!r}" if close else ""
    raise ValueError(
        f"operation must be one that passes the seam, not {operation!r}{hint}. "
        f"Known: {', '.join(OPERATIONS)}. (Composed operations pass as their parts.)"
    )
