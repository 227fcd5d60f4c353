"""The shape of a response-caching middleware's backend, as in the library `cache-middleware`.

>>> import asyncio
>>> async def scenario() -> str | None:
...     backend = MemoryBackend()
...     await backend.set("GET /prices", '{"gold": 1}', timeout=60)
...     return await backend.get("GET /prices")
>>> asyncio.run(scenario())
'{"gold": 1}'
"""

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.aio.memory import AsyncInMemoryCacheAdapter
from cache_provider.arguments import Ttl, check_integer, check_key, check_text, ttl_ms
from cache_provider.clock import Clock
from cache_provider.errors import WrongTypeError
from cache_provider.interop.providers import check_async_provider
from cache_provider.memory.server import MemoryServer

__all__ = ["CacheMiddlewareBackend", "MemoryBackend"]


class CacheMiddlewareBackend:
    """Texts with a time-out, in any asynchronous provider.

    Other than the library's own backends, it swallows no error: a middleware
    that wants to go on without its cache catches `CacheUnavailableError`.

    Args:
        provider: Where the texts are kept. Its codec must carry `str`, so not
            `BytesCodec`. `close` closes it.

    Raises:
        TypeError: `provider` is not an `AsyncCacheProviderInterface`; a synchronous
            one would stop the event loop.
    """

    def __init__(self, provider: AsyncCacheProviderInterface) -> None:
        self._provider = check_async_provider(provider)

    def __repr__(self) -> str:
        return f"CacheMiddlewareBackend({self._provider!r})"

    async def get(self, key: str) -> str | None:
        """Return the text under `key`, or None if there is none or its time is over.

        Raises:
            TypeError, ValueError: `key` is not a legal `str`.
            WrongTypeError: Somebody else keeps something that is not text there.
        """
        value: object = await self._provider.get(key)
        if value is None or isinstance(value, str):
            return value
        raise WrongTypeError(f"key {key!r} must hold a str, not {type(value).__name__}")

    async def set(self, key: str, value: str, timeout: Ttl) -> None:
        """Store a text under `key`, whatever was there.

        Args:
            key: The key.
            value: The text.
            timeout: How long it lives, seconds or a `timedelta`, more than 0.

        Raises:
            TypeError, ValueError: An argument is not legal; nothing has changed.
            EncodeError: The provider's codec carries no `str`.
        """
        check_key(key)
        check_text("value", value)
        # Other than a provider's ttl it cannot be left out: a None is refused here.
        ttl_ms("timeout", timeout)
        await self._provider.set(key, value, timeout)

    async def delete(self, key: str) -> None:
        """Remove a key, if it is there."""
        await self._provider.delete(key)

    async def close(self) -> None:
        """End the use; may be called again. What a server keeps stays there."""
        await self._provider.close()


class MemoryBackend(CacheMiddlewareBackend):
    """Texts with a time-out, in this process.

    Each `get` and `set` also removes all that has expired, as the library's
    backend does. May be used from several threads and event loops. `close`
    removes all texts, and the backend stays usable.

    Args:
        max_size: How many texts it holds at most. When it is full the
            oldest written goes, after what has expired. 0 stores nothing.
        clock: What the time-outs are judged by; the system's by default.

    Raises:
        TypeError: `max_size` is not an int, or `clock` not a `Clock`.
        ValueError: `max_size` is negative.
    """

    def __init__(self, max_size: int = 1000, *, clock: Clock | None = None) -> None:
        self._max_size = check_integer("max_size", max_size, minimum=0)
        self._server = MemoryServer(max_size, "fifo", clock)
        super().__init__(AsyncInMemoryCacheAdapter("", "cache_middleware", server=self._server))

    def __repr__(self) -> str:
        return f"MemoryBackend(max_size={self._max_size}, current_entries={self._server.size()})"

    @property
    def max_size(self) -> int:
        """How many texts it holds at most."""
        return self._max_size

    async def get(self, key: str) -> str | None:
        self._server.sweep()
        return await super().get(key)

    async def set(self, key: str, value: str, timeout: Ttl) -> None:
        self._server.sweep()
        await super().set(key, value, timeout)

    async def close(self) -> None:
        self._server.clear()
