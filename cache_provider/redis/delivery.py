"""Carrying out what a program asks for: sent once, or again where that can do no harm."""

import random
from collections.abc import Iterator
from typing import Any, Protocol, cast

from redis.exceptions import NoScriptError, ReadOnlyError, ResponseError

from cache_provider.errors import CacheError, CacheUnavailableError, WrongTypeError
from cache_provider.redis.connections import was_not_sent
from cache_provider.redis.failures import FOREIGN, translated
from cache_provider.redis.life import Life
from cache_provider.redis.natives import ASK, DeleteIfEqual
from cache_provider.redis.places import PoolPlaces
from cache_provider.redis.requests import (
    AllKeys,
    Argument,
    Batch,
    Command,
    Evaluation,
    ManyKeys,
    Program,
    Request,
    ScanStep,
    T,
    Trip,
)
from cache_provider.redis.scripts import REMOVE
from cache_provider.steps import Steps

ATTEMPTS = 3
"""How often a request is sent at most, where sending it again can do no harm."""


def pauses(attempts: int) -> Iterator[float]:
    """Yield the real seconds between attempts: doubling, with jitter so that clients do not march in step."""
    for number in range(attempts - 1):
        yield 0.02 * 2**number * (0.5 + random.random())  # noqa: S311 - jitter is not a secret


class Line(Protocol):
    """How requests reach a server; what its methods return may be awaitable."""

    is_cluster: bool
    life: Life
    places: PoolPlaces
    delete_if_equal: DeleteIfEqual
    is_ours: bool
    """Whether the client was made here; one that was handed in has its own retries, and is left open."""

    def execute(self, *words: Argument, **options: bool) -> Any:
        """Send a command that names its key, and return the answer, read as redis-py's options say."""
        ...

    def pipeline(self, commands: tuple[Command, ...], *, atomic: bool) -> Any:
        """Send several commands in one round trip; return their answers, errors among them."""
        ...

    def primaries(self) -> Any:
        """Return the names of a cluster's primaries."""
        ...

    def ask(self, node_name: str, *words: Argument) -> Any:
        """Send a command that names no key to one node of a cluster."""
        ...

    def reconnect(self) -> Any:
        """Have what is sent next go over a new connection."""
        ...

    def pause(self, seconds: float) -> Any:
        """Let real time pass."""
        ...


class Delivery:
    """Carries programs out over one line: what is sent, and what is sent again, in steps.

    Args:
        repeats_itself: Whether the client may send a command again unasked, as
            one that was handed in may.

    Attributes:
        repeats_itself: The same.
        life: The adapter's; nothing more is sent once it is over.
    """

    def __init__(self, *, repeats_itself: bool) -> None:
        self.repeats_itself = repeats_itself
        self.life = Life()

    def carry_out(self, line: Line, program: Program[T]) -> Steps[T]:
        """Run a program to its end; errors of the client reach it translated.

        Arguments are checked before the first request, and so before anybody
        learns that the adapter is closed.
        """
        try:
            request = next(program)
            while True:
                try:
                    self.life.require()
                    answer = yield from _send(line, request)
                except CacheError as error:
                    request = program.throw(error)
                else:
                    request = program.send(answer)
        except StopIteration as end:
            return cast("T", end.value)


def _send(line: Line, request: Request) -> Steps[Any]:
    if isinstance(request, ManyKeys):
        if not request.keys:
            return []
        request = request.each if line.is_cluster else request.whole
    answer = yield from _attempt(line, request)
    if isinstance(request, Batch):
        _raise_first_error(request, answer)
    return answer


def _raise_first_error(batch: Batch, answers: list[Any]) -> None:
    for command, answer in zip(batch.commands, answers, strict=True):
        if isinstance(answer, Exception):
            raise translated(answer, command.key) from answer


def _attempt(line: Line, request: Trip) -> Steps[Any]:
    # What succeeds at once, nearly everything, pays for no plan of pauses.
    try:
        return (yield from _in_its_place(line, request))
    except CacheError:
        line.life.require()
        raise
    except FOREIGN as error:
        failed = error
    return (yield from _attempt_again(line, request, failed))


def _attempt_again(line: Line, request: Trip, error: Exception) -> Steps[Any]:
    """Send again only what reads or what had no effect: it did not leave this process, or was refused."""
    for pause in pauses(attempts(request)):
        if not (yield from _may_go_again(line, request, error)):
            break
        yield line.pause(pause)
        line.life.require()
        try:
            return (yield from _in_its_place(line, request))
        except CacheError:
            line.life.require()
            raise
        except FOREIGN as another:
            error = another
    failure = yield from _failure(line, request, error)
    if is_passing(failure):
        # Whoever closes an adapter takes the connections from those who use them.
        line.life.require()
    raise failure from error


def _may_go_again(line: Line, request: Trip, error: Exception) -> Steps[bool]:
    if not line.is_ours:
        return False
    if is_from_a_replica(error):
        yield line.reconnect()
        return True
    return is_passing(translated(error, "")) and (was_not_sent(error) or is_repeatable(request))


def _in_its_place(line: Line, request: Trip) -> Steps[Any]:
    """Send a request when there is a place for it in the pool of connections."""
    places = line.places
    if not places.is_bounded:
        return (yield from _perform(line, request))
    if not places.take_free() and not (yield from places.take()):
        about = f"key {request.key!r}: " if isinstance(request, (Command, Evaluation)) and request.key else ""
        raise CacheUnavailableError(
            f"{about}all {places.limit} connections of the pool (max_connections) were in use "
            f"for {places.timeout:g} s (pool_timeout)"
        )
    try:
        return (yield from _perform(line, request))
    finally:
        places.give_back()


