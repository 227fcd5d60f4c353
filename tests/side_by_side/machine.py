"""The state machine: random operations, in random order, on a pair of servers."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.bad_input.cases import CASES, SITUATIONS, Case
from tests.side_by_side import strategies as given
from tests.side_by_side.operations import BY_NAME, OPERATIONS, SELDOM, Arguments, Operation
from tests.side_by_side.pair import ADAPTERS, JSON_ADAPTERS, Pair
from tests.side_by_side.sides import GRID

# Most of what is done must meet what was done before.
_ADAPTER = given.mostly([0, 0, 1], range(len(ADAPTERS)))
_JSON_ADAPTER = st.sampled_from(JSON_ADAPTERS)
_SLOT = given.mostly([0, 0, 1], range(4))
_LATE = st.sampled_from([False] * 9 + [True])

_ONCE = [{"blocking": False}, {}, {"timeout": 0}, {"timeout": -0.5}]
_NOT_AT_ALL = [{"blocking": None}, {"timeout": True}, {"timeout": "1"}, {"timeout": float("nan")}]

_MISUSES = [
    case
    for case in CASES
    # No repr, no report: Hypothesis has to print what it called.
    if case.call.startswith("cache.") and case.call[6:] in BY_NAME and str(case.bad) != "a huge int"
]

_ON_A_LOCK: list[Callable[[Any], object]] = [
    lambda lock: lock.acquire(),
    lambda lock: lock.release(),
    lambda lock: lock.locked(),
    lambda lock: lock.owned(),
    lambda lock: lock.extend(GRID),
]


class SideBySide(RuleBasedStateMachine):
    """The rules that are more than one operation of a provider; those are added below.

    Args:
        pair: Two empty servers.
    """

    def __init__(self, pair: Pair) -> None:
        super().__init__()
        self.pair = pair
        # Two rivals, and two for the same full key by other prefixes.
        self.locks = [
            pair.handles(number, name, GRID + GRID // 2)
            for number, name in ((0, "lock"), (0, "lock"), (1, "[1]*:lock"), (2, "a[1]*:lock"))
        ]

    @initialize(value=given.SMALL, ttl=given.TTL)
    def start(self, value: Any, ttl: Any) -> None:
        """Begin with something of everything: on an empty server little can go wrong."""
        self._furnish(value, ttl)
        for number in (1, 2):
            self._operate(number, "set", key="k", value=value)

    @rule(value=given.SMALL, ttl=given.TTL)
    def begin_anew(self, value: Any, ttl: Any) -> None:
        """Put back what is missing."""
        self._furnish(value, ttl)

    @rule(steps=st.integers(1, 2))
    def time_passes(self, steps: int) -> None:
        """Let some keys come to their end."""
        self.pair.pass_time(steps)

    @rule(number=_ADAPTER, name=st.sampled_from(SELDOM), data=st.data())
    def seldom(self, number: int, name: str, data: st.DataObject) -> None:
        """Do one of what is not done as often as the rest."""
        self._operate(number, name, **data.draw(BY_NAME[name].arguments))

    @rule(number=_JSON_ADAPTER, key=given.ANY_KEY, case=st.sampled_from(_MISUSES))
    def misuse(self, number: int, key: str, case: Case) -> None:
        """Call an operation with one bad argument, on whatever the key holds."""
        arguments = dict(case.arguments)
        if case.argument != "key" and "key" in arguments:
            arguments["key"] = key
        if case.call == "cache.get_or_set":
            arguments.setdefault("wait_timeout", 0)
        self._operate(number, case.call[6:], **arguments)

    @rule(number=_JSON_ADAPTER, name=st.sampled_from(sorted(BY_NAME)), on_lock=st.sampled_from(_ON_A_LOCK))
    def use_a_closed_one(self, number: int, name: str, on_lock: Callable[[Any], object]) -> None:
        """Use an adapter and a lock that were closed, twice; the other adapters go on."""
        caches = self.pair.connect(ADAPTERS[number])
        locks = [cache.get_lock("lock", GRID // 2, 0) for cache in caches]
        for _ in range(2):
            self.pair.compare("close", lambda side: caches[side].close())
        # Legal arguments only: which of two errors comes first is not promised.
        situations = SITUATIONS.get(f"cache.{name}")
        self.pair.operate(BY_NAME[name], caches, situations[0].arguments if situations else {})
        self.pair.compare("a closed lock", lambda side: on_lock(locks[side]))

    @rule(number=_ADAPTER, key=given.ANY_KEY)
    def write_back(self, number: int, key: str) -> None:
        """Store what is read, each side its own: the token of a lock too."""
        caches = self.pair.caches[number]
        self.pair.compare("write back", lambda side: caches[side].set(key, caches[side].get(key), GRID // 2))

    # Locks

    @rule(slot=_SLOT, number=_ADAPTER, name=given.LOCK_KEY, lease=given.LIFETIME, fenced=st.booleans())
    def take_other_handles(self, slot: int, number: int, name: str, lease: float, fenced: bool) -> None:
        """Replace a pair of handles by another; the claim of the old ones stays."""
        self.locks[slot] = self.pair.handles(number, name, lease, fenced=fenced)

    @rule(slot=_SLOT, arguments=given.mostly(_ONCE, _NOT_AT_ALL))
    def acquire(self, slot: int, arguments: Arguments) -> None:
        """Try once, in all the ways to say so, and in some that are refused."""
        self.pair.acquire(self.locks[slot], **arguments)

    @rule(slot=_SLOT)
    def release(self, slot: int) -> None:
        """Release, held or not."""
        locks = self.locks[slot]
        self.pair.compare("lock.release", lambda side: locks[side].release())

    # What is added must be whole steps, for the sum to stay on the grid.
    @rule(
        slot=_SLOT,
        time=given.mostly([GRID, 2 * GRID, given.FAR - GRID // 2], [0, -1, None, True, (2**63 - 1) // 1000]),
    )
    def extend(self, slot: int, time: Any) -> None:
        """Make the lease longer, if it is or becomes ours."""
        locks = self.locks[slot]
        self.pair.acquire(locks)
        self.pair.compare("lock.extend", lambda side: locks[side].extend(time))

    @rule(slot=_SLOT, time=given.LIFETIME)
    def replace_lease(self, slot: int, time: Any) -> None:
        """Let the lease end at another time."""
        locks = self.locks[slot]
        self.pair.compare("lock.extend", lambda side: locks[side].extend(time, replace_ttl=True))

    @rule(slot=_SLOT)
    def who_holds(self, slot: int) -> None:
        """Ask all that a handle can be asked."""
        locks = self.locks[slot]
        self.pair.compare("lock.locked", lambda side: locks[side].locked())
        self.pair.compare("lock.owned", lambda side: locks[side].owned())
        self.pair.compare("lock.holder", lambda side: locks[side].holder())
        self.pair.compare("lock.fence", lambda side: locks[side].fence)
        self.pair.compare("lock.fenced", lambda side: locks[side].fenced)
        self.pair.compare("lock.is_renewed", lambda side: locks[side].is_renewed)
        self.pair.compare("lock.lost", lambda side: locks[side].lost)
        self.pair.compare("lock.on_lost", lambda side: locks[side].on_lost(print))

    @rule(slot=_SLOT, body=st.sampled_from(["nothing", "fails", "breaks the lock", "takes too long"]))
    def with_lock(self, slot: int, body: str) -> None:
        """Enter and leave a critical section."""
        locks = self.locks[slot]

        def critical_section(side: int) -> None:
            with locks[side]:
                if body == "fails":
                    raise LookupError
                if body == "breaks the lock":
                    self.pair.caches[2][side].delete("a[1]*:lock")
                if body == "takes too long":
                    self.pair.sides[side].pass_time(3 * GRID)

        self.pair.compare("lock.__enter__", critical_section)

    # What the rules have in common

    def run(self, operation: Operation, number: int, arguments: Arguments, *, late: bool) -> None:
        """Call an operation; if late, it is the first to notice that its key came to its end."""
        if late:
            self._operate(number, "expire", key=arguments.get("key", "k"), ttl=GRID // 2)
            self.pair.pass_time(1)
        self.pair.operate(operation, self.pair.caches[number], arguments)

    def _operate(self, number: int, name: str, /, **arguments: Any) -> None:
        self.pair.operate(BY_NAME[name], self.pair.caches[number], arguments)

    def _furnish(self, value: Any, ttl: Any) -> None:
        self._operate(0, "set", key="k", value=value, ttl=ttl)
        self._operate(0, "push_limit", key="list", value=value, max_len=3, ttl=ttl)
        self._operate(0, "hset", key="hash", field="f", value=value)
        self.pair.acquire(self.locks[0])


def _rule_for(operation: Operation) -> Any:
    def call(self: SideBySide, number: int, arguments: Arguments, late: bool) -> None:
        self.run(operation, number, arguments, late=late)

    call.__name__ = call.__qualname__ = operation.name
    decorate: Any = rule(number=_ADAPTER, arguments=operation.arguments, late=_LATE)
    return decorate(call)


# One rule for each operation, not one for all: Hypothesis leaves some rules out of each run, and so
# comes to places where it would not come with all of them.
Machine: type[SideBySide] = type(
    "Machine", (SideBySide,), {each.name: _rule_for(each) for each in OPERATIONS if each.name not in SELDOM}
)
