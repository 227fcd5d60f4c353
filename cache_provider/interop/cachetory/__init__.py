"""Backends for cachetory's `Cache` over any provider: `ProviderBackend` and `AsyncProviderBackend`.

Needs the package `cachetory`, 3.0 or newer. What a cache's serializer makes of a value is the
wire value: here it is stored by the provider's codec. `str` and `bytes` come
back as they went in under every codec that carries text; `BytesCodec` takes
`bytes` alone. Whatever else a serializer hands over, as `NoopSerializer` does,
is carried or refused as that codec says: `PickleCodec` carries nearly all.
"""

# ruff: noqa: E402 - an older library lacks what is imported: it is refused first

from cache_provider.interop.libraries import CACHETORY, require

require(CACHETORY, __name__)

from cache_provider.interop.cachetory.backends import AsyncProviderBackend, ProviderBackend

__all__ = ["AsyncProviderBackend", "ProviderBackend"]
