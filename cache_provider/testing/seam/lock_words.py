"""The steps of redis-py's own lock, told by their words: a client at a socket shows no stack."""

import re
from collections.abc import Sequence

from cache_provider.door.known_scripts import EXTENDS_LOCK, REACQUIRES_LOCK, RELEASES_LOCK

_TOKEN = re.compile(rb"[0-9a-f]{12}1[0-9a-f]{3}[89ab][0-9a-f]{15}")
"""What redis-py makes tokens of: a UUID of version 1, which next to nobody else stores."""

_SCRIPTS = {
    RELEASES_LOCK.encode(): "do_release",
    EXTENDS_LOCK.encode(): "do_extend",
    REACQUIRES_LOCK.encode(): "do_reacquire",
}


def lock_step_of(name: str, words: Sequence[bytes]) -> str | None:
    """Return which step of redis-py's own lock, such as `do_acquire`, a command is.

    A token of the application's own is not recognised: such a lock is a `SET … NX` like any other.

    Args:
        name: The command's, in capitals.
        words: What follows it.
    """
    if name == "EVALSHA":
        return _SCRIPTS.get(words[0])
    if name != "SET" or _TOKEN.fullmatch(words[1]) is None:
        return None
    options = {word.upper() for word in words[2:] if not word.isdigit()}
    return "do_acquire" if options in ({b"NX"}, {b"NX", b"PX"}) else None
