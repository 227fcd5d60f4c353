"""Commands about the connection itself."""

import re

from cache_provider.door.clients import client_line, clients_selected, select_clients
from cache_provider.door.keys import database_index
from cache_provider.door.numbers import integer
from cache_provider.door.replies import (
    OK,
    PONG,
    Map,
    Refusal,
    Reply,
    Status,
    Verbatim,
    shown,
    syntax_error,
    wrong_arity,
)
from cache_provider.door.session import Session
from cache_provider.door.table import Arguments, command
from cache_provider.door.transactions import end_transaction
from cache_provider.door.view import View

VERSION = "7.0.15"
_ANYTIME = "noscript loading stale fast no_auth allow_busy"
_CLIENT = "noscript loading stale"
_NAME = re.compile(rb"[!-~]*").fullmatch


@command("PING", -1, "fast")
def ping(view: View, arguments: Arguments) -> Reply:
    """Return PONG, or the message."""
    if len(arguments) > 1:
        raise wrong_arity("ping")
    if view.session.protocol == 2 and view.session.listening:
        return [b"pong", arguments[0] if arguments else b""]
    return arguments[0] if arguments else PONG


@command("ECHO", 2, "fast")
def echo(view: View, arguments: Arguments) -> Reply:
    """Return the message."""
    del view
    return arguments[0]


@command("SELECT", 2, "loading stale fast")
def select(view: View, arguments: Arguments) -> Reply:
    """Choose a database."""
    index = database_index(view, arguments[0])
    view.session.index = index
    view.select(index)
    return OK


@command("QUIT", -1, _ANYTIME)
def quit_(view: View, arguments: Arguments) -> Reply:
    """End the connection."""
    del arguments
    view.session.hang_up()
    return OK


@command("RESET", 1, _ANYTIME)
def reset(view: View, arguments: Arguments) -> Reply:
    """Make the connection what a new one is."""
    del arguments
    session = view.session
    end_transaction(view)
    view.core.subscriptions.forget(session)
    session.forget_all()
    view.select(0)
    return Status(b"RESET")


def _authenticate(view: View, user: bytes, password: bytes) -> None:
    expected = view.session.password
    if user != b"default" or (
        expected is not None and password.decode("utf-8", "surrogateescape") != expected
    ):
        raise Refusal("WRONGPASS invalid username-password pair or user is disabled.")
    view.session.trusted = True


@command("AUTH", -2, _ANYTIME)
def auth(view: View, arguments: Arguments) -> Reply:
    """Show a password."""
    if len(arguments) > 2:
        raise syntax_error()
    if len(arguments) == 1 and view.session.password is None:
        raise Refusal(
            "ERR AUTH <password> called without any password configured for the default user. "
            "Are you sure your configuration is correct?"
        )
    _authenticate(view, *(arguments if len(arguments) == 2 else (b"default", arguments[0])))
    return OK


class _Greeting:
    """What HELLO is told: the protocol, who it is and its name."""

    def __init__(self, words: Arguments) -> None:
        self.protocol: int | None = None
        self.login: tuple[bytes, bytes] | None = None
        self.name: bytes | None = None
        if words:
            self.protocol = integer(words[0], "ERR Protocol version is not an integer or out of range")
            if self.protocol not in (2, 3):
                raise Refusal("NOPROTO unsupported protocol version")
        position = 1
        while position < len(words):
            option, left = words[position].upper(), len(words) - position - 1
            if option == b"AUTH" and left >= 2:
                self.login = words[position + 1], words[position + 2]
                position += 3
            elif option == b"SETNAME" and left:
                self.name = words[position + 1]
                _check_name(self.name)
                position += 2
            else:
                raise Refusal(f"ERR Syntax error in HELLO option '{shown(words[position])}'")


@command("HELLO", -1, _ANYTIME)
def hello(view: View, arguments: Arguments) -> Reply:
    """Choose the protocol, and introduce oneself."""
    session = view.session
    greeting = _Greeting(arguments)
    if greeting.login is not None:
        _authenticate(view, *greeting.login)
    if not session.trusted:
        raise Refusal(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> "
            "AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol "
            "version at the same time"
        )
    if greeting.name is not None:
        session.name = greeting.name
    if greeting.protocol is not None:
        session.protocol = greeting.protocol
    facts: dict[bytes, Reply] = {
        b"server": b"redis",
        b"version": VERSION.encode(),
        b"proto": session.protocol,
        b"id": session.number,
        b"mode": b"standalone",
        b"role": b"master",
        b"modules": [],
    }
    return Map([part for fact in facts.items() for part in fact])


