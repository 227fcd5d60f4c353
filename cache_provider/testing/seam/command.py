"""`DoorCommand`: what a client of redis-py, or of any language, asks of a watched server."""

from sys import _getframe  # pyright: ignore[reportPrivateUsage] - the way to an outer frame at once
from typing import Any, Protocol, runtime_checkable

from cache_provider.clock import Clock, monotonic
from cache_provider.door.entrance import core_of
from cache_provider.door.in_process import LocalSession
from cache_provider.door.names import name_of
from cache_provider.door.overseer import Overseer, Passing
from cache_provider.door.overseer import Proceed as Effecting
from cache_provider.door.replies import NullArray, Refusal, Reply, is_array
from cache_provider.door.session import Session
from cache_provider.door.table import CommandRow
from cache_provider.memory.server import MemoryServer
from cache_provider.steps import Steps
from cache_provider.testing.seam.effects import Effect
from cache_provider.testing.seam.keeping import Keeper
from cache_provider.testing.seam.lock_words import lock_step_of
from cache_provider.testing.seam.operation import Interceptor, Operation
from cache_provider.testing.seam.passage import Way
from cache_provider.testing.seam.sites import lock_step
from cache_provider.waiting import Gate

_NONE = Effect()
_BLIND = Effect(reads=True, writes=True, blind=True)
_BLIND_WRITES = frozenset({"DEL", "FLUSHALL", "FLUSHDB", "MSET", "PSETEX", "SETEX", "UNLINK"})
_LOOKING = frozenset({b"GET", b"KEEPTTL", b"NX", b"XX"})
_OF_LOCKS = frozenset({"SET", "EVAL", "EVALSHA", "SCRIPT LOAD"})


class DoorCommand(Operation):
    """One command at the Redis door: an operation whose arguments have no names, only places.

    It has no `provider` and no `lock`. A transaction is one command, `EXEC`, and a
    script is one, `EVAL` or `EVALSHA`.

    Attributes:
        server: The server that received it.
        session: The client's connection, as the server knows it: `number`, `name`, `index`.
        commands: The queued commands of an `EXEC`.
        row: Its row of the table of commands; None for one that Redis does not know.
        database: The number of the database that its client has selected.
        lock_step: Which step of redis-py's own lock sent it, such as `do_acquire`; None for most commands.
    """

    server: MemoryServer
    session: Session
    row: CommandRow | None
    is_command = True
    commands: "tuple[DoorCommand, ...]" = ()
    database: int
    lock_step: str | None = None
    _is_async: bool

    @classmethod
    def of(cls, passing: Passing, row: CommandRow | None, request: list[bytes]) -> "DoorCommand":
        """Return the command of a request on its way."""
        command = cls()
        command.server, command.session, command.row = passing.server, passing.session, row
        command.database = passing.session.index
        command._is_async = passing.is_async
        if row is None:
            command.name = request[0].decode("utf-8", "backslashreplace").upper()
            command.given = tuple(request[1:])
        else:
            command.name = row.name.replace("|", " ")
            command.given = tuple(request[2:] if "|" in row.name else request[1:])
        command.options = {}
        patience = passing.session.reply_timeout
        if patience is not None:
            command.patience_ms = round(patience * 1000)
        return command

    def __repr__(self) -> str:
        return f"<DoorCommand {self.name} {self.keys}>"

    @property
    def parts(self) -> "tuple[DoorCommand, ...]":
        return self.commands

    @property
    def clock(self) -> Clock:
        return self.server.clock

    @property
    def is_async(self) -> bool:
        return self._is_async

    @property
    def effect(self) -> Effect:
        row = self.row
        if row is None:
            return _NONE
        effect = _effect_of(row)
        if row.name == "SET" and _LOOKING.isdisjoint(word.upper() for word in self.given[2:]):
            return _BLIND
        if not self.commands:
            return effect
        parts = [command.effect for command in self.commands]
        return Effect(reads=any(part.reads for part in parts), writes=any(part.writes for part in parts))

    @property
    def words(self) -> tuple[str | bytes, ...]:
        """What follows the command's name, as text; as bytes where it is none."""
        return tuple(map(shown_word, self.given))

    @property
    def arguments(self) -> dict[str, Any]:
        return {"words": self.words}

    def argument(self, name: str) -> Any:
        return self.words if name == "words" else None

    @property
    def key(self) -> str | None:
        keys = self.keys
        return keys[0] if len(keys) == 1 else None

    @property
    def keys(self) -> list[str]:
        if self._keys is None:
            keys = [] if self.row is None else [name_of(key) for key in self.row.keys.of(self.given)]
            for command in self.commands:
                keys += command.keys
            self._keys = keys if len(keys) < 2 else list(dict.fromkeys(keys))
        return self._keys

    @property
    def names_keys(self) -> bool:
        return bool(self.keys)

    @property
    def keeps_ttl(self) -> bool:
        return False

    @property
    def is_of_lock(self) -> bool:
        return self.lock_step is not None

    @property
    def takes_lock(self) -> bool:
        return self.lock_step == "do_acquire"

    @property
    def gives_lock(self) -> bool:
        return self.lock_step == "do_release"

    @property
    def may_wait(self) -> bool:
        return self.effect.waits

    @property
    def outcome(self) -> Any:
        return shown_reply(self.result)

    def keep(self, keeper: Keeper) -> None:
        # Words are bytes, and a reply belongs to nobody else.
        pass

    def keep_result(self, keeper: Keeper, result: Reply) -> None:
        del keeper
        self.result = result

    def told_parts(self) -> "tuple[DoorCommand, ...]":
        results: list[Reply] = self.result if is_array(self.result) else [None] * len(self.parts)
        # Not as many where the transaction has no parts, or was refused.
        for part, result in zip(self.parts, results, strict=False):
            part.at_ms, part.duration_ms = self.at_ms, self.duration_ms
            part.code, part.offset = self.code, self.offset
            refused = isinstance(result, Refusal)
            part.error, part.result = (result, None) if refused else (self.error, result)
        return self.parts

    def seen(self, keeper: Keeper) -> "DoorCommand":
        record = DoorCommand()
        self._recorded(record, keeper)
        return record


