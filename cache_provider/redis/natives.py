"""Commands that some servers have in place of a script: a key is removed if it holds a certain value."""

from typing import Any

from cache_provider.redis.requests import Argument

ASK = ("COMMAND INFO", "DELIFEQ", "DELEX")
"""Asks which of them a server has; in one word, as redis-py reads the answer to `COMMAND` itself."""


class DeleteIfEqual:
    """What a server has for it, asked once: `DELIFEQ` of Valkey 9, `DELEX` of Redis 8.4, or nothing.

    Attributes:
        is_known: Whether it was asked for.
    """

    def __init__(self) -> None:
        self.is_known = False
        self._name: bytes | None = None

    def learn(self, answer: list[Any]) -> None:
        """Take note of the answer to `ASK`: one entry for each command, None for those that are not there."""
        self.is_known = True
        names = [bytes(entry[0]).upper() for entry in answer if entry]
        self._name = names[0] if names else None

    def give_up(self) -> None:
        """Use the script from here on: the user may not use the command, or not ask."""
        self.is_known, self._name = True, None

    def words(self, full_key: bytes, value: Argument) -> tuple[Argument, ...] | None:
        """Return the command that removes a key if it holds a value; None where there is only the script."""
        if self._name is None:
            return None
        return (
            (self._name, full_key, value)
            if self._name == b"DELIFEQ"
            else (self._name, full_key, "IFEQ", value)
        )
