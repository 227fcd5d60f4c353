"""How the table of a report shows a command at the Redis door."""

from cache_provider.testing.seam import DoorCommand

_MOST = 24
"""How many characters of a word are shown."""

_SCRIPTS = frozenset({"EVAL", "EVAL_RO"})


def call_of(command: DoorCommand) -> str:
    """Return a command with its words, a transaction with its commands."""
    if command.commands:
        return f"{command.name}: {'; '.join(map(call_of, command.commands))}"
    words = [_shown(word) for word in command.words]
    if command.name in _SCRIPTS and words:
        words[0] = "…"
    elif command.name in {"EVALSHA", "EVALSHA_RO"} and words:
        words[0] = f"{words[0][:6]}…"
    return " ".join([command.name, *words])


def _shown(word: str | bytes) -> str:
    text = word if isinstance(word, str) else repr(word)
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"