_EFFECTS: dict[str, Effect] = {}


def _effect_of(row: CommandRow) -> Effect:
    effect = _EFFECTS.get(row.name)
    if effect is None:
        # What a script does nobody knows before it runs.
        is_script = row.family == "scripting"
        effect = _EFFECTS[row.name] = (
            _BLIND
            if row.name in _BLIND_WRITES
            else Effect(
                reads=is_script or row.writes or "readonly" in row.flags,
                writes=is_script or row.writes,
                waits="blocking" in row.flags,
            )
        )
    return effect


def shown_word(word: bytes) -> str | bytes:
    """Return a word of a command as text; as bytes where it is none."""
    try:
        return word.decode()
    except UnicodeDecodeError:
        return word


def shown_reply(reply: Reply) -> Any:
    """Return a reply as plain Python values, text where it is text."""
    if isinstance(reply, bytes):
        return shown_word(bytes(reply))
    if is_array(reply):
        return [shown_reply(part) for part in reply]
    return None if isinstance(reply, NullArray) else reply


@runtime_checkable
class PoolWatcher(Protocol):
    """An interceptor that wants to know of pools of connections, too."""

    def pool_opened(self, pool: Any) -> None:
        """Take note of a pool of connections to the server."""
        ...


class DoorWay(Way, Overseer):
    """The way of commands past the interceptors to a server.

    Attributes:
        locates: Whether anybody may want to know where in the user's code a command came from.
    """

    keeps_time = False
    locates = True

    def steps(self, passing: Passing, proceed: Effecting) -> Steps[Reply]:
        command = DoorCommand.of(passing, passing.row, passing.request)
        if self.locates:
            frame = _getframe(1)
            command.locate(frame)
            if command.name in _OF_LOCKS:
                is_here = isinstance(passing.session, LocalSession)
                command.lock_step = lock_step(frame) if is_here else lock_step_of(command.name, command.given)
        if passing.queued:
            command.commands = tuple(DoorCommand.of(passing, row, request) for row, request in passing.queued)
        return self.past(command, proceed)

    def gate(self, session: Session, gate: Gate) -> Gate:
        del session
        return gate

    def seconds(self) -> float:
        return monotonic()

    def look(self, session: Session) -> Steps[None]:
        del session
        yield from ()

    def pool_opened(self, pool: Any) -> None:
        for each in self._interceptors:
            if isinstance(each, PoolWatcher):
                each.pool_opened(pool)


def oversee(server: MemoryServer, *interceptors: Interceptor) -> DoorWay:
    """Show every command at a server's door to interceptors, as an instrumented cache shows its operations.

    It shows the commands of connections that are opened from now on. An
    interceptor is given a `DoorCommand` and a function that lets it proceed. Before or after the
    command's effect it may let time pass, stop, raise `Refusal("OOM …")` to answer
    the client with that error, or raise `ConnectionLostError()`.

    Args:
        server: The server.
        *interceptors: Called with each command; the first is the outermost.
    """
    way = DoorWay(interceptors)
    core_of(server).overseer = way
    return way
