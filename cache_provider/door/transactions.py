"""MULTI, EXEC, DISCARD, WATCH."""

from cache_provider.door.names import name_of
from cache_provider.door.replies import NULL_ARRAY, OK, Refusal, Reply, Several
from cache_provider.door.session import BlockingWait
from cache_provider.door.table import ALL, Arguments, CommandRow, command
from cache_provider.door.view import View


@command("MULTI", 1, "noscript loading stale fast allow_busy")
def multi(view: View, arguments: Arguments) -> Reply:
    """Begin a transaction."""
    del arguments
    session = view.session
    if session.queued is not None:
        raise Refusal("ERR MULTI calls can not be nested")
    session.queued = []
    session.is_broken = False
    return OK


@command("DISCARD", 1, "noscript loading stale fast allow_busy")
def discard(view: View, arguments: Arguments) -> Reply:
    """Forget a transaction."""
    del arguments
    if view.session.queued is None:
        raise Refusal("ERR DISCARD without MULTI")
    end_transaction(view)
    return OK


def end_transaction(view: View) -> None:
    """Forget what was queued and watched."""
    view.session.queued = None
    view.session.is_broken = False
    view.core.watches.forget(view.session)


def _holds(view: View) -> bool:
    """Tell whether nothing that the session watches was written, or has expired."""
    before = view.index
    for (index, name), seen in view.session.watched.items():
        view.select(index)
        view.entry(name)
        if view.space.entries.get(name) is not seen:
            return False
    view.select(before)
    return not view.session.is_dirty


@command("EXEC", 1, "noscript loading stale skip_slowlog")
def exec_(view: View, arguments: Arguments) -> Reply:
    """Run a transaction."""
    del arguments
    session = view.session
    queued = session.queued
    if queued is None:
        raise Refusal("ERR EXEC without MULTI")
    broken, holds = session.is_broken, _holds(view)
    end_transaction(view)
    if broken:
        raise Refusal("EXECABORT Transaction discarded because of previous errors.")
    if not holds:
        return NULL_ARRAY
    view.blocking = False
    return [_run_queued(view, command, request) for command, request in queued]


def _run_queued(view: View, entry: CommandRow, request: list[bytes]) -> Reply:
    """Run a command of the transaction; what it tells the client itself comes right before its reply."""
    session = view.session
    session.aside = []
    try:
        reply = run_within(view, entry, request)
        return Several([*session.aside, reply]) if session.aside else reply
    finally:
        session.aside = None


def run_within(view: View, entry: CommandRow, request: list[bytes]) -> Reply:
    """Run a command as part of something larger: it does not wait, and an error is its reply."""
    try:
        reply = entry.run(view, request[entry.words :])
    except Refusal as refusal:
        return refusal
    return reply.instead if type(reply) is BlockingWait else reply


@command("WATCH", -2, "noscript loading stale fast allow_busy", ALL)
def watch(view: View, arguments: Arguments) -> Reply:
    """Have the next transaction depend on keys."""
    if view.session.queued is not None:
        raise Refusal("ERR WATCH inside MULTI is not allowed")
    for key in arguments:
        name = name_of(key)
        view.entry(name)
        view.core.watches.add(view.session, view.index, name, view.space.entries.get(name))
    return OK


@command("UNWATCH", 1, "noscript loading stale fast allow_busy")
def unwatch(view: View, arguments: Arguments) -> Reply:
    """Have the next transaction depend on nothing."""
    del arguments
    view.core.watches.forget(view.session)
    return OK
