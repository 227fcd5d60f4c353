"""SORT."""

from collections.abc import Callable, Sequence
from typing import Any

from cache_provider.door.names import name_of
from cache_provider.door.numbers import integer, parse_double
from cache_provider.door.payloads import Members, Scores
from cache_provider.door.replies import Refusal, Reply, syntax_error, wrong_type
from cache_provider.door.session import ScriptSession
from cache_provider.door.table import Arguments, Keys, command
from cache_provider.door.view import View
from cache_provider.memory.payload import Fields, Items


class _SortOptions:
    def __init__(self, words: Arguments, *, may_store: bool) -> None:
        self.descending = self.alphabetic = False
        self.limit: tuple[int, int] | None = None
        self.by: bytes | None = None
        self.get: list[bytes] = []
        self.store: bytes | None = None
        position = 0
        while position < len(words):
            position += self._read(words[position].upper(), words[position + 1 : position + 3], may_store)

    def _read(self, word: bytes, following: Arguments, may_store: bool) -> int:
        if word in (b"ASC", b"DESC"):
            self.descending = word == b"DESC"
        elif word == b"ALPHA":
            self.alphabetic = True
        elif word == b"LIMIT" and len(following) == 2:
            self.limit = integer(following[0]), integer(following[1])
            return 3
        elif following and word == b"STORE" and may_store:
            self.store = following[0]
            return 2
        elif following and word == b"BY":
            self.by = following[0]
            return 2
        elif following and word == b"GET":
            self.get.append(following[0])
            return 2
        else:
            raise syntax_error()
        return 1

    @property
    def sorts(self) -> bool:
        """Whether there is an order to find: a pattern without a star says not."""
        return self.by is None or b"*" in self.by


def look_up(view: View, pattern: bytes, element: bytes) -> bytes | None:
    """Return what a pattern of BY or GET finds for an element."""
    if pattern == b"#":
        return element
    key, arrow, field = pattern.partition(b"->")
    if b"*" not in key or (arrow and not field):
        key, arrow, field = pattern, b"", b""
    if b"*" not in key:
        return None
    found = view.entry(name_of(key.replace(b"*", element, 1)))
    if found is None:
        return None
    if arrow:
        return found[0].get(name_of(field)) if isinstance(found[0], Fields) else None
    try:
        return view.string(key.replace(b"*", element, 1))
    except Refusal:
        return None


def _elements(view: View, key: bytes, options: _SortOptions) -> list[bytes]:
    found = view.entry(name_of(key))
    if found is None:
        return []
    payload = found[0]
    if isinstance(payload, Members):
        return list(payload)
    if isinstance(payload, Scores):
        members = [member for _, member in payload.order]
    elif isinstance(payload, Items):
        members = list(payload)
    else:
        raise wrong_type()
    return members[::-1] if options.descending and not options.sorts else members


def _number(text: bytes | None) -> float:
    number = 0.0 if text is None else _leading_double(text)
    if number is None:
        raise Refusal("ERR One or more scores can't be converted into double")
    return number


def _leading_double(text: bytes) -> float | None:
    stripped = text.partition(b"\0")[0].lstrip(b" \t\n\v\f\r")
    return parse_double(stripped) if stripped else 0.0


def _weight(view: View, options: _SortOptions) -> Callable[[bytes], Any]:
    by = options.by

    def weigh(element: bytes) -> bytes | None:
        return element if by is None else look_up(view, by, element)

    if options.alphabetic:
        # A missing weight comes before every other.
        return lambda element: (b"", 0) if (text := weigh(element)) is None else (text, 1)
    return lambda element: (_number(weigh(element)), element)


def _sorted(view: View, elements: list[bytes], options: _SortOptions) -> Sequence[bytes]:
    if not options.sorts:
        return elements
    # Elements of the same weight keep their order; of numbers they are told apart by their own text.
    return sorted(elements, key=_weight(view, options), reverse=options.descending)


def _cut(elements: Sequence[bytes], limit: tuple[int, int] | None) -> Sequence[bytes]:
    if limit is None:
        return elements
    start, number = max(0, limit[0]), limit[1]
    return elements[start:] if number < 0 else elements[start : start + number]


def _sort(view: View, arguments: Arguments, *, may_store: bool) -> Reply:
    key = arguments[0]
    options = _SortOptions(arguments[1:], may_store=may_store)
    elements = _elements(view, key, options)
    # Without an order a set has none at all, which neither a list nor a script's reader would expect.
    is_kept = options.store is not None or isinstance(view.session, ScriptSession)
    if is_kept and not options.sorts and isinstance(view.payload(key), Members):
        elements.sort(reverse=options.descending)
    chosen = _cut(_sorted(view, elements, options), options.limit)
    results: list[bytes | None] = [
        look_up(view, pattern, element) if options.get else element
        for element in chosen
        for pattern in options.get or [b"#"]
    ]
    if options.store is None:
        return results
    return view.replace(options.store, Items(text or b"" for text in results), "sortstore", "l")


def _keys(arguments: Arguments) -> list[bytes]:
    stores = [
        arguments[place + 1] for place in range(1, len(arguments) - 1) if arguments[place].upper() == b"STORE"
    ]
    return [arguments[0], *stores[-1:]]


@command("SORT", -2, "write denyoom", Keys(1, 1, 1, _keys))
def sort(view: View, arguments: Arguments) -> Reply:
    """Return or keep a list, set or sorted set in another order."""
    return _sort(view, arguments, may_store=True)


@command("SORT_RO", -2, "readonly", Keys(1, 1, 1))
def sort_ro(view: View, arguments: Arguments) -> Reply:
    """Return a list, set or sorted set in another order."""
    return _sort(view, arguments, may_store=False)
