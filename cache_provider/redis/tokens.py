"""The tokens that a claimant has sent, and what it knows of each."""

import os
import socket
from dataclasses import dataclass
from secrets import token_hex
from weakref import WeakKeyDictionary

from cache_provider.clock import SYSTEM_CLOCK
from cache_provider.threads import HERE, Thread
from cache_provider.waiting import Patience


@dataclass(eq=False)
class Tokens:
    """What one claimant sent to the server for one lock.

    A claim that was made begins a new one of these: so a caller still waiting
    for a reply about an earlier claim notes it there, and not on the new one.

    Attributes:
        held: The token of the claim that was made last.
        number: What the claim that was made last is numbered with.
        unheard: The token of a claim to which no reply came.
        is_returned: Whether the claim that was made was given back.
        is_returning: Whether a release was sent to which no reply came.
        lease: How long the claim that was made last runs, as far as is known.
        is_lost: Whether the claim that was made last was found to be gone.
    """

    held: str | None = None
    number: int | None = None
    unheard: str | None = None
    is_returned: bool = False
    is_returning: bool = False
    lease: Patience | None = None
    is_lost: bool = False

    def known_lost(self) -> bool:
        """Tell whether the claim that was made last is known to have ended, and not been given back."""
        if self.held is None or self.is_returned:
            return False
        return self.is_lost or (self.lease is not None and self.lease.is_over())

    def prolong(self, milliseconds: int, *, afresh: bool) -> None:
        """Note that the lease was made longer."""
        left = 0 if afresh or self.lease is None else int(self.lease.left() * 1000)
        self.lease = Patience(SYSTEM_CLOCK, left + milliseconds)

    def live(self) -> list[str]:
        """Return those that may be on the server."""
        held = None if self.is_returned else self.held
        return [token for token in (held, self.unheard) if token is not None]

    def fence(self) -> int | None:
        """Return the number of the claim that was made last, until it is known to be given back."""
        return None if self.held is None or self.is_returned else self.number

    def recoverable(self) -> str | None:
        """Return the one that the next claim may find on the server, and take over."""
        return self.held if self.is_returning and not self.is_returned else self.unheard

    def give_back(self) -> None:
        """Note that nothing of it is on the server any more."""
        self.is_returned, self.is_returning, self.unheard = True, False, None

    def forget(self, token: str | None) -> None:
        """Note that a claim to which no reply had come is not on the server."""
        if self.unheard == token:
            self.unheard = None

    def doubt(self) -> None:
        """Take the last reply as lost."""
        if self.is_returned:
            self.is_returned, self.is_returning = False, True
        else:
            self.unheard = self.held or self.unheard
            self.held = None


class Claimants:
    """The tokens of everybody who uses one handle.

    Args:
        by_thread: Whether each thread is a claimant of its own.

    Attributes:
        last: The tokens of the claim that was made last, by whichever claimant.
    """

    def __init__(self, *, by_thread: bool) -> None:
        self._shared = None if by_thread else Tokens()
        self._own: WeakKeyDictionary[Thread, Tokens] = WeakKeyDictionary()
        self.last = Tokens()

    def tokens(self) -> Tokens:
        """Return the caller's tokens."""
        return self._own.setdefault(HERE.thread, Tokens()) if self._shared is None else self._shared

    def begin(self, token: str, number: int | None, lease: Patience) -> None:
        """Note that the caller's claim was made, its number and its lease."""
        tokens = self.last = Tokens(held=token, number=number, lease=lease)
        if self._shared is None:
            self._own[HERE.thread] = tokens
        else:
            self._shared = tokens

    def all(self) -> list[str]:
        """Return the tokens of all claimants that may be on the server."""
        if self._shared is not None:
            return self._shared.live()
        # The references are copied in one step, which other threads cannot come between.
        threads = [thread for reference in self._own.keyrefs() if (thread := reference()) is not None]
        return [token for thread in threads for token in self._own[thread].live()]


def new_token() -> str:
    """Name a claim: by host, process and thread for the reader, at random for uniqueness."""
    return f"{socket.gethostname()}:{os.getpid()}:{HERE.thread.ident}:{token_hex(8)}"
