"""What an adapter of a Redis is besides its operations, for threads and for coroutines."""

from typing import Any, Generic, TypeVar

from cache_provider.arguments import Ttl, check_flag, check_key, check_name, check_text, lock_terms, ttl_ms
from cache_provider.codecs import Codec, check_codec, decode_for, encode_for
from cache_provider.interface.identity import Identity
from cache_provider.masking import masked
from cache_provider.redis.claim import LockTerms
from cache_provider.redis.delivery import Delivery
from cache_provider.redis.operations import Operations
from cache_provider.stats import CacheStats

DriverT = TypeVar("DriverT", bound=Delivery)


class RedisIdentity(Identity, Generic[DriverT]):
    """What an adapter is called, what it counted, and how it goes to another process.

    Pickled as its arguments; made again on the other side, with a client of its own.
    The pickle holds the URL with its password. What was counted stays behind.
    """

    _driver: DriverT

    def __init__(
        self, url: str | None, key_prefix: str, cache_name: str, codec: Codec | None, default_ttl: Ttl | None
    ) -> None:
        self._cache_name = check_text("cache_name", cache_name)
        self.default_ttl_ms = None if default_ttl is None else ttl_ms("default_ttl", default_ttl)
        self._operations = Operations(
            check_text("key_prefix", key_prefix), check_codec(codec), self.default_ttl_ms
        )
        self._place = "client" if url is None else masked(check_text("url", url))
        self._made_with = {
            "url": url,
            "key_prefix": key_prefix,
            "cache_name": cache_name,
            "codec": codec,
            "default_ttl": default_ttl,
        }

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._cache_name!r} prefix={self.key_prefix!r} at {self._place}>"

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make another one.

        Raises:
            TypeError: It was made from a client, which cannot travel.
        """
        name = type(self).__name__
        if self._made_with["url"] is None:
            raise TypeError(f"cannot pickle a {name} that was made from a client: make it from a URL")
        return _made, (type(self), self._made_with)

    @property
    def provider_name(self) -> str:
        return "redis"

    @property
    def cache_name(self) -> str:
        return self._cache_name

    @property
    def key_prefix(self) -> str:
        return self._operations.prefix

    def stats(self) -> CacheStats:
        self._driver.life.require()
        return self._operations.counts.stats()

    def as_stored(self, key: str, value: Any) -> Any:
        check_key(key)
        codec = self._operations.codec
        return decode_for(codec, key, encode_for(codec, key, value))

    def _lock_terms(
        self,
        name: str,
        timeout: Ttl,
        blocking_timeout: Ttl | None,
        *,
        fenced: bool,
        raise_on_release_error: bool,
        thread_local: bool,
    ) -> LockTerms:
        """Check what `get_lock` was told, and that the adapter is open."""
        check_name("name", name)
        lease_ms, blocking_ms = lock_terms(self.clock.now_ms(), timeout, blocking_timeout)
        check_flag("fenced", fenced)
        check_flag("raise_on_release_error", raise_on_release_error)
        check_flag("thread_local", thread_local)
        self._driver.life.require()
        return LockTerms(name, lease_ms, blocking_ms, fenced, raise_on_release_error, thread_local)


def _made(kind: type[Any], arguments: dict[str, Any]) -> Any:
    return kind(**arguments)
