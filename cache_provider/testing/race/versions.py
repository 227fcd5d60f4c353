"""What overwrote what: who wrote a key over somebody else's write that it had not seen."""

from typing import NamedTuple

from cache_provider.testing.race.recording import Row, short


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
            effect = row.operation.effect
            if effect.happened(row.result):
                writes[key] = _Seen(row.number, task, _written(row, key))
            elif effect.reads:
                reads[task, key] = _Seen(row.number, task, _read(row, key))
    return remarks


def _is_lost(row: Row, read: _Seen | None, written: _Seen | None) -> bool:
    if read is None or written is None or row.operation is None or not row.operation.effect.blind:
        return False
    return written.task != read.task and read.row < written.row


def _remark(row: Row, key: str, read: _Seen, written: _Seen, names: dict[int, str]) -> str:
    me, other = names[read.task], names[written.task]
    verb = "removes" if row.operation is not None and row.operation.effect.removes else "sets"
    return (
        f"{me} {verb} {key} over {written.text.format(other)} at row {written.row}, "
        f"though {me} {read.text} at row {read.row}"
    )


def _written(row: Row, key: str) -> str:
    """Return what a write did, with a place for who did it."""
    assert row.operation is not None, "only rows with an operation write"
    arguments = row.operation.arguments
    if row.operation.effect.removes:
        return "the removal that {} made"
    if "mapping" in arguments:
        return _wrote(arguments["mapping"][key])
    for argument in ("value", "new_value"):
        if argument in arguments:
            return _wrote(arguments[argument])
    return _wrote(row.result) if "amount" in arguments else "the change that {} made"


def _wrote(value: object) -> str:
    return f"the {short(value).replace('{', '{{').replace('}', '}}')} that {{}} wrote"


def _read(row: Row, key: str) -> str:
    assert row.operation is not None, "only rows with an operation read"
    result = row.result.get(key) if "keys" in row.operation.arguments else row.result
    return f"{'read' if row.operation.effect.counts else f'saw {row.operation.name}'} {short(result)}"
