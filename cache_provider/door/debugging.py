"""DEBUG and MEMORY, as far as clients and tests of Redis use them."""

from hashlib import sha1
from time import sleep

from cache_provider.door.encodings import encoding_of
from cache_provider.door.names import name_of
from cache_provider.door.numbers import double_text, parse_double
from cache_provider.door.payloads import Members, Scores
from cache_provider.door.replies import (
    OK,
    Attribute,
    BigNumber,
    Map,
    Push,
    Refusal,
    Reply,
    Several,
    Status,
    Unordered,
    Verbatim,
    no_such_key,
)
from cache_provider.door.table import SECOND, Arguments, command
from cache_provider.door.view import View
from cache_provider.memory.entry import entry_of
from cache_provider.memory.payload import Fields, Items, Payload, wire_of

_ADMIN = "admin noscript loading stale"
_OVERHEAD = 56
_SAMPLES: dict[bytes, Reply] = {
    b"string": b"Hello World",
    b"integer": 12345,
    b"double": 3.141,
    b"bignum": BigNumber(b"1234567999999999999999999999999999999"),
    b"null": None,
    b"array": [0, 1, 2],
    b"set": Unordered([0, 1, 2]),
    b"map": Map([0, False, 1, True, 2, False]),
    b"attrib": Several(
        [Attribute([b"key-popularity", [b"key:123", 90]]), b"Some real reply following the attribute"]
    ),
    b"push": Several([Push([b"server-cpu-usage", 42]), b"Some real reply following the push reply"]),
    b"verbatim": Verbatim(b"This is a verbatim\nstring"),
    b"true": True,
    b"false": False,
}


@command("DEBUG|SLEEP", 3, _ADMIN)
def debug_sleep(view: View, arguments: Arguments) -> Reply:
    """Stop the whole server for some seconds, really."""
    del view
    seconds = parse_double(arguments[0])
    sleep(max(0.0, seconds or 0.0))
    return OK


@command("DEBUG|PROTOCOL", 3, _ADMIN)
def debug_protocol(view: View, arguments: Arguments) -> Reply:
    """Reply with something of the type that is named."""
    kind = arguments[0].lower()
    if kind == b"push" and view.session.protocol == 2:
        raise Refusal("ERR RESP2 is not supported by this command")
    if kind not in _SAMPLES:
        raise Refusal(
            "ERR Wrong protocol type name. Please use one of the following: "
            "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"
        )
    return _SAMPLES[kind]


@command("DEBUG|SET-DISABLE-DENY-SCRIPTS", 3, _ADMIN)
def debug_set_disable_deny_scripts(view: View, arguments: Arguments) -> Reply:
    """Have scripts use commands that are not for them, or not."""
    view.core.scripts_may_all = arguments[0] != b"0"
    return OK


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
    """Tell of a key how Redis would keep it, even of one that has expired and is still there."""
    name = name_of(arguments[0])
    stored = view.space.entries.get(name)
    found = view.changes.get(name) if name in view.changes or stored is None else entry_of(stored)
    if found is None:
        raise no_such_key()
    encoding = encoding_of(found[0], view.core.settings)
    return Status(
        b"Value at:0x0 refcount:1 encoding:%b serializedlength:0 lru:0 lru_seconds_idle:0" % encoding
    )


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
