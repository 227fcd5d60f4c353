"""Tokens: one schedule as a short text that can be pasted into a command."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Any, NamedTuple, cast

from cache_provider.arguments import check_text
from cache_provider.testing.race.lessons import Question
from cache_provider.testing.race.options import Option

_VERSION = 2


class Token(NamedTuple):
    """One schedule of one scenario, with all that it takes to run it again but the scenario and its faults.

    Attributes:
        scenario: What tells the scenario from others.
        choices: What was chosen, where there was a choice.
        labels: Who did what, row by row; shows where a scenario has changed.
        options: Those of the search that decide what there is to choose from.
        polled: What the search knew of tasks that poll.
    """

    scenario: str
    choices: tuple[Option, ...]
    labels: tuple[str, ...]
    options: dict[str, Any]
    polled: frozenset[Question] = frozenset()

    def __str__(self) -> str:
        polled = sorted(self.polled)
        content = [
            _VERSION,
            self.scenario,
            list(self.choices),
            "\n".join(self.labels),
            self.options,
            *([polled] if polled else []),
        ]
        packed = zlib.compress(json.dumps(content, separators=(",", ":")).encode(), level=9)
        return urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Token":
        """Return what `str` made a text of.

        Raises:
            TypeError: `text` is not a str.
            ValueError: It is not a token, or another version's.
        """
        check_text("token", text)
        try:
            packed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            version, *content = cast("list[Any]", json.loads(zlib.decompress(packed)))
        except (Error, zlib.error, ValueError, TypeError) as error:
            raise ValueError(f"token must be one that a failure printed, whole, not {text!r}") from error
        if version != _VERSION:
            raise ValueError(f"token must be of version {_VERSION}, not {version}: {text!r}")
        scenario, choices, labels, options, *more = content
        polled = frozenset((who, name, tuple(keys), told) for who, name, keys, told in (more or [[]])[0])
        return cls(scenario, tuple(choices), tuple(labels.split("\n")), options, polled)


def difference(then: tuple[str, ...], now: tuple[str, ...]) -> str | None:
    """Return where two runs differ, in words; None if they do not."""
    for number, (old, new) in enumerate(zip(then, now, strict=False), start=1):
        if old != new:
            return f"row {number} was {old!r} and is now {new!r}"
    if len(then) == len(now):
        return None
    longer, word = (
        (then, "and now ends") if len(then) > len(now) else (now, "where it ended then: now it goes on")
    )
    number = min(len(then), len(now))
    return f"the schedule had {len(then)} rows {word} after row {number}, before {longer[number]!r}"
