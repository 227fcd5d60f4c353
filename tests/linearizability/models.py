"""What the cache's operations mean one at a time, as the models the checker runs.

Each model is written from the contract and shares no code with what it judges. Its methods are named as the
operations are; each takes the state and the arguments, and returns the result and the state after it. States
are hashable, and values are integers, strings and None: a bool would hash like an integer, and two
states would be taken for one.
"""

from typing import Any, Generic, NamedTuple, cast

from cache_provider.errors import LockNotOwnedError, NotAnIntegerError
from tests.linearizability.checker import Rejected, State
from tests.linearizability.history import Operation

Scalar = int | str | None


class Missing:
    """The state of a key that does not exist."""

    def __repr__(self) -> str:
        return "missing"


class WouldWait:
    """The result of an operation that cannot return in this state at all."""

    def __repr__(self) -> str:
        return "still waiting"


READS = frozenset(
    {"get", "exists", "list_range", "hget", "hgetall", "locked", "owned", "mget", "keys", "pttl"}
)

MISSING = Missing()
WOULD_WAIT = WouldWait()


def same(left: object, right: object) -> bool:
    """Tell whether two results are equal and of one type: 1 is not True."""
    return type(left) is type(right) and left == right


class SequentialModel(Generic[State]):
    """A model whose operations each have exactly one right result in each state."""

    initial: State

    def step(self, state: State, operation: Operation) -> State | Rejected:
        """Run the operation and compare what it returned with what it should have returned."""
        expected, after = cast(
            "tuple[object, State]", getattr(self, operation.name)(state, *operation.arguments)
        )
        return after if same(operation.result, expected) else Rejected(expected)

    def is_read(self, operation: Operation) -> bool:
        """Tell whether the operation only looks."""
        return operation.name in READS


Register = Scalar | Missing


class RegisterModel(SequentialModel[Register]):
    """One key that holds a value, or none."""

    initial: Register = MISSING

    def get(self, state: Register) -> tuple[object, Register]:
        return None if state is MISSING else state, state

    def exists(self, state: Register) -> tuple[object, Register]:
        return state is not MISSING, state

    def set(self, _state: Register, value: Scalar) -> tuple[object, Register]:
        return True, value

    def setnx(self, state: Register, value: Scalar) -> tuple[object, Register]:
        return (True, value) if state is MISSING else (False, state)

    def delete(self, state: Register) -> tuple[object, Register]:
        return state is not MISSING, MISSING

    def incr(self, state: Register, amount: int = 1) -> tuple[object, Register]:
        before = 0 if state is MISSING else state
        if not isinstance(before, int):
            return NotAnIntegerError, state
        return before + amount, before + amount

    def decr(self, state: Register, amount: int = 1) -> tuple[object, Register]:
        return self.incr(state, -amount)

    def compare_and_set(self, state: Register, expected: Scalar, value: Scalar) -> tuple[object, Register]:
        return (True, value) if same(state, expected) else (False, state)

    def compare_and_delete(self, state: Register, expected: Scalar) -> tuple[object, Register]:
        return (True, MISSING) if same(state, expected) else (False, state)


class Dated(NamedTuple):
    """A value with the milliseconds it is to live, None for ever; time stands still."""

    value: Scalar
    pttl: int | None


class DatedModel(SequentialModel[Dated | Missing]):
    """One key whose value and deadline are written together, or the value alone."""

    initial: Dated | Missing = MISSING

    def get(self, state: Dated | Missing) -> tuple[object, Dated | Missing]:
        return None if isinstance(state, Missing) else state.value, state

    def pttl(self, state: Dated | Missing) -> tuple[object, Dated | Missing]:
        return -2 if isinstance(state, Missing) else state.pttl, state

    def set(
        self, _state: Dated | Missing, value: Scalar, ttl: int | None = None
    ) -> tuple[object, Dated | Missing]:
        return True, Dated(value, None if ttl is None else ttl * 1000)

    def set_keeping(self, state: Dated | Missing, value: Scalar) -> tuple[object, Dated | Missing]:
        """Set with `keep_ttl=True`: a missing key has none to keep."""
        return True, Dated(value, None if isinstance(state, Missing) else state.pttl)

    def getset_keeping(self, state: Dated | Missing, value: Scalar) -> tuple[object, Dated | Missing]:
        return self.get(state)[0], self.set_keeping(state, value)[1]

    def swap_keeping(
        self, state: Dated | Missing, expected: Scalar, value: Scalar
    ) -> tuple[object, Dated | Missing]:
        """Compare and set with `keep_ttl=True`."""
        if isinstance(state, Missing) or not same(state.value, expected):
            return False, state
        return self.set_keeping(state, value)

    def expire(self, state: Dated | Missing, ttl: int) -> tuple[object, Dated | Missing]:
        return (False, state) if isinstance(state, Missing) else (True, Dated(state.value, ttl * 1000))

    def persist(self, state: Dated | Missing) -> tuple[object, Dated | Missing]:
        if isinstance(state, Missing) or state.pttl is None:
            return False, state
        return True, Dated(state.value, None)

    def delete(self, state: Dated | Missing) -> tuple[object, Dated | Missing]:
        return state is not MISSING, MISSING


CappedList = tuple[Scalar, ...]


