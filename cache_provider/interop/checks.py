"""Is it a provider? Asked of what every face is given."""

from cache_provider.aio.interface import AsyncCacheProviderInterface
from cache_provider.interface.provider import CacheProviderInterface


def check_provider(provider: object) -> CacheProviderInterface:
    """Return `provider` if it is a synchronous one."""
    if not isinstance(provider, CacheProviderInterface):
        raise TypeError(f"provider must be a CacheProviderInterface, not {_typed(provider)}")
    return provider


def check_async_provider(provider: object) -> AsyncCacheProviderInterface:
    """Return `provider` if it is an asynchronous one."""
    if not isinstance(provider, AsyncCacheProviderInterface):
        raise TypeError(f"provider must be an AsyncCacheProviderInterface, not {_typed(provider)}")
    return provider


def _typed(value: object) -> str:
    return f"{type(value).__name__} {value!r}"
