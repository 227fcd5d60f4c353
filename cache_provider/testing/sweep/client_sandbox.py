"""A fresh store for one cell of a sweep whose functions hold a client of redis-py."""

import asyncio
from collections.abc import Mapping
from typing import Any

from cache_provider.arguments import Ttl
from cache_provider.door.entrance import core_of
from cache_provider.memory.adapter import InMemoryCacheAdapter
from cache_provider.testing.leaks.client_locks import CommandedLocks
from cache_provider.testing.leaks.clients import ClientWatch
from cache_provider.testing.seam.command import DoorCommand, oversee
from cache_provider.testing.seam.operation import Interceptor, Operation
from cache_provider.testing.sweep.sandbox import (
    CacheOptions,
    Function,
    LeftoverWatch,
    Sandbox,
    fitting,
    is_coroutine_function,
)


class ClientSandbox(Sandbox):
    """A store whose functions get a client.

    Args:
        client: What clients are made with.
    """

    def __init__(self, client: Mapping[str, Any]) -> None:
        super().__init__(CacheOptions(""))
        self._client = dict(client)
        self._locks = CommandedLocks()
        # What is left open is not to be closed by the garbage collector before it is looked for.
        self._clients: list[object] = []

    def store(self) -> InMemoryCacheAdapter:
        return InMemoryCacheAdapter("", server=self.server)

    def watch(self) -> LeftoverWatch:
        return ClientWatch(self.clock)

    def note(self, operation: Operation, result: object) -> None:
        if isinstance(operation, DoorCommand):
            operation.result, operation.at_ms, operation.duration_ms = result, operation.now_ms(), 0
            self._locks.note(operation)

    def held(self) -> list[str]:
        return [name for _, name in self._locks.held()]

    def call(self, function: Function, *interceptors: Interceptor, given: tuple[object, ...] = ()) -> Any:
        arguments = fitting(function, given)
        core_of(self.server).overseer = None
        if interceptors:
            oversee(self.server, *interceptors)
        if is_coroutine_function(function):
            return asyncio.run(self._awaited(function, arguments))
        client = self.server.redis(**self._client)
        self._clients.append(client)
        return function(client, *arguments)

    async def _awaited(self, function: Function, arguments: tuple[object, ...]) -> Any:
        client = self.server.async_redis(**self._client)
        self._clients.append(client)
        return await function(client, *arguments)

    def rest(self, settle: Ttl) -> None:
        self.clock.advance(max(0, self._locks.last_deadline() - self.clock.now_ms()) / 1000)
        super().rest(settle)
