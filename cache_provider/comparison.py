"""When two decoded values are the same, as compare-and-set sees it.

Python says `1 == True` and `(1,) != [1]`; JSON, which is what travels to a
Redis, says the opposite. Compare-and-set follows JSON.
"""

from collections.abc import Mapping, Sequence
from typing import cast


def same_value(left: object, right: object) -> bool:
    """Tell whether two values are equal by value and by JSON type, at any depth.

    Numbers compare by value (`1` and `1.0` are the same); booleans are not
    numbers; lists and tuples are both arrays. Values outside JSON, which other
    codecs may carry, are the same when their types are the same and `==` holds.
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if _both(left, right, (int, float)):
        return left == right
    if _both(left, right, (list, tuple)):
        return _same_items(cast("Sequence[object]", left), cast("Sequence[object]", right))
    if _both(left, right, (dict,)):
        return _same_fields(cast("Mapping[object, object]", left), cast("Mapping[object, object]", right))
    return type(left) is type(right) and left == right


def same_field(record: object, field: str, value: object) -> bool:
    """Tell whether `record` is a dict that has `field`, and the same value in it."""
    if not isinstance(record, dict):
        return False
    fields = cast("Mapping[object, object]", record)
    return field in fields and same_value(fields[field], value)


def _both(left: object, right: object, kinds: tuple[type, ...]) -> bool:
    return isinstance(left, kinds) and isinstance(right, kinds)


def _same_items(left: Sequence[object], right: Sequence[object]) -> bool:
    return len(left) == len(right) and all(map(same_value, left, right))


def _same_fields(left: Mapping[object, object], right: Mapping[object, object]) -> bool:
    return left.keys() == right.keys() and all(same_value(left[field], right[field]) for field in left)
