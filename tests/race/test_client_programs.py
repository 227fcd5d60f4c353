"""Random programs of commands come to the same outcomes as by an interleaver of their own."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from random import Random
from typing import Any, Literal

import pytest

from cache_provider import MemoryServer
from cache_provider.testing.race import Race, explore

Command = tuple[str, ...]
Program = tuple[list[Command], list[Command]]

COMMANDS: tuple[Command, ...] = (
    ("GET", "a"),
    ("SET", "a", "1"),
    ("SET", "b", "2", "NX"),
    ("INCR", "n"),
    ("APPEND", "b", "x"),
    ("DEL", "a", "b"),
    ("RPUSH", "l", "y"),
    ("LPOP", "l"),
    ("RENAME", "l", "m"),
    ("EXISTS", "a", "b", "n"),
    ("DBSIZE",),
    ("MULTI", "a", "b"),
)


def program(seed: int) -> Program:
    random = Random(seed)
    first, second = ([random.choice(COMMANDS) for _ in range(random.randint(1, 3))] for _ in range(2))
    return first, second


def reply_of(client: Any, command: Command) -> object:
    """Run a command; `MULTI` stands for a transaction that reads its keys and writes the last."""
    try:
        if command[0] != "MULTI":
            return client.execute_command(*command)
        steps = client.pipeline()
        for key in command[1:]:
            steps.get(key)
        return steps.append(command[-1], "z").execute()
    except Exception as error:  # noqa: BLE001 - an error reply is an outcome
        return str(error)


def left_by(client: Any) -> dict[str, object]:
    """Return what is left, of a list its members."""
    lists = {key: client.lrange(key, 0, -1) for key in ("l", "m")}
    return lists | {key: client.get(key) for key in ("a", "b", "n")}


def orders(first: int, second: int) -> Iterator[list[int]]:
    """Yield every order of two tasks' commands, as whose turn it is."""
    for places in combinations(range(first + second), first):
        yield [0 if place in places else 1 for place in range(first + second)]


def by_brute_force(tasks: Program) -> set[str]:
    outcomes = set[str]()
    for order in orders(*map(len, tasks)):
        client: Any = MemoryServer().redis(decode_responses=False)
        replies: tuple[list[object], list[object]] = ([], [])
        for turn in order:
            replies[turn].append(reply_of(client, tasks[turn][len(replies[turn])]))
        outcomes.add(repr((replies, left_by(client))))
    return outcomes


def by_exploring(tasks: Program, reduce: Literal["keys", "states"] | None) -> set[str]:
    outcomes = set[str]()

    def work(client: Any, commands: Sequence[Command], replies: list[object]) -> None:
        replies.extend(reply_of(client, command) for command in commands)

    def scenario(r: Race) -> None:
        replies: tuple[list[object], list[object]] = ([], [])
        for commands, heard in zip(tasks, replies, strict=True):
            r.spawn(work, r.redis(), commands, heard)
        r.join()
        outcomes.add(repr((replies, left_by(r.redis()))))

    assert explore(scenario, preemptions=None, reduce=reduce).exhausted
    return outcomes


@pytest.mark.parametrize("reduce", [None, "keys", "states"])
@pytest.mark.parametrize("seed", range(40))
def test_every_outcome_is_come_to_and_no_other(seed: int, reduce: Literal["keys", "states"] | None) -> None:
    tasks = program(seed)
    assert by_exploring(tasks, reduce) == by_brute_force(tasks)
