"""The synchronous driver: sends what a program asks for, and waits for the answer."""

import random
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any, cast

from redis.exceptions import NoScriptError

from cache_provider.errors import CacheClosedError, CacheError, CacheUnavailableError, WrongTypeError
from cache_provider.redis.clients import Client, cluster_of, was_not_sent
from cache_provider.redis.failures import FOREIGN, translated
from cache_provider.redis.requests import (
    AllKeys,
    Batch,
    Command,
    Evaluation,
    Program,
    Request,
    ScanStep,
    T,
)

ATTEMPTS = 3
"""How often a request is sent at the most, where sending it again can do no harm."""


def pauses(attempts: int) -> Iterator[float]:
    """Yield the real seconds between attempts: doubling, with jitter so that clients do not march in step."""
    for number in range(attempts - 1):
        yield 0.02 * 2**number * (0.5 + random.random())  # noqa: S311 - jitter is no secret


class Driver:
    """Runs programs on one client."""

    def __init__(self, client: Client) -> None:
        self.client: Client = client
        self._cluster = cluster_of(client)
        self._closed: str | None = None

    def close(self, story: str) -> None:
        """Refuse every further program with `story`."""
        self._closed = story

    def require_open(self) -> None:
        """Raise `CacheClosedError` once closed."""
        if self._closed is not None:
            raise CacheClosedError(self._closed)

    def run(self, program: Program[T]) -> T:
        """Run a program to its end; errors of the client reach it translated.

        Arguments are checked before the first request, and so before anybody
        learns that the adapter is closed.
        """
        try:
            request = next(program)
            self.require_open()
            while True:
                try:
                    answer = self._send(request)
                except CacheError as error:
                    request = program.throw(error)
                else:
                    request = program.send(answer)
        except StopIteration as end:
            return cast("T", end.value)

    def _send(self, request: Request) -> Any:
        match request:
            case Command():
                return self._attempt(request, lambda: self.client.execute_command(*request.arguments))
            case Evaluation():
                return self._attempt(request, lambda: self._evaluate(request))
            case Batch():
                return self._send_batch(request)
            case ScanStep():
                return self._attempt(request, lambda: self._scan(request))
            case AllKeys():
                return self._attempt(request, lambda: self._keys(request))

    def _attempt(self, request: Request, send: Callable[[], Any]) -> Any:
        """Send, and send again only what reads or what did not leave this process."""
        repeatable = is_repeatable(request)
        left = pauses(ATTEMPTS)
        while True:
            try:
                return send()
            except FOREIGN as error:
                failure = translated(error, getattr(request, "key", ""))
                if isinstance(failure, WrongTypeError) and isinstance(request, (Command, Evaluation)):
                    raise self._wrong_type(request) from error
                pause = next(left, None)
                if pause is None or not is_passing(failure) or not (repeatable or was_not_sent(error)):
                    raise failure from error
            Event().wait(pause)

    def _wrong_type(self, request: Command | Evaluation) -> WrongTypeError:
        """Ask for the type that was found, which the server's own message leaves out."""
        try:
            found = self.client.execute_command("TYPE", request.full_key).decode()
        except FOREIGN:
            found = "another type"
        found = {"string": "value"}.get(found, found)
        return WrongTypeError(f"key {request.key!r} holds a {found}; this operation needs a {request.needs}")

    def _evaluate(self, evaluation: Evaluation) -> Any:
        words = (1, evaluation.full_key, *evaluation.arguments)
        try:
            return self.client.execute_command("EVALSHA", evaluation.script.sha, *words)
        except NoScriptError:
            # The server has not run anything, and knows the text from now on.
            return self.client.execute_command("EVAL", evaluation.script.text, *words)

    def _send_batch(self, batch: Batch) -> Any:
        if not batch.commands:
            return []
        if batch.whole is not None and self._cluster is None:
            return self._send(batch.whole)
        answers = self._attempt(batch, lambda: self._pipeline(batch))
        for command, answer in zip(batch.commands, answers, strict=True):
            if isinstance(answer, Exception):
                raise translated(answer, command.key) from answer
        return answers

    def _pipeline(self, batch: Batch) -> list[Any]:
        atomic = batch.atomic and self._cluster is None
        with self.client.pipeline(transaction=atomic) as pipeline:
            for command in batch.commands:
                pipeline.execute_command(*command.arguments)
            return pipeline.execute(raise_on_error=False)

    def _scan(self, step: ScanStep) -> tuple[int, list[bytes]]:
        """Scan the primaries one after another; the position holds the node's number and its cursor."""
        nodes = self._primaries()
        cursor, number = divmod(step.position, len(nodes))
        words = ("SCAN", cursor, "MATCH", step.pattern, "COUNT", step.count)
        cursor, found = self._ask(nodes[number], *words)
        if not cursor:
            number += 1
        return (0 if number == len(nodes) else cursor * len(nodes) + number), found

    def _keys(self, request: AllKeys) -> list[bytes]:
        return [key for node in self._primaries() for key in self._ask(node, "KEYS", request.pattern)]

    def _primaries(self) -> list[str | None]:
        """Return the names of the primaries in an order that stays; None stands for the one node."""
        if self._cluster is None:
            return [None]
        return sorted(node.name for node in self._cluster.get_primaries())

    def _ask(self, node_name: str | None, *words: bytes | str | int) -> Any:
        """Send a command that names no key to one node."""
        if self._cluster is None:
            return self.client.execute_command(*words)
        node = self._cluster.get_node(node_name=node_name)
        return self._cluster.get_redis_connection(node).execute_command(*words)


def is_repeatable(request: Request) -> bool:
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


def is_passing(failure: CacheError) -> bool:
    """Tell whether a failure may be over in a moment."""
    return isinstance(failure, CacheUnavailableError)
