"""What a face may stand on."""

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.interface import CacheProviderInterface


def check_async_provider(provider: object) -> AsyncCacheProviderInterface:
    """Return `provider` if it is an asynchronous one.

    A synchronous one is refused: on a server it would stop the whole event loop
    at every operation.
    """
    if not isinstance(provider, AsyncCacheProviderInterface):
        raise TypeError(f"provider must be an AsyncCacheProviderInterface, not {_typed(provider)}")
    return provider


def check_provider(provider: object) -> CacheProviderInterface:
    """Return `provider` if it is a synchronous one; the other kind's answers are not there yet."""
    if not isinstance(provider, CacheProviderInterface):
        raise TypeError(f"provider must be a CacheProviderInterface, not {_typed(provider)}")
    return provider


def _typed(provider: object) -> str:
    return f"{type(provider).__name__} {provider!r}"
