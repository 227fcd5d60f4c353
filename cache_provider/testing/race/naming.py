"""How tasks are called that nobody gave a name."""

from cache_provider.testing.race.tasks import Task


def name_of(number: int, parent: Task | None) -> str:
    """Return A, B, C, ... for what the scenario makes, A.1 for what A makes, and main for itself."""
    if number == 0:
        return "main"
    if parent is None or parent.number == 0:
        return _letters(number if parent is None else parent.children + 1)
    return f"{parent.name}.{parent.children + 1}"


def _letters(number: int) -> str:
    """Return "A" for 1, "Z" for 26, "A2" for 27."""
    turn, letter = divmod(number - 1, 26)
    return chr(ord("A") + letter) + (str(turn + 1) if turn else "")
