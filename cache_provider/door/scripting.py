"""Scripts: those of Lua by the extra `lua`, and a few that are known by their text without it."""

from hashlib import sha1

from cache_provider.door.known_scripts import known_script
from cache_provider.door.numbers import integer
from cache_provider.door.replies import OK, Refusal, Reply
from cache_provider.door.scripts import check_script, run_script
from cache_provider.door.table import Arguments, command, counted
from cache_provider.door.view import View

_FLAGS = "noscript stale skip_monitor no_mandatory_keys movablekeys"
NO_SCRIPT = "NOSCRIPT No matching script. Please use EVAL."


def sha_of(text: bytes) -> str:
    """Return what a script is known by."""
    return sha1(text, usedforsecurity=False).hexdigest()


def _evaluate(view: View, sha: str, text: bytes, words: Arguments, *, may_write: bool) -> Reply:
    number = integer(words[0])
    if number > len(words) - 1:
        raise Refusal("ERR Number of keys can't be greater than number of args")
    if number < 0:
        raise Refusal("ERR Number of keys can't be negative")
    keys, arguments = words[1 : number + 1], words[number + 1 :]
    known = known_script(sha) if may_write else None
    view.blocking = False
    if known is not None:
        return known(view, keys, arguments)
    return run_script(view, text, keys, arguments, may_write=may_write)


def _eval(view: View, arguments: Arguments, *, may_write: bool) -> Reply:
    text = arguments[0]
    sha = sha_of(text)
    reply = _evaluate(view, sha, text, arguments[1:], may_write=may_write)
    view.core.scripts.setdefault(sha, text)
    return reply


@command("EVAL", -3, _FLAGS, counted(2))
def eval_(view: View, arguments: Arguments) -> Reply:
    """Run a script."""
    return _eval(view, arguments, may_write=True)


@command("EVAL_RO", -3, f"{_FLAGS} readonly", counted(2))
def eval_ro(view: View, arguments: Arguments) -> Reply:
    """Run a script that only reads."""
    return _eval(view, arguments, may_write=False)


def _evalsha(view: View, arguments: Arguments, *, may_write: bool) -> Reply:
    sha = arguments[0].decode("latin-1").lower()
    text = view.core.scripts.get(sha)
    if text is None:
        raise Refusal(NO_SCRIPT)
    return _evaluate(view, sha, text, arguments[1:], may_write=may_write)


@command("EVALSHA", -3, _FLAGS, counted(2))
def evalsha(view: View, arguments: Arguments) -> Reply:
    """Run a script by its SHA1."""
    return _evalsha(view, arguments, may_write=True)


@command("EVALSHA_RO", -3, f"{_FLAGS} readonly", counted(2))
def evalsha_ro(view: View, arguments: Arguments) -> Reply:
    """Run a script that only reads, by its SHA1."""
    return _evalsha(view, arguments, may_write=False)


@command("SCRIPT|LOAD", 3, "noscript stale")
def script_load(view: View, arguments: Arguments) -> Reply:
    """Keep a script, to be run by its SHA1."""
    text = arguments[0]
    sha = sha_of(text)
    if known_script(sha) is None:
        check_script(view.core, text)
    view.core.scripts[sha] = text
    return sha.encode()


@command("SCRIPT|EXISTS", -3, "noscript")
def script_exists(view: View, arguments: Arguments) -> Reply:
    """Tell for several SHA1s whether their scripts are kept."""
    return [int(sha.decode("latin-1").lower() in view.core.scripts) for sha in arguments]


@command("SCRIPT|FLUSH", -2, "noscript")
def script_flush(view: View, arguments: Arguments) -> Reply:
    """Forget all scripts."""
    if len(arguments) > 1 or (arguments and arguments[0].upper() not in (b"SYNC", b"ASYNC")):
        raise Refusal("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
    view.core.scripts.clear()
    return OK


@command("SCRIPT|KILL", 2, "noscript allow_busy")
def script_kill(view: View, arguments: Arguments) -> Reply:
    """Refuse: a script is over before anybody else is asked."""
    del view, arguments
    raise Refusal("NOTBUSY No scripts in execution right now.")
