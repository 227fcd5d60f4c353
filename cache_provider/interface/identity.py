"""What a provider is called, lives by and has counted: plain calls, for coroutines too."""

from abc import ABC, abstractmethod
from typing import Any

from cache_provider.arguments import check_key
from cache_provider.clock import SYSTEM_CLOCK, Clock
from cache_provider.stats import CacheStats


class Identity(ABC):
    """What asks no server.

    Attributes:
        clock: What the waits of this provider are judged by.
        default_ttl_ms: The ttl, in milliseconds, of writes that create a value and name none, or None.
    """

    clock: Clock = SYSTEM_CLOCK
    default_ttl_ms: int | None = None

    @property
    @abstractmethod
    def provider_name(self) -> str:
        """The kind of provider, such as `"memory"` or `"redis"`."""

    @property
    @abstractmethod
    def cache_name(self) -> str:
        """The label of this cache in logs and statistics."""

    @property
    @abstractmethod
    def key_prefix(self) -> str:
        """What stands before every key on the server; callers never see it."""

    @abstractmethod
    def stats(self) -> CacheStats:
        """Return what was counted so far."""

    def as_stored(self, key: str, value: Any) -> Any:
        """Return `value` as `get` would return it after a `set`: a copy, made by the codec.

        Nothing is stored or asked of a server. An adapter with a codec overrides this.

        Raises:
            TypeError, ValueError: `key` is not a `str` that UTF-8 can carry.
            EncodeError: The codec refuses `value`.
        """
        check_key(key)
        return value
