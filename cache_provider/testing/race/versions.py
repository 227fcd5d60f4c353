"""What overwrote what: who wrote a key over somebody else's write that it had not seen."""

from typing import NamedTuple

from cache_provider.testing.race.recording import Row, short

_READS = frozenset({"get", "exists", "ttl", "pttl", "mget", "mexists", "hget", "hgetall", "list_range"})
_BLIND = frozenset({"set", "mset", "delete", "mdelete", "hset"})
_CHANGES = _BLIND | {"incr", "decr", "push_limit", "hdel", "expire", "expire_at", "persist"}
_IF_TRUE = frozenset({"setnx", "cas_dict_field", "compare_and_set", "compare_and_delete"})


class _Seen(NamedTuple):
    row: int
    task: int
    text: str


def overwrites(rows: list[Row]) -> dict[int, list[str]]:
    """Return, by row, what is to be said about writes over what the writer had not seen."""
    reads: dict[tuple[int, str], _Seen] = {}
    writes: dict[str, _Seen] = {}
    remarks: dict[int, list[str]] = {}
    names = {row.task.number: row.task.name for row in rows if row.task is not None}
    for row in rows:
        if row.task is None or row.operation is None or not row.is_complete or row.operation.lock is not None:
            continue
        task = row.task.number
        for key in row.operation.keys:
            read, written = reads.get((task, key)), writes.get(key)
            if _is_lost(row, read, written) and read and written:
                remarks.setdefault(row.number, []).append(_remark(row, key, read, written, names))
            if _changes(row):
                writes[key] = _Seen(row.number, task, _written(row, key))
            elif row.operation.name in _READS or row.operation.name in _IF_TRUE:
                reads[task, key] = _Seen(row.number, task, _read(row, key))
    return remarks


def _is_lost(row: Row, read: _Seen | None, written: _Seen | None) -> bool:
    if read is None or written is None or row.operation is None or row.operation.name not in _BLIND:
        return False
    return written.task != read.task and read.row < written.row


def _changes(row: Row) -> bool:
    name = "" if row.operation is None else row.operation.name
    return name in _CHANGES or (name in _IF_TRUE and row.result is True)


def _remark(row: Row, key: str, read: _Seen, written: _Seen, names: dict[int, str]) -> str:
    me, other = names[read.task], names[written.task]
    verb = "removes" if row.operation is not None and "delete" in row.operation.name else "sets"
    return (
        f"{me} {verb} {key} over {written.text.format(other)} at row {written.row}, "
        f"though {me} {read.text} at row {read.row}"
    )


def _written(row: Row, key: str) -> str:
    """Return what a write did, with a place for who did it."""
    assert row.operation is not None, "only rows with an operation write"
    arguments = row.operation.arguments
    if row.operation.name in {"delete", "mdelete"}:
        return "the removal that {} made"
    if "mapping" in arguments:
        return _wrote(arguments["mapping"][key])
    for argument in ("value", "new_value"):
        if argument in arguments:
            return _wrote(arguments[argument])
    return _wrote(row.result) if row.operation.name in {"incr", "decr"} else "the change that {} made"


def _wrote(value: object) -> str:
    return f"the {short(value).replace('{', '{{').replace('}', '}}')} that {{}} wrote"


def _read(row: Row, key: str) -> str:
    assert row.operation is not None, "only rows with an operation read"
    result = row.result
    if row.operation.name in {"mget", "mexists"}:
        result = result.get(key)
    return f"{'read' if row.operation.name != 'exists' else 'saw exists'} {short(result)}"
