"""How keys, values and ttls become the words of a command."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from cache_provider.arguments import (
    Ttl,
    check_keep_ttl,
    check_key,
    check_name,
    deadline_after,
    octets_of,
    text_of,
    ttl_ms,
)
from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.codecs import Codec, encode_for
from cache_provider.glob import escape, is_only_stars
from cache_provider.redis import scripts
from cache_provider.redis.requests import Argument, Command, Evaluation, ManyKeys
from cache_provider.stats import Counts


class Wording:
    """Puts the requests of one adapter together: its prefix, codec and default ttl.

    Words are checked as they are put together: an operation that names them in
    the order of its signature refuses the first wrong one.
    """

    def __init__(self, key_prefix: str, codec: Codec, default_ttl_ms: int | None) -> None:
        self.prefix = key_prefix
        self.codec = codec
        self.counts = Counts()
        self._default_ttl_ms = default_ttl_ms

    def _full_key(self, key: str) -> bytes:
        return octets_of(self.prefix + check_key(key))

    def _read(self, key: str, name: str, *rest: Argument) -> Command:
        return Command((name, self._full_key(key), *rest), key, repeatable=True)

    def _write(self, key: str, name: str, *rest: Argument) -> Command:
        return Command((name, self._full_key(key), *rest), key)

    def _set(
        self, key: str, value: Any, ttl: Ttl | None, *options: Argument, keep_ttl: bool = False
    ) -> Command:
        full_key = self._full_key(key)
        wire = encode_for(self.codec, key, value)
        return Command(("SET", full_key, wire, *self._expiry(ttl, keep_ttl), *options), key)

    def _expiry(self, ttl: Ttl | None, keep_ttl: bool = False) -> tuple[Argument, ...]:
        """Return the words by which `SET` gives a value its deadline, or leaves it the one it has."""
        lifetime = self._lifetime(ttl)
        if check_keep_ttl(keep_ttl, ttl):
            return ("KEEPTTL",)
        return () if lifetime is None else ("PX", lifetime)

    def _many(self, keys: list[str], name: str, *, repeatable: bool) -> ManyKeys:
        """Return a command that takes several keys, which have been checked."""
        prefix = self.prefix
        words = tuple([octets_of(prefix + key) for key in keys])
        return ManyKeys(name, words, tuple(keys), repeatable)

    def _pairs(self, values: Mapping[str, Any]) -> tuple[bytes, ...]:
        """Return full keys and wire values in turn; the keys have been checked."""
        prefix, codec = self.prefix, self.codec
        pairs = ((octets_of(prefix + key), encode_for(codec, key, value)) for key, value in values.items())
        return tuple(chain.from_iterable(pairs))

    def _run(
        self,
        script: scripts.Script,
        key: str,
        *arguments: Argument,
        beside: tuple[bytes, ...] = (),
        hurried: bool = False,
    ) -> Evaluation:
        return Evaluation(script, self._full_key(key), arguments, key, hurried, beside)

    def _lifetime(self, ttl: Ttl | None) -> int | None:
        """Return the ttl of a write that creates a value, in milliseconds."""
        if ttl is None:
            return self._default_ttl_ms
        milliseconds = ttl_ms("ttl", ttl)
        deadline_after("ttl", SYSTEM_CLOCK.now_ms(), milliseconds)
        return milliseconds

    def _pattern(self, pattern: str) -> bytes:
        check_name("pattern", pattern)
        return octets_of(escape(self.prefix) + ("*" if is_only_stars(pattern) else pattern))

    def _without_prefix(self, full_keys: Iterable[bytes]) -> list[str]:
        start = len(self.prefix.encode())
        return [text_of(full_key[start:]) for full_key in full_keys]
