"""Random programs of a few tasks, and what each of their actions does."""

from asyncio import CancelledError
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, NamedTuple, TypeAlias

from cache_provider import CacheTimeoutError, CacheUnavailableError, LockNotOwnedError

Kind: TypeAlias = Literal[
    "plain", "shared", "order", "moving", "losing", "faulty", "timed", "waiting", "cancelled", "guarded"
]
"""What a program is about: nothing special, a variable that tasks share, the order of keys, a clock that
tasks move, leases that are lost, faults, time that passes, primitives of asyncio, cancellations, and
primitives of threads."""

KINDS: tuple[Kind, ...] = (
    "plain",
    "shared",
    "order",
    "moving",
    "losing",
    "faulty",
    "timed",
    "waiting",
    "cancelled",
    "guarded",
)

Action: TypeAlias = tuple[Any, ...]
Program: TypeAlias = tuple[tuple[Action, ...], ...]

_COMMON = ("get", "set", "incr", "setnx", "delete", "exists", "push", "mget")
_SPECIAL: dict[Kind, tuple[str, ...]] = {
    "plain": ("hold", "try"),
    "shared": ("raise flag", "if flag", "see flag", "raise flag", "if flag"),
    "order": ("keys", "scan", "page", "keys"),
    "moving": ("advance", "advance", "ttl", "brief", "brief"),
    "losing": ("claim", "claim", "owned", "keep", "hold"),
    "faulty": ("hold", "keep", "try"),
    "timed": ("brief", "patient", "hold", "ttl", "keep"),
    "waiting": ("mutex", "permit", "await event", "set event", "drowse", "rouse", "send", "receive", "meet"),
    "cancelled": ("hold", "try", "hold"),
    "guarded": ("guard", "guard", "pass", "fire", "await", "put", "take", "sleep", "notify", "look"),
}
_USE_NO_CACHE = {
    "raise flag",
    "see flag",
    "if flag",
    "advance",
    "await event",
    "set event",
    "mutex",
    "permit",
    "drowse",
    "rouse",
    "send",
    "receive",
    "meet",
    "guard",
    "pass",
    "fire",
    "await",
    "put",
    "take",
    "sleep",
    "notify",
    "look",
}
FAULTY = {"incr", "set", "lock.acquire"}
"""The operations that the fault of a faulty program strikes."""


def random_program(random: Random, kind: Kind) -> Program:
    """Return two or three short tasks."""
    lengths = random.choice([(1, 1), (1, 1), (1, 1), (2, 1), (2, 1), (2, 2), (1, 1, 1)])
    tasks = [_random_task(random, kind, length) for length in lengths]
    for number, task in enumerate(tasks.copy()):
        # A program that waits for ever shows little.
        partners = tuple(_partner(random, action) for action in task if action[0] in _PARTNERS)
        tasks[number - 1] += partners
    return tuple(tasks)


_PARTNERS = {
    "await event": "set event",
    "receive": "send",
    "drowse": "rouse",
    "meet": "meet",
    "await": "fire",
    "take": "put",
    "sleep": "notify",
}
"""What ends which wait."""


def _partner(random: Random, action: Action) -> Action:
    name = _PARTNERS[action[0]]
    return (name, action[1], _random_simple(random)) if name == "rouse" else (name, action[1])


def _random_task(random: Random, kind: Kind, length: int) -> tuple[Action, ...]:
    actions = tuple(_random_action(random, kind) for _ in range(length))
    # The explorer refuses a task that never uses the cache.
    uses_cache = any(action[0] not in _USE_NO_CACHE for action in actions)
    return actions if uses_cache else (*actions, ("get", "a"))


def _random_action(random: Random, kind: Kind) -> Action:
    names = _COMMON if random.random() < 0.5 else _SPECIAL[kind]
    name = random.choice(names)
    inner = (
        (_random_simple(random),)
        if name in {"hold", "mutex", "permit", "rouse", "if flag", "patient", "guard", "pass"}
        else ()
    )
    return (name, "a" if name == "claim" else random.choice("ab"), *inner)


def _random_simple(random: Random) -> Action:
    return (random.choice(_COMMON), random.choice("ab"))


class Step(NamedTuple):
    """An operation on the cache, which a task is to stop before.

    Attributes:
        name: Its name.
        call: Makes it.
        lock: The handle, where it claims a lock and may wait for it.
        patience: For how many seconds it waits; None: for ever.
    """

    name: str
    call: Callable[[], Any]
    lock: Any = None
    patience: int | None = None


class Pause(NamedTuple):
    """A call of something that coroutines wait for each other by; no other task goes on unless it waits.

    Attributes:
        kind: `"mutex"`, `"permit"`, `"event"`, `"condition"`, `"queue"` or `"barrier"`.
        call: What is asked of it.
        value: What is put into a queue.
    """

    kind: str
    call: str
    value: object = None


class Turn(NamedTuple):
    """A call of something that threads wait for each other by, which a task is to stop before.

    Attributes:
        of: `"lock"`, `"permit"`, `"event"`, `"queue"` or `"condition"`.
        name: The method.
        value: What is put into a queue.
    """

    of: str
    name: str
    value: object = None


@dataclass
class World:
    """What the tasks of a program use.

    Attributes:
        cache: The cache, synchronous or not.
        clock: Its clock.
        flag: A variable that tasks share.
        has_roused: What those wait for who sleep at the condition.
    """

    cache: Any
    clock: Any
    flag: bool = False
    has_roused: bool = False
    logs: list[list[object]] = field(default_factory=list[list[object]])


