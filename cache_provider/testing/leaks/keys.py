"""What is known of the keys that were written: whether they will ever expire."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from cache_provider.arguments import duration_ms, moment_ms
from cache_provider.errors import CacheError
from cache_provider.testing.leaks.leak import KeyPlace, Leak, LeakKind, answer, key_place, may_ask
from cache_provider.testing.leaks.stories import KEY_STORIES
from cache_provider.testing.seam.operation import PARAMETERS, Operation


# Not frozen: that would make one in twice the time.
@dataclass(slots=True)
class Written:
    """A key as the last write left it.

    Attributes:
        operation: The write.
        key: The key.
        called: The operation whose line is to be shown: this write, or the one that dropped the ttl.
        at_ms: When, on the cache's clock.
        deadline_ms: When the key expires; None if never.
        kind: The leak that it is if it stays; None if it is none.
        fields: The fields of a hash.
    """

    operation: Operation
    key: str
    called: Operation
    at_ms: int
    deadline_ms: int | None
    kind: LeakKind | None
    fields: frozenset[str] = field(default=frozenset())

    def is_live(self, now_ms: int) -> bool:
        """Tell whether the key has not expired."""
        return self.deadline_ms is None or now_ms < self.deadline_ms

    def still_leaks(self) -> bool:
        """Ask the store whether the key is there without a ttl, if it can be asked; else take it to be."""
        try:
            return not may_ask(self.operation) or answer(self.operation.provider.ttl(self.key)) is None
        except CacheError:  # closed, or not reachable any more
            return True

    def leak(self, kind: LeakKind, now_ms: int) -> Leak:
        """Return the leak that this is."""
        age = timedelta(milliseconds=now_ms - self.at_ms)
        return Leak(kind, self.key, self.called.site, age, KEY_STORIES[kind].format(key=self.key))


class WrittenKeys:
    """The keys that were written, as far as the seam saw it; not thread-safe."""

    def __init__(self) -> None:
        self._written: dict[KeyPlace, Written] = {}

    def note(self, operation: Operation) -> None:
        """Remember what an operation that succeeded did to its keys."""
        if operation.lock is not None or not operation.effect.happened(operation.result):
            return
        if operation.key is not None:
            self._note(operation, operation.key, key_place(operation, operation.key))
            return
        if not operation.names_keys:
            self._flush(operation)
        for key in operation.keys:
            self._note(operation, key, key_place(operation, key))

    def suspects(self) -> list[Written]:
        """Return what is known of each key."""
        return list(self._written.values())

    def _note(self, operation: Operation, key: str, place: KeyPlace) -> None:
        effect = operation.effect
        if operation.name == "hdel":
            self._remove_fields(operation, place)
        elif effect.removes:
            self._forget(place)
        elif effect.ttl == "changed":
            self._redate(operation, place)
        elif operation.keeps_ttl:
            self._update(operation, key, place)
        else:
            self._replace(operation, key, place)

    def _live(self, operation: Operation, place: KeyPlace) -> Written | None:
        written = self._written.get(place)
        return written if written is not None and written.is_live(operation.ended_ms) else None

    def _replace(self, operation: Operation, key: str, place: KeyPlace) -> None:
        before = self._live(operation, place)
        called, now, deadline = operation, operation.ended_ms, self._deadline(operation)
        kind: LeakKind | None = None if deadline is not None else "no ttl"
        if kind and before is not None:
            kind = "lost ttl" if before.deadline_ms is not None else (before.kind or kind)
            if before.kind == "lost ttl":
                # The write that dropped it is the one to look at.
                called, now = before.called, before.at_ms
        self._written[place] = Written(operation, key, called, now, deadline, kind)

    def _update(self, operation: Operation, key: str, place: KeyPlace) -> None:
        written = self._live(operation, place)
        if written is None:
            self._replace(operation, key, place)
            written = self._written[place]
        if operation.name == "hset":
            written = replace(written, fields=written.fields | {operation.argument("field")})
        self._written[place] = written

    def _redate(self, operation: Operation, place: KeyPlace) -> None:
        written = self._live(operation, place)
        if written is None:
            return
        deadline = self._deadline(operation) if "ttl" in PARAMETERS[operation.name] else _moment(operation)
        # Without a deadline from here on because somebody asked for it: no leak.
        self._written[place] = replace(written, deadline_ms=deadline, kind=None)

    def _remove_fields(self, operation: Operation, place: KeyPlace) -> None:
        written = self._live(operation, place)
        if written is None:
            return
        fields = written.fields.difference(operation.argument("fields"))
        if fields:
            self._written[place] = replace(written, fields=fields)
        else:
            self._forget(place)

    def _forget(self, place: KeyPlace) -> None:
        self._written.pop(place, None)

    def _flush(self, operation: Operation) -> None:
        store, prefix = key_place(operation, "")
        self._written = {
            place: written
            for place, written in self._written.items()
            if place[0] != store or not place[1].startswith(prefix)
        }

    def _deadline(self, operation: Operation) -> int | None:
        if operation.options.get("keep_ttl"):
            return None
        ttl = operation.argument("ttl")
        milliseconds = operation.provider.default_ttl_ms if ttl is None else duration_ms("ttl", ttl)
        return None if milliseconds is None else operation.ended_ms + milliseconds


def _moment(operation: Operation) -> int | None:
    when = operation.argument("when")
    return None if when is None else moment_ms("when", when)


def judge(suspects: Iterable[Written], now_ms: int) -> list[Leak]:
    """Return the keys that will never expire, though nobody asked for that."""
    return [
        written.leak(written.kind, now_ms)
        for written in suspects
        if written.kind is not None and written.still_leaks()
    ]
