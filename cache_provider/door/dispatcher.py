"""From a request to its reply: which command it is, whether it may run, and the moment at which it does."""

from collections.abc import Callable, Iterable
from importlib import import_module

from cache_provider.door.core import Core
from cache_provider.door.lookup import find
from cache_provider.door.mishaps import ServerMishap, next_mishap
from cache_provider.door.replies import QUEUED, Refusal, Reply, Several
from cache_provider.door.session import BlockingWait, Request, Session
from cache_provider.door.table import CommandRow
from cache_provider.door.transactions import end_transaction
from cache_provider.door.view import View
from cache_provider.exclusion import exclusive

FAMILIES = tuple(
    import_module(f"cache_provider.door.{family}")
    for family in (
        "strings",
        "keys",
        "hashes",
        "lists",
        "sets",
        "sorted_sets",
        "sorted_set_ranges",
        "sorted_set_algebra",
        "blocking_commands",
        "bits",
        "sorting",
        "pubsub",
        "transactions",
        "scripting",
        "connection",
        "server",
        "debugging",
    )
)
"""Every family; importing one enters its commands into the table.

By their names: what the package has as attributes may be of another import, where somebody forgets modules
between two runs, as pytest's `pytester` does.
"""

_AT_ONCE = frozenset({"EXEC", "DISCARD", "MULTI", "WATCH", "QUIT", "RESET"})
_WHILE_LISTENING = frozenset(
    {
        "PING",
        "SUBSCRIBE",
        "SSUBSCRIBE",
        "UNSUBSCRIBE",
        "SUNSUBSCRIBE",
        "PSUBSCRIBE",
        "PUNSUBSCRIBE",
        "QUIT",
        "RESET",
    }
)


def execute(core: Core, session: Session, request: Request) -> Reply:
    """Run a request; return its reply, or a `BlockingWait` that the session now has."""
    try:
        command = find(core, request)
        if session.listening or session.queued is not None or not session.trusted or core.limits is not None:
            _check(core, session, command)
    except Refusal as refusal:
        return _refuse(core, session, request, refusal)
    session.last_command = command.shown
    if session.queued is not None and command.name not in _AT_ONCE:
        return _queue(session, command, request)
    if core.mishaps:
        return _run_amid_mishaps(core, session, command, request)
    return _run(core, session, command, request)


def _refuse(core: Core, session: Session, request: Request, refusal: Refusal) -> Refusal:
    """Return the refusal of a request that does not even run; it spoils a transaction."""
    if request[0].upper() == b"EXEC":
        _discard(core, session)
        return Refusal(f"EXECABORT Transaction discarded because of: {refusal.text.removeprefix('ERR ')}")
    if session.queued is not None:
        session.is_broken = True
    return refusal


@exclusive("mutex")
def _discard(core: Core, session: Session) -> None:
    end_transaction(View(core, session, 0))


def _check(core: Core, session: Session, command: CommandRow) -> None:
    if not session.trusted and "no_auth" not in command.flags:
        raise Refusal("NOAUTH Authentication required.")
    if session.protocol == 2 and session.listening and command.name not in _WHILE_LISTENING:
        raise Refusal(
            f"ERR Can't execute '{command.shown}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / "
            "RESET are allowed in this context"
        )
    if session.queued is not None and "no_multi" in command.flags:
        raise Refusal("ERR Command not allowed inside a transaction")
    if core.limits is not None:
        core.limits.check(session, command)


def _queue(session: Session, command: CommandRow, request: Request) -> Reply:
    assert session.queued is not None
    session.queued.append((command, request))
    return QUEUED


def _run_amid_mishaps(core: Core, session: Session, command: CommandRow, request: Request) -> Reply:
    mishap = _next_mishap(core, command, after=False)
    if mishap is None:
        reply = _run(core, session, command, request)
        mishap = _next_mishap(core, command, after=True)
        if mishap is None:
            return reply
    if mishap.text is None:
        session.hang_up()
        return Several()
    return Refusal(mishap.text.decode("utf-8", "surrogateescape"))


@exclusive("mutex")
def _next_mishap(core: Core, command: CommandRow, *, after: bool) -> ServerMishap | None:
    return next_mishap(core.mishaps, command.name, after=after)


def _run(core: Core, session: Session, command: CommandRow, request: Request) -> Reply:
    """Run a command at one moment, with all that its changes bring others."""
    now = core.clock.now_ms()
    reply: Reply = None
    later: Iterable[Callable[[], object]] = ()
    # As `exclusive` does, in place: every command of every client comes here.
    mutex = core.mutex
    for _ in mutex.entering:
        try:
            core.processed += 1
            if core.departed:
                core.see_off()
            view = View(core, session, now)
            try:
                reply = command.run(view, request[command.words :])
            except Refusal as refusal:
                reply = refusal
            finally:
                view.publish()
            if type(reply) is BlockingWait:
                _wait(core, session, reply, view.index)
            elif session.listening:
                session.hold_back()
            later = view.later
            break
        except BaseException:
            mutex.mend()
            raise
        finally:
            mutex.release()
    for call in later:
        call()
    return reply


def _wait(core: Core, session: Session, wait: BlockingWait, index: int) -> None:
    wait.session = session
    wait.index = index
    session.wait = wait
    core.queues.join(wait)
