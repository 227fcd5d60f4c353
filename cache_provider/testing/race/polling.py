"""Tasks that ask the cache the same again and again until somebody changes the answer."""

from cache_provider.memory.keyspace import Keyspace
from cache_provider.testing.race.errors import Learned
from cache_provider.testing.race.footprints import full_keys_of
from cache_provider.testing.race.lessons import Lessons, Question
from cache_provider.testing.race.pictures import Picture, live_picture_of
from cache_provider.testing.race.tasks import Task
from cache_provider.testing.seam import Operation

_OFTEN = 3
"""How many times somebody who polls has asked at the least while nothing changed."""


class PollWait:
    """Waits until what was asked would be answered in another way.

    Args:
        polling: Knows the store.
        operation: What is to be asked again.
        seen: What the store held when it was asked before.
        full_keys: The keys that matter; None for all.

    Attributes:
        until_ms: None: time alone ends nothing; a key that expires does.
    """

    until_ms: int | None = None

    def __init__(
        self, polling: "Polling", operation: Operation, seen: Picture, full_keys: frozenset[str] | None
    ) -> None:
        self._polling = polling
        self._operation = operation
        self._seen = seen
        self._full_keys = full_keys

    def is_over(self, now_ms: int) -> bool:
        """Tell whether one of the keys has changed."""
        return self._polling.picture(self._full_keys, now_ms) != self._seen

    def __str__(self) -> str:
        return f"another answer to {self._operation.name} {self._operation.key or ''}".rstrip()


class _Calm:
    """A while in which a task asks, and nothing changes."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.asked: dict[Question, int] = {}


class Polling:
    """Who polls in a schedule.

    Args:
        keyspace: What is asked.
        lessons: What is known of the scenario's tasks.
        most_steps: How long a schedule may be.
    """

    def __init__(self, keyspace: Keyspace, lessons: Lessons, most_steps: int) -> None:
        self._keyspace = keyspace
        self._lessons = lessons
        self._patience = min(24, most_steps // 4)
        self._enough = min(40, most_steps // 2)
        self._calm: dict[int, _Calm] = {}
        self._answered: dict[tuple[int, Question], Picture] = {}

    def picture(self, full_keys: frozenset[str] | None, now_ms: int) -> Picture:
        """Return what the live ones of some keys hold, None for all keys."""
        return live_picture_of(self._keyspace, full_keys, now_ms)

    def wait(self, task: Task, operation: Operation, now_ms: int) -> PollWait | None:
        """Return the wait of a task that is about to ask again though nothing has changed since."""
        if not self._lessons.polled:
            return None
        question = _question(task, operation)
        seen = self._answered.get((task.number, question))
        if seen is None:
            return None
        full_keys = self._that_matter(task)
        if self.picture(full_keys, now_ms) != seen:
            return None
        return PollWait(self, operation, seen, full_keys)

    def notice(self, task: Task, operation: Operation, now_ms: int) -> None:
        """Note that a task asks.

        Raises:
            Learned: It is seen to poll, which was not known before.
        """
        if self._lessons.polled:
            question = _question(task, operation)
            if question in self._lessons.polled:
                self._answered[task.number, question] = self.picture(self._that_matter(task), now_ms)
        if task.steps >= self._patience:
            self._look_closer(task, operation, now_ms)

    def _look_closer(self, task: Task, operation: Operation, now_ms: int) -> None:
        picture = self.picture(None, now_ms)
        calm = self._calm.get(task.number)
        if calm is None or calm.picture != picture:
            calm = self._calm[task.number] = _Calm(picture)
        question = _question(task, operation)
        calm.asked[question] = calm.asked.get(question, 0) + 1
        if sum(calm.asked.values()) < self._enough:
            return
        polled = {question for question, times in calm.asked.items() if times >= _OFTEN}
        if polled - self._lessons.polled:
            self._lessons.polled |= polled
            raise Learned

    def _that_matter(self, task: Task) -> frozenset[str] | None:
        """Return the full keys of all that a task polls, None for every key."""
        keys = [question[2] for question in self._lessons.polled if question[0] == task.name]
        return None if () in keys else frozenset(key for some in keys for key in some)


def _question(task: Task, operation: Operation) -> Question:
    return task.name, operation.name, full_keys_of(operation), repr(operation.arguments)
