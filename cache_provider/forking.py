"""What must be made new in a child process after `os.fork`.

Only the forking thread lives on in the child: a mutex that another thread held
stays locked for ever, and threads that were running are gone.
"""

import os
from typing import Protocol
from weakref import WeakValueDictionary


class ForkAware(Protocol):
    """Something with state that does not survive a fork."""

    def _after_fork(self) -> None:
        """Make the state usable again; called in the child, by its only thread."""
        ...


_aware: "WeakValueDictionary[int, ForkAware]" = WeakValueDictionary()


def heed_forks(thing: ForkAware) -> None:
    """Call `thing._after_fork()` in every child process, as long as `thing` is alive."""
    _aware[id(thing)] = thing


def _after_fork_in_child() -> None:
    for reference in _aware.valuerefs():
        thing = reference()
        if thing is not None:
            # Private, since who uses the thing has no use for it.
            thing._after_fork()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # see above


if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
    os.register_at_fork(after_in_child=_after_fork_in_child)
