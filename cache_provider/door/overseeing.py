"""Sessions whose commands somebody looks at."""

from collections import deque

from cache_provider.door.core import Core
from cache_provider.door.dispatcher import execute
from cache_provider.door.lookup import row_of
from cache_provider.door.mishaps import ConnectionLostError
from cache_provider.door.overseer import Overseer, Passing
from cache_provider.door.replies import Refusal, Reply
from cache_provider.door.session import BlockingWait, Request, Session
from cache_provider.door.table import CommandRow
from cache_provider.steps import Steps
from cache_provider.waiting import Patience

_SEEN_OF_CONNECTIONS = frozenset({"PING", "ECHO"})
_SEEN_IN_TRANSACTIONS = frozenset({"EXEC", "DISCARD"})

_SERVED = object()
"""What the steps of a blocked command yield until there is a reply to send back into them."""


class Overseen(Session):
    """A session whose commands are shown to an overseer; before another class of session among the bases."""

    is_overseen = True
    core: Core
    overseer: Overseer
    is_async: bool
    patience: Patience | None
    is_late: bool

    def oversee(self, overseer: Overseer, *, is_async: bool) -> None:
        """Have commands shown from the first on."""
        self.overseer = overseer
        self.is_async = is_async
        self.patience = None
        self.is_late = False
        self._blocked: Steps[Reply] | None = None
        self._served: deque[Reply] = deque()

    def served(self, reply: Reply) -> None:
        self.wait = None
        self._served.append(reply)
        self.resume()

    def attend(self, request: Request) -> Steps[None]:
        """Run a request, or begin to if it has to wait."""
        row = row_of(self.core, request)
        if self._is_shown(row, request):
            passing = Passing(self.core.server, self, row, request, is_async=self.is_async)
            steps = self.overseer.steps(passing, lambda: self._have_effect(request))
            return self._go_on(steps, None)
        return self._run_unseen(request)

    def _run_unseen(self, request: Request) -> Steps[None]:
        self.answer(execute(self.core, self, request))
        yield from ()

    def _is_shown(self, row: CommandRow | None, request: Request) -> bool:
        if row is None:
            # redis-py tells of itself by a CLIENT … that Redis 7.0 does not know.
            return self.queued is None and request[0].upper() != b"CLIENT"
        if self.queued is not None:
            return row.name in _SEEN_IN_TRANSACTIONS
        return row.name != "MULTI" and (row.family != "connection" or row.name in _SEEN_OF_CONNECTIONS)

    def _have_effect(self, request: Request) -> Steps[Reply]:
        reply = execute(self.core, self, request)
        if type(reply) is BlockingWait:
            reply = yield _SERVED if self.wait is None else self._began(reply)
        if type(reply) is Refusal:
            raise reply
        return reply

    def _began(self, wait: BlockingWait) -> object:
        self.patience = Patience(self.core.clock, wait.timeout_ms)
        return _SERVED

    def _give_up_transaction(self) -> None:
        if self.queued is not None:
            # An EXEC that is refused has ended its transaction all the same.
            execute(self.core, self, [b"DISCARD"])

    def unblock(self) -> Steps[None]:
        """Go on with a command that was blocked, if it has been served."""
        steps = self._blocked
        if steps is not None and self._served:
            self._blocked = None
            yield from self._go_on(steps, self._served.popleft())

    @property
    def is_served(self) -> bool:
        """Whether there is a reply to a command that was blocked."""
        return bool(self._served)

    @property
    def is_blocked(self) -> bool:
        """Whether a command has not come to its end."""
        return self._blocked is not None

    def _go_on(self, steps: Steps[Reply], value: Reply) -> Steps[None]:
        try:
            step = steps.send(value)
            while step is not _SERVED:
                try:
                    value = yield step
                except BaseException as error:  # noqa: BLE001 - the steps decide what to do about it
                    step = steps.throw(error)
                else:
                    step = steps.send(value)
            self._blocked = steps
        except StopIteration as end:
            self.answer(end.value)
        except Refusal as refusal:
            self._give_up_transaction()
            self.answer(refusal)
        except ConnectionLostError as lost:
            self.is_late = lost.timed_out
            self.is_closed = True
            self.hang_up()
