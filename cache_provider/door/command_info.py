"""What COMMAND tells of the table."""

from cache_provider.door.replies import Map, Reply, Status, Unordered
from cache_provider.door.table import SUBCOMMANDS, CommandRow


def command_info(entry: CommandRow) -> Reply:
    """Return name, arity, flags and keys of a command, as COMMAND INFO shows them."""
    keys = entry.keys
    flags = Unordered(Status(flag.encode()) for flag in sorted(entry.flags))
    return [
        entry.shown.encode(),
        entry.arity,
        flags,
        keys.first,
        keys.last,
        keys.step,
        Unordered(),
        Unordered(),
        Unordered(),
        [command_info(sub) for sub in SUBCOMMANDS.get(entry.name, {}).values()],
    ]


def command_docs(entry: CommandRow) -> tuple[bytes, Reply]:
    """Return a command's name and what COMMAND DOCS shows of it."""
    summary = (entry.run.__doc__ or "").partition("\n")[0]
    return entry.shown.encode(), Map([b"summary", summary.encode(), b"group", entry.family.encode()])
