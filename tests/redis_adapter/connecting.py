"""What tests of both kinds of adapter need: making one, and coming between it and its server."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol
from unittest import mock

from cache_provider import AsyncRedisCacheAdapter, CacheProviderInterface, RedisCacheAdapter
from cache_provider.testing.blocking import BlockingCache

Watch = Callable[[tuple[object, ...]], None]


class Connect(Protocol):
    """Makes an adapter, which the test's end closes."""

    def __call__(self, url: str, prefix: str = "") -> CacheProviderInterface:
        """Return an adapter."""
        ...


def nothing(_words: tuple[object, ...]) -> None:
    """Let a command pass."""


def watching(
    cache: CacheProviderInterface, before: Watch = nothing, after: Watch = nothing
) -> AbstractContextManager[object]:
    """Return a patch under which a command is shown to `before`, sent, and shown to `after`.

    The adapter must have been used: an asynchronous one has its client only then.
    """
    client = _client(cache)
    execute = client.execute_command

    def send(*words: object) -> object:
        before(words)
        answer = execute(*words)
        after(words)
        return answer

    async def send_async(*words: object) -> object:
        before(words)
        answer = await execute(*words)
        after(words)
        return answer

    sender = send if isinstance(cache, RedisCacheAdapter) else send_async
    return mock.patch.object(client, "execute_command", sender)


def _client(cache: CacheProviderInterface) -> Any:
    if isinstance(cache, RedisCacheAdapter):
        return cache._driver.client
    assert isinstance(cache, BlockingCache)
    assert isinstance(cache._async, AsyncRedisCacheAdapter)
    (line,) = cache._async._driver._lines.values()
    return line.client