# CLIENT


def _check_name(name: bytes) -> None:
    if not _NAME(name):
        raise Refusal("ERR Client names cannot contain spaces, newlines or special characters.")


@command("CLIENT|SETNAME", 3, _CLIENT)
def client_setname(view: View, arguments: Arguments) -> Reply:
    """Name the connection."""
    _check_name(arguments[0])
    view.session.name = arguments[0]
    return OK


@command("CLIENT|GETNAME", 2, _CLIENT)
def client_getname(view: View, arguments: Arguments) -> Reply:
    """Return the connection's name."""
    del arguments
    return view.session.name or None


@command("CLIENT|ID", 2, _CLIENT)
def client_id(view: View, arguments: Arguments) -> Reply:
    """Return the connection's number."""
    del arguments
    return view.session.number


@command("CLIENT|INFO", 2, _CLIENT)
def client_info(view: View, arguments: Arguments) -> Reply:
    """Describe the connection."""
    del arguments
    return Verbatim(client_line(view.session, view.now) + b"\n")


@command("CLIENT|LIST", -2, _CLIENT)
def client_list(view: View, arguments: Arguments) -> Reply:
    """Describe all connections."""
    lines = [client_line(session, view.now) + b"\n" for session in clients_selected(view.core, arguments)]
    return Verbatim(b"".join(lines))


@command("CLIENT|REPLY", 3, _CLIENT)
def client_reply(view: View, arguments: Arguments) -> Reply:
    """Choose whether there are replies."""
    session, mode = view.session, arguments[0].upper()
    if mode == b"ON":
        session.replies_are = "on"
    elif mode == b"OFF":
        session.replies_are = "off"
    elif mode == b"SKIP":
        session.replies_are = session.replies_are if session.replies_are == "off" else "skip next"
    else:
        raise syntax_error()
    return OK


@command("CLIENT|NO-EVICT", 3, _CLIENT)
def client_no_evict(view: View, arguments: Arguments) -> Reply:
    """Do nothing: no connection is evicted."""
    if arguments[0].upper() not in (b"ON", b"OFF"):
        raise syntax_error()
    view.session.no_evict = arguments[0].upper() == b"ON"
    return OK


@command("CLIENT|UNBLOCK", -3, _CLIENT)
def client_unblock(view: View, arguments: Arguments) -> Reply:
    """End another connection's wait."""
    refusal = None
    if len(arguments) > 1:
        how = arguments[1].upper()
        if how not in (b"TIMEOUT", b"ERROR") or len(arguments) > 2:
            raise Refusal("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
        if how == b"ERROR":
            refusal = Refusal("UNBLOCKED client unblocked via CLIENT UNBLOCK")
    session = view.core.sessions.get(integer(arguments[0]))
    return int(session is not None and view.core.release(session, refusal))


@command("CLIENT|KILL", -3, _CLIENT)
def client_kill(view: View, arguments: Arguments) -> Reply:
    """End other connections."""
    core = view.core
    if len(arguments) == 1:
        address = arguments[0].decode("utf-8", "surrogateescape")
        victims = [session for session in core.sessions.values() if session.address == address]
        if not victims:
            raise Refusal("ERR No such client")
    else:
        victims = _victims(view, arguments)
    for session in victims:
        session.hang_up()
        if session is not view.session:
            view.core.leave(session)
    return OK if len(arguments) == 1 else len(victims)


def _victims(view: View, words: Arguments) -> list[Session]:
    if len(words) % 2:
        raise syntax_error()
    chosen, skip_me = list(view.core.sessions.values()), True
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option.upper() == b"SKIPME" and value.lower() in (b"yes", b"no"):
            skip_me = value.lower() == b"yes"
        else:
            chosen = select_clients(chosen, option.upper(), value)
    return [session for session in chosen if not (skip_me and session is view.session)]
