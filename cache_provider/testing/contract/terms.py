"""`Terms`: what a test of the contract asks of the provider that it connects."""

from dataclasses import dataclass

from cache_provider.arguments import Ttl
from cache_provider.codecs import Codec


@dataclass(frozen=True)
class Terms:
    """The terms on which a provider is connected; every provider of this package takes them by these names.

    `**vars(terms)` hands them over.

    Attributes:
        key_prefix: What stands before its keys.
        codec: How its values become bytes; None: the provider's own choice.
        default_ttl: The ttl, in seconds, of writes that name none; None: they persist.
        cache_name: What it calls itself.
    """

    key_prefix: str = "test:"
    codec: Codec | None = None
    default_ttl: Ttl | None = None
    cache_name: str = "contract"