def _failure(line: Line, request: Trip, error: Exception) -> Steps[CacheError]:
    failure = translated(error, getattr(request, "key", ""))
    if isinstance(failure, WrongTypeError) and isinstance(request, (Command, Evaluation)):
        return (yield from _wrong_type(line, request))
    return failure


def _wrong_type(line: Line, request: Command | Evaluation) -> Steps[WrongTypeError]:
    """Ask for the type that was found, which the server's own message leaves out."""
    try:
        found = (yield line.execute("TYPE", request.full_key)).decode()
    except FOREIGN:
        found = "unknown"
    holds = _TYPES.get(found, "another type")
    return WrongTypeError(f"key {request.key!r} holds {holds}; this operation needs a {request.needs}")


_TYPES = {"string": "a value"} | {name: f"a {name}" for name in ("list", "hash", "set", "zset", "stream")}
"""How messages call what `TYPE` answers. It answers `none` of what is gone by then."""


def _perform(line: Line, request: Trip) -> Steps[Any]:
    match request:
        case Command(gets=True):
            return (yield line.execute(*request.arguments, get=True))
        case Command():
            return (yield line.execute(*request.arguments))
        case Evaluation():
            return (yield from _evaluate(line, request))
        case Batch():
            atomic = request.atomic and not line.is_cluster
            return (yield line.pipeline(request.commands, atomic=atomic)) if request.commands else []
        case ScanStep():
            return (yield from _scan(line, request))
        case AllKeys():
            return (yield from _keys(line, request))


def _evaluate(line: Line, evaluation: Evaluation) -> Steps[Any]:
    if evaluation.script is REMOVE and len(evaluation.arguments) == 1:
        return (yield from _remove(line, evaluation))
    return (yield from _run_script(line, evaluation))


def _remove(line: Line, evaluation: Evaluation) -> Steps[Any]:
    """Remove a key that holds a certain value, by a command where the server has one."""
    if not line.delete_if_equal.is_known:
        yield from _ask_for_natives(line)
    words = line.delete_if_equal.words(evaluation.full_key, evaluation.arguments[0])
    if words is None:
        return (yield from _run_script(line, evaluation))
    try:
        return (yield line.execute(*words))
    except ResponseError as error:
        # It had no effect. A key of another type holds no such value, as the script says too.
        if isinstance(translated(error, ""), CacheUnavailableError):
            raise
        if not isinstance(translated(error, ""), WrongTypeError):
            line.delete_if_equal.give_up()
    return (yield from _run_script(line, evaluation))


def _ask_for_natives(line: Line) -> Steps[None]:
    try:
        if line.is_cluster:
            answer = yield line.ask(min((yield line.primaries())), *ASK)
        else:
            answer = yield line.execute(*ASK)
        line.delete_if_equal.learn(answer)
    except ResponseError:
        line.delete_if_equal.give_up()


def _run_script(line: Line, evaluation: Evaluation) -> Steps[Any]:
    keys = (evaluation.full_key, *evaluation.beside)
    words = (len(keys), *keys, *evaluation.arguments)
    try:
        return (yield line.execute("EVALSHA", evaluation.script.sha, *words))
    except NoScriptError:
        # The server has not run anything, and knows the text from now on.
        return (yield line.execute("EVAL", evaluation.script.text, *words))


def _scan(line: Line, step: ScanStep) -> Steps[tuple[int, list[bytes]]]:
    """Scan the primaries one after another; the position holds the node's number and its cursor."""
    if not line.is_cluster:
        cursor, found = yield line.execute(*_scan_words(step, step.position))
        return int(cursor), found
    nodes = sorted((yield line.primaries()))
    cursor, number = divmod(step.position, len(nodes))
    cursor, found = yield line.ask(nodes[number], *_scan_words(step, cursor))
    if not cursor:
        number += 1
    return (0 if number == len(nodes) else cursor * len(nodes) + number), found


def _scan_words(step: ScanStep, cursor: int) -> tuple[Argument, ...]:
    return ("SCAN", cursor, "MATCH", step.pattern, "COUNT", step.count)


def _keys(line: Line, request: AllKeys) -> Steps[list[bytes]]:
    if not line.is_cluster:
        found: list[bytes] = yield line.execute("KEYS", request.pattern)
        return found
    found = []
    for node in (yield line.primaries()):
        found += yield line.ask(node, "KEYS", request.pattern)
    return found


def attempts(request: Trip) -> int:
    """Return how often a request may be sent at most."""
    return 1 if isinstance(request, Evaluation) and request.hurried else ATTEMPTS


def is_repeatable(request: Trip) -> bool:
    """Tell whether a request only reads, so that sending it twice can do no harm."""
    match request:
        case Command():
            return request.repeatable
        case Batch():
            return all(command.repeatable for command in request.commands)
        case Evaluation():
            return False
        case ScanStep() | AllKeys():
            return True


def is_from_a_replica(error: BaseException | None) -> bool:
    """Tell whether a write was refused because the primary is one no longer; it had no effect.

    Before Redis 7 the refusal stands inside that of a script, and redis-py makes
    one that comes from a primary of Sentinel's into a lost connection.
    """
    if error is None:
        return False
    refused = isinstance(error, ReadOnlyError) or "-READONLY " in str(error)
    return refused or isinstance(error.__context__, ReadOnlyError)


def is_passing(failure: CacheError) -> bool:
    """Tell whether a failure may be over in a moment."""
    return isinstance(failure, CacheUnavailableError)