Steps: TypeAlias = Generator[Step | Pause | Turn, Any, None]


def perform(world: World, task: int, actions: tuple[Action, ...]) -> Steps:
    """Do what a task does, stopping before every step; note what each comes to."""
    log = world.logs[task]
    for number, action in enumerate(actions):
        yield from _perform(world, action, log, f"{task}.{number}")


def _perform(world: World, action: Action, log: list[object], mark: str) -> Steps:
    name, key, *inner = action
    if name == "raise flag":
        world.flag = True
    elif name == "see flag":
        log.append(world.flag)
    elif name == "if flag":
        if world.flag:
            yield from _perform(world, inner[0], log, mark)
    elif name == "advance":
        world.clock.advance(2)
    elif name in _PAUSES:
        yield from _pause(world, action, log, mark)
    elif name in _TURNS:
        yield from _take_turns(world, action, log, mark)
    elif name in {"hold", "patient", "keep", "try", "claim", "owned"}:
        yield from _lock(world, action, log, mark)
    else:
        yield from _noted(log, Step(str(_OPERATIONS.get(name, name)), _call(world.cache, name, key, mark)))


_PAUSES = {"mutex", "permit", "await event", "set event", "drowse", "rouse", "send", "receive", "meet"}


def _pause(world: World, action: Action, log: list[object], mark: str) -> Steps:
    name, _, *inner = action
    if name in {"mutex", "permit", "drowse", "rouse"}:
        kind = name if name in {"mutex", "permit"} else "condition"
        yield Pause(kind, "acquire")
        try:
            if inner:
                yield from _perform(world, inner[0], log, mark)
            if name == "drowse" and not world.has_roused:
                yield Pause(kind, "sleep")
            elif name == "rouse":
                world.has_roused = True
                yield Pause(kind, "notify")
        except CancelledError:
            yield Pause(kind, "release")
            raise
        yield Pause(kind, "release")
    elif name == "send":
        yield Pause("queue", "put", mark)
    elif name == "receive":
        log.append((yield Pause("queue", "get")))
    elif name == "meet":
        log.append((yield Pause("barrier", "meet")))
    else:
        yield Pause("event", "set" if name == "set event" else "wait")


_TURNS = {"guard", "pass", "fire", "await", "put", "take", "sleep", "notify", "look"}


def _take_turns(world: World, action: Action, log: list[object], mark: str) -> Steps:
    name, _, *inner = action
    if name in {"guard", "pass"}:
        of = "lock" if name == "guard" else "permit"
        yield Turn(of, "acquire")
        yield from _perform(world, inner[0], log, mark)
        yield Turn(of, "release")
    elif name in {"sleep", "notify"}:
        yield Turn("condition", "__enter__")
        if name == "notify":
            world.has_roused = True
            yield Turn("condition", "notify")
        elif not world.has_roused:
            yield Turn("condition", "wait")
        yield Turn("condition", "__exit__")
    elif name == "take":
        log.append((yield Turn("queue", "get")))
    elif name == "look":
        log.append((yield Turn("lock", "locked")))
    elif name == "put":
        yield Turn("queue", "put", mark)
    else:
        yield Turn("event", "set" if name == "fire" else "wait")


_OPERATIONS = {"push": "push_limit", "page": "scan", "brief": "set"}


def _call(cache: Any, name: str, key: str, mark: str) -> Callable[[], Any]:
    calls: dict[str, Callable[[], Any]] = {
        "set": lambda: cache.set(key, mark),
        "brief": lambda: cache.set(key, mark, ttl=3),
        "setnx": lambda: cache.setnx(key, mark),
        "incr": lambda: cache.incr(f"n:{key}"),
        "push": lambda: cache.push_limit(f"l:{key}", mark, 2),
        "mget": lambda: cache.mget(["a", "b"]),
        "keys": cache.keys,
        "scan": cache.scan,
        "page": lambda: cache.scan(count=1),
    }
    return calls.get(name, lambda: getattr(cache, name)(key))


def _lock(world: World, action: Action, log: list[object], mark: str) -> Steps:
    name, key, *inner = action
    handle = world.cache.get_lock(f"lock {key}", timeout=5)
    if name == "owned":
        yield from _noted(log, Step("lock.locked", handle.locked))
        return
    if name in {"try", "claim"}:
        taken = yield from _noted(log, Step("lock.acquire", lambda: handle.acquire(blocking=False)))
    else:
        patience = 2 if name == "patient" else None
        call = handle.acquire if patience is None else lambda: handle.acquire(timeout=patience)
        taken = yield from _noted(log, Step("lock.acquire", call, handle, patience))
    if name in {"keep", "claim"} or taken is not True:
        return
    try:
        if inner:
            yield from _perform(world, inner[0], log, mark)
        yield from _noted(log, Step("lock.owned", handle.owned))
    except CancelledError:
        yield from _noted(log, Step("lock.release", handle.release))
        raise
    yield from _noted(log, Step("lock.release", handle.release))


def _noted(log: list[object], step: Step) -> Generator[Step, Any, Any]:
    try:
        result = yield step
    except (CacheTimeoutError, CacheUnavailableError, LockNotOwnedError) as error:
        log.append(type(error).__name__)
        return None
    log.append(result)
    return result
