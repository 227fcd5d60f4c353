"""Scripts that run without Lua: those of redis-py's lock, and of our own Redis adapter."""

from collections.abc import Callable
from typing import TypeAlias

from cache_provider.door.hashes import hset
from cache_provider.door.keys import delete, pexpire, pttl
from cache_provider.door.lists import ltrim, rpush
from cache_provider.door.numbers import integer
from cache_provider.door.replies import Refusal, Reply
from cache_provider.door.strings import incrby, set_
from cache_provider.door.table import Arguments
from cache_provider.door.view import View
from cache_provider.redis import scripts as ours

Known: TypeAlias = Callable[[View, Arguments, Arguments], Reply]


def _holds(view: View, key: bytes, value: bytes) -> bool:
    return view.string(key) == value


def _release(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    return delete(view, keys) if _holds(view, keys[0], arguments[0]) else 0


def _lease(view: View, key: bytes, milliseconds: int) -> int:
    pexpire(view, [key, b"%d" % milliseconds])
    return 1


def _prolong(view: View, key: bytes, milliseconds: bytes, *, afresh: bool) -> int:
    deadline = view.deadline(key)
    if deadline is None:
        return 0
    left = 0 if afresh else deadline - view.now
    return _lease(view, key, left + integer(milliseconds))


def _extend(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    token, milliseconds, afresh = arguments
    return _prolong(view, keys[0], milliseconds, afresh=afresh != b"0") if _holds(view, keys[0], token) else 0


def _reacquire(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    return _lease(view, keys[0], integer(arguments[1])) if _holds(view, keys[0], arguments[0]) else 0


def _increment(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    key, (amount, start, ttl) = keys[0], arguments
    is_new = not view.exists(key)
    if is_new:
        set_(view, [key, start])
    try:
        incrby(view, [key, amount])
    except Refusal as refusal:
        if is_new:
            view.remove(key)
        return refusal
    if is_new and ttl:
        pexpire(view, [key, ttl])
    return view.string(key)


def _replace(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    seen, *words = arguments
    if not _holds(view, keys[0], seen):
        return 0
    set_(view, [keys[0], *words])
    return 1


def _found(view: View, key: bytes) -> bytes | None:
    """Return what a key holds; one of another type holds no value."""
    try:
        return view.string(key)
    except Refusal:
        return None


def _remove(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    return delete(view, keys) if _found(view, keys[0]) in arguments else 0


def _claim(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    key, (token, milliseconds, unheard) = keys[0], arguments
    leased = [key, token, b"PX", milliseconds]
    if set_(view, [*leased, b"NX"]) is not None:
        return None
    if _found(view, key) in (token, unheard or token):
        set_(view, leased)
        return None
    return pttl(view, [key])


def _fenced_claim(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    (key, counter), (token, milliseconds, unheard) = keys, arguments
    is_own = _found(view, key) in (token, unheard or token)
    if view.exists(key) and not is_own:
        return pttl(view, [key])
    fence = _number(view, counter, is_own=is_own)
    if not isinstance(fence, Refusal):
        set_(view, [key, token, b"PX", milliseconds])
    return fence


def _number(view: View, counter: bytes, *, is_own: bool) -> bytes | Refusal | None:
    """Return the number of a claim: a new one, unless the claim is met again."""
    fence = view.string(counter) if is_own else None
    if fence is not None:
        return fence
    try:
        incrby(view, [counter, b"1"])
    except Refusal as refusal:
        return refusal
    return view.string(counter)


def _waiting_claim(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    (key, waiters, turn, wake, *counters), (token, milliseconds, unheard, place) = keys, arguments
    is_own = _found(view, key) in (token, unheard or token)
    left = _left(view, key, turn, is_own=is_own, is_woken=place == b"woken")
    if left is not None:
        if place == b"woken":
            delete(view, [turn])
        _stand(view, waiters, _standing(view, waiters) + (place == b"new"))
        return left
    fence = _number(view, counters[0], is_own=is_own) if counters else None
    if isinstance(fence, Refusal):
        return fence
    if place != b"new":
        _step_out(view, waiters, turn, wake)
    set_(view, [key, token, b"PX", milliseconds])
    return fence


def _left(view: View, key: bytes, turn: bytes, *, is_own: bool, is_woken: bool) -> Reply:
    """Return the milliseconds left of what is in a claim's way, a lease or somebody's turn, or None."""
    if view.exists(key):
        return None if is_own else pttl(view, [key])
    return pttl(view, [turn]) if view.exists(turn) and not is_woken else None


def _standing(view: View, waiters: bytes) -> int:
    return integer(view.string(waiters) or b"0")


def _stand(view: View, waiters: bytes, count: int) -> None:
    set_(view, [waiters, b"%d" % count, b"PX", b"5000"])


def _step_out(view: View, waiters: bytes, turn: bytes, wake: bytes) -> int:
    """Let one leave the line; return how many stay."""
    delete(view, [turn])
    waiting = _standing(view, waiters) - 1
    if waiting > 0:
        _stand(view, waiters, waiting)
    else:
        delete(view, [waiters, wake])
    return waiting


def _wake(view: View, turn: bytes, wake: bytes) -> None:
    delete(view, [wake])
    rpush(view, [wake, b""])
    pexpire(view, [wake, b"3000"])
    set_(view, [turn, b"", b"PX", b"100"])


def _release_and_wake(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    key, waiters, turn, wake = keys
    if _found(view, key) not in arguments:
        return 0
    delete(view, [key])
    if view.exists(waiters):
        _wake(view, turn, wake)
    return 1


def _leave(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    del arguments
    key, waiters, turn, wake = keys
    if _step_out(view, waiters, turn, wake) > 0 and not view.exists(key):
        _wake(view, turn, wake)
    return 0


def _push(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    value, kept, ttl, new_ttl = arguments
    length = rpush(view, [keys[0], value])
    ltrim(view, [keys[0], b"-" + kept, b"-1"])
    until = new_ttl if not ttl and length == 1 else ttl
    if until:
        pexpire(view, [keys[0], until])
    return length


def _set_field(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    field, value, ttl = arguments
    is_new = not view.exists(keys[0])
    added = hset(view, [keys[0], field, value])
    if is_new:
        pexpire(view, [keys[0], ttl])
    return added


def _extend_ours(view: View, keys: Arguments, arguments: Arguments) -> Reply:
    milliseconds, afresh, *tokens = arguments
    is_held = _found(view, keys[0]) in tokens
    return _prolong(view, keys[0], milliseconds, afresh=afresh == b"1") if is_held else 0


RELEASES_LOCK = "c3f8721cbb97f72bc19e972846bd7aaf91901658"
EXTENDS_LOCK = "a4e8783852e6b949f9ef3a97212805108459a890"
REACQUIRES_LOCK = "1cac51482acf5858da00f6d685d68f886cd6b6b2"
"""The scripts of redis-py's own lock, in every version from 5.1 on."""

_KNOWN: dict[str, Known] = {
    RELEASES_LOCK: _release,
    EXTENDS_LOCK: _extend,
    REACQUIRES_LOCK: _reacquire,
    ours.INCREMENT.sha: _increment,
    ours.REPLACE.sha: _replace,
    ours.REMOVE.sha: _remove,
    ours.CLAIM.sha: _claim,
    ours.FENCED_CLAIM.sha: _fenced_claim,
    ours.WAITING_CLAIM.sha: _waiting_claim,
    ours.FENCED_WAITING_CLAIM.sha: _waiting_claim,
    ours.RELEASE.sha: _release_and_wake,
    ours.LEAVE.sha: _leave,
    ours.PUSH.sha: _push,
    ours.SET_FIELD.sha: _set_field,
    ours.EXTEND.sha: _extend_ours,
}


def known_script(sha: str) -> Known | None:
    """Return what does the same as the script of that SHA1."""
    return _KNOWN.get(sha)
