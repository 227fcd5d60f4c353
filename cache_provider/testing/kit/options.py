"""What one test may ask of its caches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypeAlias, cast, get_args

from cache_provider.arguments import Ttl, check_flag, check_integer, check_text
from cache_provider.codecs import Codec
from cache_provider.errors import CacheConfigurationError
from cache_provider.memory.eviction import Eviction

Strictness: TypeAlias = Literal["off", "warn", "error"]
"""What a leak leads to."""


@dataclass(frozen=True, kw_only=True)
class KitOptions:
    """How the caches of one test are made and judged.

    Attributes:
        codec: How values become bytes; `JsonCodec()` by default.
        default_ttl: The ttl of writes that create a value and give none.
        max_size: How many entries the double's server holds at most.
        eviction: What to evict when it is full, `"lru"` or `"fifo"`.
        key_prefix: What stands before every key.
        url: The server to run on; None is the double.
        leaks: What a leak leads to; None: locks fail the test, keys are warned of.
        allow_keys: Patterns of keys that may be left without a ttl.
        allow_locks: Patterns of locks that may stay held.
        database: The number of the database that clients of redis-py select, on the double.
        decode_responses: Whether they make text of replies.
        protocol: Which of Redis' they speak, 2 or 3; None: redis-py's own choice.
        lua: False: scripts are refused, as where the extra `lua` is not installed. True: without it the test
            fails at once.
    """

    codec: Codec | None = None
    default_ttl: Ttl | None = None
    max_size: int | None = None
    eviction: Eviction = "lru"
    key_prefix: str = "test:"
    url: str | None = None
    leaks: Strictness | None = None
    allow_keys: tuple[str, ...] = ()
    allow_locks: tuple[str, ...] = ()
    database: int = 0
    decode_responses: bool = False
    protocol: Literal[2, 3] | None = None
    lua: bool | None = None

    def but(self, options: Mapping[str, Any]) -> "KitOptions":
        """Return these options with others in their place; patterns of what is allowed are added.

        Raises:
            CacheConfigurationError: There is no such option; the message says which there are.
            TypeError, ValueError: A value is not legal.
        """
        names = [field.name for field in fields(self)]
        for name in options:
            if name not in names:
                raise CacheConfigurationError(f"there is no option {name!r}; there are {', '.join(names)}")
        allowed = {
            name: getattr(self, name) + _patterns(name, options[name])
            for name in ("allow_keys", "allow_locks")
            if name in options
        }
        check_strictness("leaks", options.get("leaks"))
        _check_client(options)
        return replace(self, **{**options, **allowed})


def _check_client(options: Mapping[str, Any]) -> None:
    check_integer("database", options.get("database", 0), minimum=0)
    check_flag("decode_responses", options.get("decode_responses", False))
    if options.get("lua") is not None:
        check_flag("lua", options["lua"])
    if options.get("protocol") not in (None, 2, 3):
        raise ValueError(f"protocol must be 2 or 3, not {options['protocol']!r}")


def check_strictness(name: str, value: object) -> Strictness | None:
    """Return `value` if it says what a leak leads to, or is None.

    Raises:
        ValueError: It is anything else.
    """
    if value is None:
        return None
    for strictness in get_args(Strictness):
        if strictness == value:
            return strictness  # type: ignore[no-any-return] # get_args does not tell
    raise ValueError(f"{name} must be one of {', '.join(get_args(Strictness))}, not {value!r}")


def _patterns(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be an iterable of patterns, not {value!r}")
    return tuple(check_text(name, pattern) for pattern in cast("Iterable[object]", value))
