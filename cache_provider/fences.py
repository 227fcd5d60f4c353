"""The keys that a lock has beside its own, and what is said when one cannot count its claims."""

from binascii import crc_hqx
from functools import lru_cache
from itertools import count
from typing import TypeVar

from cache_provider.arguments import octets_of

_SLOTS = 16384
"""How many there are in a Redis Cluster."""

Refusal = TypeVar("Refusal", bound=Exception)


@lru_cache(maxsize=1024)
def key_beside(prefix: str, name: str, purpose: str) -> str:
    """Return a key, behind the prefix too, that belongs to a lock.

    On a Cluster it is in the slot of the lock's own key, whatever its name: what
    is done to both is one step. Redis places a key by what stands between
    its first `{` and the next `}`, if that is not empty, else by all of it.
    """
    full_key = prefix + name
    start = full_key.find("{")
    if start >= 0 and full_key.find("}", start) > start + 1:
        return f"{name}:{purpose}"
    if full_key and "{" not in prefix and "}" not in full_key:
        return f"{{{full_key}}}:{purpose}"
    # No braces can be put around such a key: a number that leads to its slot is looked for.
    stem = f"{name}:{purpose}:"
    slot = crc_hqx(octets_of(full_key), 0) % _SLOTS
    begun = crc_hqx(octets_of(prefix + stem), 0)
    return next(f"{stem}{number}" for number in count() if crc_hqx(b"%d" % number, begun) % _SLOTS == slot)


def fence_key(prefix: str, name: str) -> str:
    """Return the key under which a fenced lock counts its claims."""
    return key_beside(prefix, name, "fence")


def uncountable(refusal: Refusal, name: str, key: str) -> Refusal:
    """Return the error of a claim whose number could not be counted, of the same class as `refusal`."""
    return type(refusal)(f"lock {name!r} cannot count its claims: key {key!r} is not a counter that can grow")
