"""The page's table of commands, made from the table of commands."""

from cache_provider.door import dispatcher
from cache_provider.door.table import COMMANDS

TITLES = {
    "strings": "Strings",
    "keys": "Keys",
    "hashes": "Hashes",
    "lists": "Lists",
    "sets": "Sets",
    "sorted_sets": "Sorted sets",
    "sorted_set_ranges": "Ranges of sorted sets",
    "sorted_set_algebra": "Several sorted sets",
    "blocking_commands": "Waiting",
    "bits": "Bits",
    "sorting": "Sorting",
    "pubsub": "Pub/sub",
    "transactions": "Transactions",
    "scripting": "Scripts",
    "connection": "Connection",
    "server": "Server",
    "debugging": "For tests of Redis",
}


def table() -> str:
    """Return the table of all commands by family, in Markdown."""
    families = [module.__name__.rpartition(".")[2] for module in dispatcher.FAMILIES]
    rows = [
        f"| {TITLES[family]} | {', '.join(f'`{name}`' for name in sorted(_names(family)))} |"
        for family in families
    ]
    return "\n".join(["| family | commands |", "|---|---|", *rows])


def _names(family: str) -> list[str]:
    return [entry.name.replace("|", " ") for entry in COMMANDS.values() if entry.family == family]
