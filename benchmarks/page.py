"""The page of the documentation: its words stay, its figures are replaced."""

import re
from pathlib import Path

BEGIN = "<!-- measured: written by python -m benchmarks --page -->"
END = "<!-- measured: end -->"

_MEASURED = re.compile(f"(?<={re.escape(BEGIN)}\n).*?(?={re.escape(END)})", re.DOTALL)


def replace_figures(page: Path, figures: str) -> None:
    """Put `figures` between the two marks of `page`.

    Raises:
        ValueError: The page does not have both marks, in their order, once.
    """
    text = page.read_text("utf-8")
    new, replaced = _MEASURED.subn(lambda _: f"\n{figures}\n", text)
    if replaced != 1:
        raise ValueError(f"{page} must hold {BEGIN} and {END} once, not {replaced} times")
    page.write_text(new, "utf-8")