class CappedListModel(SequentialModel[CappedList]):
    """One key that holds the newest values pushed to it; the empty list is a missing key."""

    initial: CappedList = ()

    def push_limit(self, state: CappedList, value: Scalar, max_len: int) -> tuple[object, CappedList]:
        return len(state) + 1, (*state, value)[-max_len:]

    def list_range(self, state: CappedList, start: int, end: int) -> tuple[object, CappedList]:
        if (start, end) != (0, -1):
            raise ValueError("this model reads the whole list only")
        return list(state), state

    def delete(self, state: CappedList) -> tuple[object, CappedList]:
        return bool(state), ()


DictFields = frozenset[tuple[str, Scalar]] | Missing


class DictFieldModel(SequentialModel[DictFields]):
    """One key that holds a dict of scalars, or nothing."""

    initial: DictFields = MISSING

    def get(self, state: DictFields) -> tuple[object, DictFields]:
        return None if isinstance(state, Missing) else dict(state), state

    def set(self, _state: DictFields, value: dict[str, Scalar]) -> tuple[object, DictFields]:
        return True, frozenset(value.items())

    def delete(self, state: DictFields) -> tuple[object, DictFields]:
        return state is not MISSING, MISSING

    def cas_dict_field(
        self, state: DictFields, field: str, expected: Scalar, new_value: dict[str, Scalar]
    ) -> tuple[object, DictFields]:
        """Replace the whole dict if it has the field, and in it what is expected."""
        found = dict[str, Scalar]() if isinstance(state, Missing) else dict(state)
        if field not in found or not same(found[field], expected):
            return False, state
        return True, frozenset(new_value.items())


HashFields = frozenset[tuple[str, Scalar]]


class HashModel(SequentialModel[HashFields]):
    """One key that holds a hash; the hash without fields is a missing key."""

    initial: HashFields = frozenset()

    def hset(self, state: HashFields, field: str, value: Scalar) -> tuple[object, HashFields]:
        fields = dict(state)
        return field not in fields, frozenset({**fields, field: value}.items())

    def hget(self, state: HashFields, field: str) -> tuple[object, HashFields]:
        return dict(state).get(field), state

    def hgetall(self, state: HashFields) -> tuple[object, HashFields]:
        return dict(state), state

    def hdel(self, state: HashFields, *names: str) -> tuple[object, HashFields]:
        left = frozenset(item for item in state if item[0] not in names)
        return len(state) - len(left), left

    def delete(self, state: HashFields) -> tuple[object, HashFields]:
        return bool(state), frozenset()


class LockState(NamedTuple):
    """Which handle holds the lock, and which have given it back since they last took it."""

    holder: int | None
    done: frozenset[int]


class LockModel(SequentialModel[LockState]):
    """One lock whose leases never run out; the operations' first argument is the number of a handle."""

    initial: LockState = LockState(None, frozenset())

    def acquire(self, state: LockState, handle: int) -> tuple[object, LockState]:
        """Acquire and wait as long as it takes: it returns once the lock is free, and not before."""
        if state.holder not in (None, handle):
            return WOULD_WAIT, state
        return self.try_acquire(state, handle)

    def try_acquire(self, state: LockState, handle: int) -> tuple[object, LockState]:
        if state.holder is not None:
            return False, state
        return True, LockState(handle, state.done - {handle})

    def release(self, state: LockState, handle: int) -> tuple[object, LockState]:
        if state.holder == handle:
            return None, LockState(None, state.done | {handle})
        return (None if handle in state.done else LockNotOwnedError), state

    def locked(self, state: LockState, _handle: int) -> tuple[object, LockState]:
        return state.holder is not None, state

    def owned(self, state: LockState, handle: int) -> tuple[object, LockState]:
        return state.holder == handle, state


Registers = tuple[Register, ...]


class MultiKeyModel(SequentialModel[Registers]):
    """A fixed few keys that are written and read together.

    Args:
        *keys: All the keys there are; the state has one place for each, in this order.
    """

    def __init__(self, *keys: str) -> None:
        self._keys = keys
        self.initial = (MISSING,) * len(keys)

    def mset(self, state: Registers, mapping: dict[str, Scalar]) -> tuple[object, Registers]:
        return True, self._state({**self._by_key(state), **mapping})

    def get(self, state: Registers, key: str) -> tuple[object, Registers]:
        value = self._by_key(state)[key]
        return None if value is MISSING else value, state

    def mget(self, state: Registers, keys: tuple[str, ...]) -> tuple[object, Registers]:
        values = self._by_key(state)
        return {key: values[key] for key in keys if values[key] is not MISSING}, state

    def mdelete(self, state: Registers, keys: tuple[str, ...]) -> tuple[object, Registers]:
        values = self._by_key(state)
        removed = sum(values[key] is not MISSING for key in set(keys))
        return removed, self._state({**values, **dict.fromkeys(keys, MISSING)})

    def keys(self, state: Registers) -> tuple[object, Registers]:
        """Return all keys there are, sorted: the contract promises a snapshot, not its order."""
        return sorted(key for key, value in self._by_key(state).items() if value is not MISSING), state

    def _by_key(self, state: Registers) -> dict[str, Register]:
        return dict(zip(self._keys, state, strict=True))

    def _state(self, values: dict[str, Any]) -> Registers:
        return tuple(values[key] for key in self._keys)
