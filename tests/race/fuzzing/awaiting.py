"""What coroutines wait for each other by, as asyncio has it: who has to wait, and who is woken when."""

from collections import deque
from typing import Any, NamedTuple

from tests.race.fuzzing.programs import Pause


class Answer(NamedTuple):
    """What a call comes to that need not wait any more."""

    value: object = None


class Awaiting:
    """The primitives that the tasks of a program share.

    Attributes:
        woken: Tasks that go on once the running one waits, in this order, and what each then asks for.
    """

    def __init__(self) -> None:
        self.woken = deque[tuple[Any, Pause]]()
        self._free = {"mutex": 1, "permit": 2, "condition": 1}
        self._is_set = self._is_draining = False
        self._items: list[object] = []
        kinds = ("mutex", "permit", "condition", "event", "asleep", "full", "empty", "barrier", "early")
        self._queues: dict[str, deque[tuple[Any, Pause]]] = {kind: deque() for kind in kinds}

    def ask(self, task: Any, pause: Pause) -> Answer | None:
        """Return what a call comes to; None if the task has to wait."""
        answer: Answer | None = getattr(self, f"_{pause.call}")(task, pause)
        return answer

    def _acquire(self, task: Any, pause: Pause) -> Answer | None:
        if self._free[pause.kind]:
            self._free[pause.kind] -= 1
            return Answer()
        self._queues[pause.kind].append((task, Pause(pause.kind, "has")))
        return None

    def _has(self, *_: object) -> Answer:
        """Go on with what was handed over."""
        return Answer()

    def _release(self, _: Any, pause: Pause) -> Answer:
        if not self._wake(pause.kind):
            self._free[pause.kind] += 1
        return Answer()

    def _wake(self, queue: str) -> bool:
        waiting = self._queues[queue]
        if waiting:
            self.woken.append(waiting.popleft())
            return True
        return False

    def _wait(self, task: Any, _: Pause) -> Answer | None:
        if self._is_set:
            return Answer()
        self._queues["event"].append((task, Pause("event", "has")))
        return None

    def _set(self, *_: object) -> Answer:
        self._is_set = True
        while self._wake("event"):
            pass
        return Answer()

    def _sleep(self, task: Any, pause: Pause) -> None:
        self._release(task, pause)
        # Who is notified has to take the lock again, behind all who wait for it by then.
        self._queues["asleep"].append((task, Pause("condition", "acquire")))

    def _notify(self, *_: object) -> Answer:
        self._wake("asleep")
        return Answer()

    def _put(self, task: Any, pause: Pause) -> Answer | None:
        if self._items:
            self._queues["full"].append((task, pause))
            return None
        self._items.append(pause.value)
        self._wake("empty")
        return Answer()

    def _get(self, task: Any, pause: Pause) -> Answer | None:
        if not self._items:
            self._queues["empty"].append((task, pause))
            return None
        self._wake("full")
        return Answer(self._items.pop())

    def _meet(self, task: Any, pause: Pause) -> Answer | None:
        if self._is_draining:
            self._queues["early"].append((task, pause))
            return None
        if self._wake("barrier"):
            self._is_draining = True
            return Answer(1)
        self._queues["barrier"].append((task, Pause("barrier", "leave")))
        return None

    def _leave(self, *_: object) -> Answer:
        """Go on as the one who came first; those who are there for the next time may then come in."""
        self._is_draining = False
        while self._wake("early"):
            pass
        return Answer(0)
