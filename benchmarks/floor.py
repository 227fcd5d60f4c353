"""The floor: a class with a `threading.Lock` around a dict, the least a thread-safe store can do.

No ttl, no prefix, no copies, no checks. Nobody could use it in place of a cache; it says what the
interpreter charges for the mere act of calling a method, taking a lock and touching a dict.
"""

import threading
from collections.abc import Mapping, Sequence
from typing import Any


class Floor:
    """A thread-safe dict with the operations that the table compares."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._data: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        """Return the value of `key`, None if there is none."""
        with self._lock:
            return self._data.get(key)

    def set(self, key: str, value: Any) -> None:
        """Store `value` itself: the caller's object, not a copy."""
        with self._lock:
            self._data[key] = value

    def incr(self, key: str) -> int:
        """Add one to the integer at `key` and return the sum."""
        with self._lock:
            value: int = self._data.get(key, 0) + 1
            self._data[key] = value
            return value

    def mget(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return the values of those `keys` that are there."""
        found: dict[str, Any] = {}
        with self._lock:
            for key in keys:
                if key in self._data:
                    found[key] = self._data[key]
        return found

    def mset(self, mapping: Mapping[str, Any]) -> None:
        """Store every value of `mapping`."""
        with self._lock:
            self._data.update(mapping)

    def get_lock(self, name: str) -> "FloorLock":
        """Return a new handle of the lock `name`."""
        return FloorLock(self._lock, self._data, name)


class FloorLock:
    """One claimant of a named lock that does not wait: test-and-set and compare-and-delete on a dict."""

    __slots__ = ("_data", "_lock", "_name")

    def __init__(self, lock: threading.Lock, data: dict[str, Any], name: str) -> None:
        self._lock = lock
        self._data = data
        self._name = name

    def acquire(self) -> bool:
        """Claim the name unless somebody holds it."""
        with self._lock:
            if self._name in self._data:
                return False
            self._data[self._name] = self
            return True

    def release(self) -> bool:
        """Give the name back if this handle holds it."""
        with self._lock:
            if self._data.get(self._name) is not self:
                return False
            del self._data[self._name]
            return True


class ConditionLocks:
    """Named locks that wait on one `threading.Condition`: the floor of a hand-off."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._holders: dict[str, ConditionLock] = {}

    def get_lock(self, name: str) -> "ConditionLock":
        """Return a new handle of the lock `name`."""
        return ConditionLock(self._condition, self._holders, name)


class ConditionLock:
    """One claimant of a named lock that waits without polling."""

    __slots__ = ("_condition", "_holders", "_name")

    def __init__(
        self, condition: threading.Condition, holders: "dict[str, ConditionLock]", name: str
    ) -> None:
        self._condition = condition
        self._holders = holders
        self._name = name

    def acquire(self) -> bool:
        """Claim the name, waiting until it is free."""
        with self._condition:
            while self._name in self._holders:
                self._condition.wait()
            self._holders[self._name] = self
            return True

    def release(self) -> bool:
        """Give the name back and wake whoever waits."""
        with self._condition:
            del self._holders[self._name]
            self._condition.notify_all()
            return True
