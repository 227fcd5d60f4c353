"""What may happen next in a schedule, each as one number.

A number, because millions of them are compared: the low bits name the task, the
high bits what is special about its step; 0 is nothing special.
"""

from typing import TypeAlias

Option: TypeAlias = int
"""One thing that may happen next."""

_BITS = 16
_TASKS = (1 << _BITS) - 1

CLOCK: Option = _TASKS
"""Not a task's step: the next ttl, lease or time-out runs out."""

MOST_TASKS = _TASKS
"""How many tasks one schedule may have."""


def special(task: int, kind: int) -> Option:
    """Return the option that `task` goes on in a special way; `kind` counts from 1."""
    return kind << _BITS | task


def task_of(option: Option) -> int:
    """Return whose step an option is."""
    return option & _TASKS


def kind_of(option: Option) -> int:
    """Return what is special about an option, 0 for nothing."""
    return option >> _BITS


def price(option: Option, options: tuple[Option, ...], running: int) -> int:
    """Return how many interruptions an option is: of a task that could go on, of time, or a mishap.

    Args:
        option: The option.
        options: All that there were, itself included.
        running: The task that went on last.
    """
    if option == CLOCK:
        # Where every task waits, time has to pass: nobody is interrupted.
        return 0 if options[0] == CLOCK else 1
    interrupts = running in options and task_of(option) != running
    return int(interrupts) + (kind_of(option) > 0)
