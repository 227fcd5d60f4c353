"""What several keys hold changes at one moment for readers who take no mutex."""

import os
import weakref
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from cache_provider import InMemoryCacheAdapter, MemoryServer
from cache_provider.memory.entry import entry_of
from cache_provider.memory.publication import publish
from cache_provider.memory.server import keyspace_of
from tests.memory.test_fork import in_child
from tests.threads import Task

KEYS = ["a", "b", "c"]


class Stepwise(dict[str, Any]):
    """Entries that take their time for an update, as readers see it where there is no GIL.

    Attributes:
        look: What is done after each step of an update.
    """

    def look(self) -> None:
        """Do nothing."""

    def update(self, pairs: Iterable[tuple[str, Any]]) -> None:  # type: ignore[override] # as it is called
        """Put one pair after the other."""
        for key, stored in pairs:
            self[key] = stored
            self.look()


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> Stepwise:
    """Entries on a Python without the GIL."""
    monkeypatch.setattr("cache_provider.memory.publication.HAS_GIL", False)
    return Stepwise()


@pytest.fixture
def cache(entries: Stepwise) -> InMemoryCacheAdapter:
    """A cache with these entries, under each key what was there before."""
    server = MemoryServer()
    keyspace_of(server).entries = entries
    cache = InMemoryCacheAdapter("", server=server)
    for key in KEYS:
        cache.set(key, "old")
    return cache


def seen_in_steps(entries: Stepwise, write: Callable[[], object]) -> list[set[str]]:
    """Return the values that readers saw after each step of a write; what is expired sends them away."""
    seen: list[set[str]] = []

    def look() -> None:
        found = [entry_of(stored) for stored in entries.values()]
        seen.append({str(payload) for payload, deadline, _ in found if deadline is None or deadline > 0})

    entries.look = look  # type: ignore[method-assign] # what it is for
    write()
    return seen


@pytest.mark.parametrize("ttl", [None, timedelta(seconds=10), timedelta(seconds=11)])
def test_no_reader_finds_old_and_new_values_of_an_mset(
    cache: InMemoryCacheAdapter, entries: Stepwise, ttl: timedelta | None
) -> None:
    """Without the GIL too, who finds the first of the new values finds no old one any more."""
    seen = seen_in_steps(entries, lambda: cache.mset(dict.fromkeys(KEYS, "new"), ttl))
    assert [values for values in seen if len(values) > 1] == []


def test_a_reader_in_the_middle_of_an_mset_waits_for_its_end(
    cache: InMemoryCacheAdapter, entries: Stepwise
) -> None:
    """It is neither told that the key is missing nor given an old value behind a new one."""
    readers: list[Task[Any]] = []

    def look() -> None:
        if not readers and len({id(stored) for stored in entries.values()}) == 1:
            readers.append(Task(lambda: cache.get("a")))

    entries.look = look  # type: ignore[method-assign] # what it is for
    cache.mset(dict.fromkeys(KEYS, "new"))
    assert [reader.result() for reader in readers] == ["new"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
def test_a_child_forked_in_the_middle_of_an_mset_has_all_of_it(
    cache: InMemoryCacheAdapter, entries: Stepwise
) -> None:
    """What was under way is brought to its end: neither half of it nor none of the old values is left."""
    whole: list[bool] = []

    def look() -> None:
        if not whole and any(stored == "new" for stored in entries.values()):
            entries.look = lambda: None  # type: ignore[method-assign] # what it is for
            whole.append(in_child(lambda: cache.mget(KEYS) == dict.fromkeys(KEYS, "new")))

    entries.look = look  # type: ignore[method-assign] # what it is for
    cache.mset(dict.fromkeys(KEYS, "new"))
    assert whole == [True]


def test_nothing_ends_in_the_middle_of_the_write() -> None:
    """What an old entry takes along could run code of its own, and so let others see half of the write."""

    class Old:
        """Something that can be seen to end."""

    entries = Stepwise(a=Old(), b=Old())
    ends = [weakref.ref(old) for old in entries.values()]
    alive: list[int] = []
    entries.look = lambda: alive.append(sum(end() is not None for end in ends))  # type: ignore[method-assign] # what it is for
    publish(entries, ["a", "b"], [1, 2])
    assert set(alive) == {2}
