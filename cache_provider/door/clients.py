"""How clients are shown and selected by CLIENT LIST and CLIENT KILL."""

from cache_provider.arguments import INT64_MAX
from cache_provider.door.core import Core
from cache_provider.door.numbers import bounded, integer
from cache_provider.door.replies import Refusal, shown, syntax_error
from cache_provider.door.session import Session
from cache_provider.door.table import Arguments

_KINDS = frozenset({"normal", "master", "replica", "slave", "pubsub"})


def client_kind(text: bytes) -> str:
    """Return a type of client.

    Raises:
        Refusal: There is none of that name.
    """
    kind = text.decode("utf-8", "surrogateescape").lower()
    if kind not in _KINDS:
        raise Refusal(f"ERR Unknown client type '{shown(text)}'")
    return kind


def kind_of_client(session: Session) -> str:
    """Return the type that a client is of."""
    return "pubsub" if session.listening else "normal"


def clients_selected(core: Core, words: Arguments) -> list[Session]:
    """Return the clients that CLIENT LIST is to show."""
    chosen = list(core.sessions.values())
    if not words:
        return chosen
    option = words[0].upper()
    if option == b"TYPE" and len(words) == 2:
        kind = client_kind(words[1])
        return [session for session in chosen if kind_of_client(session) == kind]
    if option == b"ID" and len(words) > 1:
        numbers = [integer(word, "ERR Invalid client ID") for word in words[1:]]
        return [core.sessions[number] for number in numbers if number in core.sessions]
    raise syntax_error()


def select_clients(sessions: list[Session], option: bytes, value: bytes) -> list[Session]:
    """Return the clients that one option of CLIENT KILL leaves.

    Raises:
        Refusal: There is no such option, or no such value of it.
    """
    text = value.decode("utf-8", "surrogateescape")
    if option == b"ID":
        number = bounded(value, 1, INT64_MAX, "ERR client-id should be greater than 0")
        return [session for session in sessions if session.number == number]
    if option == b"TYPE":
        kind = client_kind(value)
        return [session for session in sessions if kind_of_client(session) == kind]
    if option in (b"ADDR", b"LADDR"):
        return [session for session in sessions if option == b"ADDR" and session.address == text]
    if option != b"USER":
        raise syntax_error()
    if text != "default":
        raise Refusal(f"ERR No such user '{shown(value)}'")
    return sessions


def client_line(session: Session, now: int) -> bytes:
    """Return a client's line."""
    flags = "".join(
        letter
        for letter, is_so in (
            ("P", session.listening),
            ("x", session.queued is not None),
            ("b", session.wait is not None),
            ("d", session.is_dirty),
            ("e", session.no_evict),
        )
        if is_so
    )
    facts = {
        "id": session.number,
        "addr": session.address,
        "laddr": "127.0.0.1:0",
        "fd": 0,
        "name": session.name.decode("utf-8", "surrogateescape"),
        "age": max(0, now - session.since_ms) // 1000,
        "idle": 0,
        "flags": flags or "N",
        "db": session.index,
        "sub": len(session.channels),
        "psub": len(session.patterns),
        "ssub": len(session.shards),
        "multi": -1 if session.queued is None else len(session.queued),
        "qbuf": 0,
        "qbuf-free": 0,
        "argv-mem": 0,
        "multi-mem": 0,
        "rbs": 1024,
        "rbp": 0,
        "obl": 0,
        "oll": 0,
        "omem": 0,
        "tot-mem": 0,
        "events": "r",
        "cmd": session.last_command,
        "user": "default",
        "redir": -1,
        "resp": session.protocol,
    }
    return " ".join(f"{name}={value}" for name, value in facts.items()).encode("utf-8", "surrogateescape")
