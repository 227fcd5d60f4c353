"""Every operation of a provider, so that one test can ask the same of all of them."""

from datetime import UTC, datetime

from cache_provider.testing.contract.harness import Act, ActOn, Cache


def whole_scan(cache: Cache, pattern: str = "*") -> list[str]:
    """Return what a scan finds from beginning to end: on a store shared with others a page may be empty."""
    cursor, found = cache.scan(pattern, count=1000)
    while cursor:
        cursor, page = cache.scan(pattern, count=1000, cursor=cursor)
        found += page
    return found


WHEN = datetime(2100, 1, 1, tzinfo=UTC)

ON_A_KEY: dict[str, ActOn] = {
    "get": lambda cache, key: cache.get(key),
    "set": lambda cache, key: cache.set(key, "new"),
    "set to keep the ttl": lambda cache, key: cache.set(key, "new", keep_ttl=True),
    "delete": lambda cache, key: cache.delete(key),
    "exists": lambda cache, key: cache.exists(key),
    "setnx": lambda cache, key: cache.setnx(key, "new"),
    "getset": lambda cache, key: cache.getset(key, "new"),
    "getdel": lambda cache, key: cache.getdel(key),
    "get_or_set": lambda cache, key: cache.get_or_set(key, lambda: "new"),
    "incr": lambda cache, key: cache.incr(key),
    "decr": lambda cache, key: cache.decr(key),
    "expire": lambda cache, key: cache.expire(key, 10),
    "expire to delete": lambda cache, key: cache.expire(key, 0),
    "expire_at": lambda cache, key: cache.expire_at(key, WHEN),
    "expire_at None": lambda cache, key: cache.expire_at(key, None),
    "persist": lambda cache, key: cache.persist(key),
    "ttl": lambda cache, key: cache.ttl(key),
    "pttl": lambda cache, key: cache.pttl(key),
    "cas_dict_field": lambda cache, key: cache.cas_dict_field(key, "field", "old", {"field": "new"}),
    "compare_and_set": lambda cache, key: cache.compare_and_set(key, "old", "new"),
    "compare_and_delete": lambda cache, key: cache.compare_and_delete(key, "old"),
    "mget": lambda cache, key: cache.mget(["key", key]),
    "mset": lambda cache, key: cache.mset({"key": "new", key: "new"}),
    "mdelete": lambda cache, key: cache.mdelete(["key", key]),
    "mexists": lambda cache, key: cache.mexists(["key", key]),
    "push_limit": lambda cache, key: cache.push_limit(key, "new", 5),
    "list_range": lambda cache, key: cache.list_range(key, 0, -1),
    "hset": lambda cache, key: cache.hset(key, "field", "new"),
    "hget": lambda cache, key: cache.hget(key, "field"),
    "hgetall": lambda cache, key: cache.hgetall(key),
    "hdel": lambda cache, key: cache.hdel(key, "field"),
}
"""Operations on one key; the argument is the key. Bulk operations take `"key"` along."""

ON_A_PATTERN: dict[str, ActOn] = {
    "keys": lambda cache, pattern: cache.keys(pattern),
    "scan": lambda cache, pattern: cache.scan(pattern),
    "scan_iter": lambda cache, pattern: list(cache.scan_iter(pattern)),
    "count_keys": lambda cache, pattern: cache.count_keys(pattern),
    "delete_pattern": lambda cache, pattern: cache.delete_pattern(pattern),
}
"""Operations on keys that match; the argument is the pattern."""

ON_NO_KEY: dict[str, Act] = {
    "get_lock": lambda cache: cache.get_lock("lock"),
    "stats": lambda cache: cache.stats(),
    "health_check": lambda cache: cache.health_check(),
    "ping": lambda cache: cache.ping(),
    "flush_all": lambda cache: cache.flush_all(),
}
"""The rest."""


def _given(call: ActOn, argument: str) -> Act:
    return lambda cache: call(cache, argument)


EVERY: dict[str, Act] = {
    **{name: _given(call, "key") for name, call in ON_A_KEY.items()},
    **{name: _given(call, "*") for name, call in ON_A_PATTERN.items()},
    **ON_NO_KEY,
}
"""All of them, with legal arguments."""
