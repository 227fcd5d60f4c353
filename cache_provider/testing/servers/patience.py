"""Waiting for another process: bounded, and on real time whatever a test has done to the clocks."""

import threading
import time
from collections.abc import Callable

LOOK_AGAIN = 0.003
"""Real seconds between two looks at another process."""


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Look until `condition()` is true; tell whether it became so within `seconds`."""
    # No tool that moves a test's time touches this clock; most of them do touch time.monotonic.
    give_up = time.clock_gettime(time.CLOCK_MONOTONIC) + seconds
    look_again = threading.Event()
    while not condition():
        if time.clock_gettime(time.CLOCK_MONOTONIC) > give_up:
            return False
        look_again.wait(LOOK_AGAIN)
    return True
