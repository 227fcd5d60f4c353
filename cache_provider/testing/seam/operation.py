"""What passes through the seam: operations, and the interceptors that look at them."""

from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, Protocol, TypeAlias, cast

from cache_provider.aio.interface import AnyProvider, AsyncCacheProviderInterface
from cache_provider.aio.lock import AnyLock
from cache_provider.arguments import Ttl
from cache_provider.clock import Clock
from cache_provider.interface.lock import DistributedLock
from cache_provider.interface.provider import CacheProviderInterface
from cache_provider.steps import Steps
from cache_provider.testing.seam.effects import EFFECTS, Effect
from cache_provider.testing.seam.keeping import Keeper, kept
from cache_provider.testing.seam.sites import Site, site_at, users_frame
from cache_provider.threads import Thread

_VARIADIC = 0x04  # inspect.CO_VARARGS, and `inspect` takes a fifth of the package's start


def _parameters(name: str) -> tuple[str, ...]:
    kind, _, method = name.rpartition(".")
    code = getattr(DistributedLock if kind else CacheProviderInterface, method).__code__
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & _VARIADIC)
    return tuple(code.co_varnames[1:count])


PARAMETERS = {name: _parameters(name) for name in EFFECTS}
"""How the parameters of each operation are named, in their order."""


class Operation:
    """One primitive operation: on its way to a provider, or in a record.

    The maker sets its attributes, those that differ from what stands
    here: an `__init__`, which Python calls from C, would take as long as all of
    the recording. What can be found out of them later is found out when
    somebody asks: most operations of a test are never looked at.

    Attributes:
        name: The method's name; for locks `"lock.acquire"`, `"lock.release"`, ...
        provider: The provider that it is on its way to.
        given: The arguments that it was called with, by their places.
        options: Those that are only given by name.
        code: The code of the caller's line; None where no code is the user's.
        offset: Where in it.
        lock: The provider's own handle, where it is an operation of a lock.
        lease: The lease that the handle was made with.
        patience: How long the handle waits where `acquire` does not say; None without end.
        claimant: The thread that claims through the handle, or None if the handle has a single claim.
        at_ns: In a record: when it began, on the cache's clock, in nanoseconds; `at_ms` divides when asked.
        duration_ms: In a record: how long it took on that clock; None while it runs.
        is_command: Whether it is a command at the Redis door.
        patience_ms: How long its caller waits for the answer, where somebody knows.
        is_timed: Whether all who let time pass on its way say so by `time_passed`.
        result: In a record: what it returned, as `kept` needs it.
        error: In a record: what it raised.
    """

    # What every operation has is set faster in slots; the rest is on few of them.
    __slots__ = (
        "__dict__",
        "at_ns",
        "code",
        "duration_ms",
        "given",
        "name",
        "offset",
        "options",
        "provider",
        "result",
    )

    name: str
    provider: AnyProvider
    given: tuple[Any, ...]
    options: dict[str, Any]
    code: CodeType | None
    offset: int
    at_ns: int
    duration_ms: int | None
    result: Any
    error: BaseException | None = None
    lock: AnyLock | None = None
    lease: Ttl | None = None
    patience: Ttl | None = None
    claimant: Thread | None = None
    is_timed: bool = False
    is_command: bool = False
    patience_ms: int | None = None
    _keys: list[str] | None = None
    _moment: int | None = None

    def __repr__(self) -> str:
        return f"<Operation {self.name} {self.keys}>"

    @property
    def clock(self) -> Clock:
        """What its store lives by."""
        return self.provider.clock

    @property
    def is_async(self) -> bool:
        """Whether its caller awaits, so code that lets it wait has to yield an awaitable."""
        return isinstance(self.provider, AsyncCacheProviderInterface)

    @property
    def effect(self) -> Effect:
        """What it does to its keys."""
        return EFFECTS[self.name]

    @property
    def arguments(self) -> dict[str, Any]:
        """What it was called with, by parameter name, defaults included; of a record, copies."""
        names = PARAMETERS[self.name]
        return {
            name: kept(form) for name, form in zip(names, (*self.given, *self.options.values()), strict=True)
        }

    def argument(self, name: str) -> Any:
        """Return one argument; None where it has no such parameter."""
        if name in self.options:
            return kept(self.options[name])
        names = PARAMETERS[self.name]
        return kept(self.given[names.index(name)]) if name in names else None

    @property
    def key(self) -> str | None:
        """The caller's key, or a lock's name; None where an operation has no single key."""
        if self.lock is not None:
            return self.lock.name
        return self.given[0] if self._has_one_key else None

    @property
    def _has_one_key(self) -> bool:
        return PARAMETERS[self.name][:1] == ("key",)

    @property
    def site(self) -> Site:
        """The line of the user's code that called it."""
        return site_at(self.code, self.offset)

    def locate(self, frame: FrameType | None) -> None:
        """Note which line of the user's code called it."""
        frame = users_frame(frame)
        self.code, self.offset = (None, 0) if frame is None else (frame.f_code, frame.f_lasti)

    def seen(self, keeper: Keeper) -> "Operation":
        """Return a record of it as it is now."""
        record = Operation()
        record.provider = self.provider
        return self._recorded(record, keeper)

    def _recorded(self, record: "Operation", keeper: Keeper) -> "Operation":
        record.name = self.name
        record.given, record.options = self.given, self.options
        record.code, record.offset = self.code, self.offset
        record.result = record.duration_ms = None
        record.__dict__ = self.__dict__.copy()
        record.keep(keeper)
        return record

    def keep_result(self, keeper: Keeper, result: Any) -> None:
        """Keep what it returned, whatever becomes of that."""
        self.result = keeper.keep(result)

    @property
    def outcome(self) -> Any:
        """What it returned, of a record; None as well while it runs and if it raised."""
        return kept(self.result)

    def keep(self, keeper: Keeper) -> None:
        """Keep what it was called with, whatever becomes of that."""
        self._keys = self.keys
        self.given = tuple(map(keeper.keep, self.given))
        self.options = {name: keeper.keep(value) for name, value in self.options.items()}

    @property
    def parts(self) -> "tuple[Operation, ...]":
        """Of a transaction at the Redis door, its commands."""
        return ()

    def told_parts(self) -> "tuple[Operation, ...]":
        """Return the commands of a transaction as records of their own."""
        return self.parts

    @property
    def at_ms(self) -> int:
        """Of a record, when it began, on the cache's clock."""
        return self.at_ns // 1_000_000

    @at_ms.setter
    def at_ms(self, at_ms: int) -> None:
        self.at_ns = at_ms * 1_000_000

    @property
    def ended_ms(self) -> int:
        """Of a record, when it ended, on the cache's clock."""
        return self.at_ms + (self.duration_ms or 0)

    def now_ms(self) -> int:
        """Return the time on the cache's clock, read once for as long as none is known to have passed.

        A reading takes time, and moves a clock that ticks when it is read.
        """
        if self._moment is None or not self.is_timed:
            self._moment = self.clock.now_ms()
        return self._moment

    def time_passed(self) -> None:
        """Say that time may have passed: the clock is read again when next somebody asks."""
        self._moment = None

    @property
    def keeps_ttl(self) -> bool:
        """Whether a key that was there has the same deadline afterwards."""
        ttl = self.effect.ttl
        if ttl == "replaced":
            return bool(self.options.get("keep_ttl"))
        return ttl == "kept" or (ttl == "kept unless given" and self.argument("ttl") is None)

    @property
    def may_wait(self) -> bool:
        """Whether it may wait for others."""
        return self.effect.waits and bool(self.argument("blocking"))

    @property
    def is_of_lock(self) -> bool:
        """Whether it is an operation of a lock."""
        return self.lock is not None

    @property
    def takes_lock(self) -> bool:
        """Whether it is there to acquire a lock."""
        return self.name == "lock.acquire"

    @property
    def gives_lock(self) -> bool:
        """Whether it is there to release a lock."""
        return self.name == "lock.release"

    @property
    def names_keys(self) -> bool:
        """Whether it is about keys that it names, and not about all that a pattern or the prefix covers."""
        return not {"key", "keys", "mapping"}.isdisjoint(PARAMETERS[self.name])

    @property
    def keys(self) -> list[str]:
        """All keys that the operation names; none for one that goes by a pattern."""
        if self._keys is not None:
            return self._keys
        if self._has_one_key or self.lock is not None:
            # Whatever was given, None too: the provider refuses what is not a key.
            return [cast("str", self.key)]
        return list(self.given[0]) if self.names_keys else []


Proceed: TypeAlias = Callable[[], Steps[Any]]
"""Lets an operation go on to the next, and at last to the provider: `result = yield from proceed()`."""


class Interceptor(Protocol):
    """Looks at each operation, and may do something before it, after it or instead of it.

    Written as steps, the same code serves threads and coroutines: anything it yields
    is awaited if it can be.
    """

    def __call__(self, operation: Operation, proceed: Proceed) -> Steps[Any]:
        """Return the operation's result, or raise its error."""
        ...


def is_holding(lock: AnyLock) -> Steps[bool]:
    """Tell whether a lock is held through this handle, by whichever thread."""
    if (yield lock.owned()):
        return True
    holder = yield lock.holder()
    return holder is not None and lock.made(holder)


def proceed_unheard(operation: Operation, proceed: Proceed) -> Steps[Any]:
    """Let `operation` take effect in such a way that its caller's handle on a lock does not learn of it.

    The handle knows what it sent, and has to ask what came of it.
    """
    result = yield from proceed()
    has_changed = operation.name == "lock.release" or (operation.name == "lock.acquire" and result)
    if operation.lock is not None and has_changed:
        operation.lock.doubt()
    return result
