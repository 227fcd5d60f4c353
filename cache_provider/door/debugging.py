"""DEBUG and MEMORY, as far as clients and tests of Redis use them."""

from hashlib import sha1

from cache_provider.door.names import name_of
from cache_provider.door.numbers import double_text
from cache_provider.door.payloads import Members, Scores
from cache_provider.door.replies import OK, Reply, Status
from cache_provider.door.table import SECOND, Arguments, command
from cache_provider.door.view import View
from cache_provider.memory.payload import Fields, Items, Payload, wire_of

_ADMIN = "admin noscript loading stale"
_OVERHEAD = 56


@command("DEBUG|SLEEP", 3, _ADMIN)
@command("DEBUG|SET-ACTIVE-EXPIRE", 3, _ADMIN)
@command("DEBUG|RELOAD", -2, _ADMIN)
@command("DEBUG|LOADAOF", 2, _ADMIN)
@command("DEBUG|QUICKLIST-PACKED-THRESHOLD", 3, _ADMIN)
@command("DEBUG|STRINGMATCH-LEN", 4, _ADMIN)
def debug_nothing(view: View, arguments: Arguments) -> Reply:
    """Do nothing: no expired key is seen, no pattern takes long, and all is as after a restart."""
    del view, arguments
    return OK


@command("DEBUG|OBJECT", -3, _ADMIN)
def debug_object(view: View, arguments: Arguments) -> Reply:
    """Tell that a key is there."""
    view.require(arguments[0])
    return Status(b"Value at:0x0 refcount:1 encoding:raw serializedlength:0 lru:0 lru_seconds_idle:0")


@command("DEBUG|DIGEST-VALUE", -2, _ADMIN)
def debug_digest_value(view: View, arguments: Arguments) -> Reply:
    """Return what is the same for keys that hold the same."""
    return [_digest(view, key) for key in arguments]


@command("DEBUG|DIGEST", 2, _ADMIN)
def debug_digest(view: View, arguments: Arguments) -> Reply:
    """Return what is the same for databases that hold the same."""
    del arguments
    whole = sorted(name.encode("utf-8", "surrogateescape") for name in view.names())
    return Status(
        sha1(b"".join(key + _digest(view, key) for key in whole), usedforsecurity=False).hexdigest().encode()
    )


def _digest(view: View, key: bytes) -> Status:
    found = view.entry(name_of(key))
    if found is None:
        return Status(b"0" * 40)
    parts = b"".join(b"%d:%b" % (len(part), part) for part in _parts(found[0]))
    return Status(sha1(parts, usedforsecurity=False).hexdigest().encode())


def _parts(payload: Payload) -> list[bytes]:
    """Return all that a key holds, the same way for all that hold the same."""
    if isinstance(payload, Items):
        return list(payload)
    if isinstance(payload, Fields):
        return [
            part
            for name, value in sorted(payload.items())
            for part in (name.encode("utf-8", "surrogateescape"), value)
        ]
    if isinstance(payload, Members):
        return sorted(payload)
    if isinstance(payload, Scores):
        return [part for score, member in payload.order for part in (member, double_text(score))]
    return [wire_of("", payload)]


@command("MEMORY|USAGE", -3, "readonly", SECOND)
def memory_usage(view: View, arguments: Arguments) -> Reply:
    """Estimate the bytes that a key takes."""
    found = view.entry(name_of(arguments[0]))
    if found is None:
        return None
    return sum(len(part) + _OVERHEAD for part in [arguments[0], *_parts(found[0])])


@command("FUNCTION|FLUSH", -2, "write noscript")
def function_flush(view: View, arguments: Arguments) -> Reply:
    """Do nothing: there are no functions."""
    del view, arguments
    return OK
