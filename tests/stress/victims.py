"""Processes that are killed in the middle of using a lock: what they do, and where they die."""

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import redis.asyncio.connection
import redis.connection

from cache_provider import AsyncRedisCacheAdapter, RedisCacheAdapter

LEASE = 10
"""Seconds for which a victim claims the lock."""

_COUNTED = (b"EVAL", b"BLPOP")


class Fate:
    """Kills this process at one of its steps: before a command is sent, after that, and after the reply.

    Args:
        at: The step. The greeting of a connection has none.
    """

    def __init__(self, at: int) -> None:
        self._left = at
        self._asking = set[int]()

    def step(self) -> None:
        """Go on, or die: no handler, no `finally`, and no word to the server."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def sends(self, connection: object, command: object) -> bool:
        """Take note of a command; tell whether it counts."""
        words = command if isinstance(command, bytes) else b"".join(command)  # type: ignore[arg-type] # packed
        counts = any(word in words for word in _COUNTED)
        (self._asking.add if counts else self._asking.discard)(id(connection))
        return counts

    def reads(self, connection: object) -> bool:
        """Tell whether the reply that comes next counts."""
        return id(connection) in self._asking


def _doom_threads(fate: Fate) -> None:
    transport: Any = redis.connection.AbstractConnection
    send, read = transport.send_packed_command, transport.read_response

    def send_packed_command(connection: Any, command: Any, check_health: bool = True) -> None:
        counts = fate.sends(connection, command)
        if counts:
            fate.step()
        send(connection, command, check_health)
        if counts:
            fate.step()

    def read_response(connection: Any, *arguments: Any, **options: Any) -> Any:
        answer = read(connection, *arguments, **options)
        if fate.reads(connection):
            fate.step()
        return answer

    transport.send_packed_command, transport.read_response = send_packed_command, read_response


def _doom_tasks(fate: Fate) -> None:
    transport: Any = redis.asyncio.connection.AbstractConnection
    send, read = transport.send_packed_command, transport.read_response

    async def send_packed_command(connection: Any, command: Any, check_health: bool = True) -> None:
        counts = fate.sends(connection, command)
        if counts:
            fate.step()
        await send(connection, command, check_health)
        if counts:
            fate.step()

    async def read_response(connection: Any, *arguments: Any, **options: Any) -> Any:
        answer = await read(connection, *arguments, **options)
        if fate.reads(connection):
            fate.step()
        return answer

    transport.send_packed_command, transport.read_response = send_packed_command, read_response


def use_by_thread(url: str, at: int) -> None:
    """Wait for the lock, have it, and give it back; die on the way."""
    _doom_threads(Fate(at))
    with RedisCacheAdapter(url) as cache, cache.get_lock("l", timeout=LEASE):
        pass


def use_by_task(url: str, at: int) -> None:
    """Do the same in a loop."""
    _doom_tasks(Fate(at))

    async def use() -> None:
        async with AsyncRedisCacheAdapter(url) as cache, cache.get_lock("l", timeout=LEASE):
            pass

    asyncio.run(use())


USES: dict[str, Callable[[str, int], None]] = {"threads": use_by_thread, "asyncio": use_by_task}
