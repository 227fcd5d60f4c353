"""The double does what a real server does, whatever is done to both.

The normal run takes thousands of random steps and is the same every time. A
long one, different every time, is asked for by the number of runs of up to 50
steps it shall make:

    SIDE_BY_SIDE_EXAMPLES=20000 pytest tests/side_by_side

Time passes on the server without any waiting: it is taken from what its keys
have left. Since a server's own time cannot be stopped, remaining times are
compared on a grid of seconds; what happens below a second, the contract tests
cover on the double's clock.
"""

import os
from typing import Any

import pytest

from cache_provider import CacheProviderInterface, DistributedLock
from tests.side_by_side.lies import LIARS, Liar
from tests.side_by_side.pair import DivergenceError
from tests.side_by_side.runs import compare, compare_coroutines, expose

EXAMPLES = 200
LONG_RUN = os.environ.get("SIDE_BY_SIDE_EXAMPLES", "")

NOT_OPERATIONS = {
    "as_stored",
    "default_ttl_ms",
    "provider_name",
    "cache_name",
    "key_prefix",
    "clock",
    "stats",
}
"""What says something of an adapter; `stats` is compared at every step."""


OF_HANDLES = {"name", "raise_on_release_error", "made", "doubt"}
"""What says something of a handle, and what only the test kit tells it."""


def operations() -> set[str]:
    """Return the names of all that a provider and its locks can be asked to do."""
    of_locks = {f"lock.{name}" for name in public(DistributedLock) - OF_HANDLES}
    return public(CacheProviderInterface) - NOT_OPERATIONS | of_locks | {"lock.__enter__"}


def public(interface: type) -> set[str]:
    """Return the public names of an interface."""
    return {name for name in dir(interface) if not name.startswith("_")}


def test_the_double_and_a_real_server_do_the_same(redis_client: Any) -> None:
    """Thousands of steps, every operation among them: same results, errors and state after each."""
    tally = compare(redis_client, EXAMPLES, derandomize=True)
    # How often each operation was drawn is Hypothesis' choice and differs between its versions.
    assert tally.total() > 5000
    assert operations() - set(+tally) == set()


def test_the_asynchronous_double_and_a_real_server_do_the_same(redis_client: Any) -> None:
    """The same machine, each operation awaited on an event loop."""
    tally = compare_coroutines(redis_client, EXAMPLES // 4, derandomize=True)
    assert tally.total() > 1000


@pytest.mark.skipif(not LONG_RUN, reason="SIDE_BY_SIDE_EXAMPLES does not ask for a long run")
def test_they_do_the_same_for_as_long_as_asked(redis_client: Any) -> None:
    """As many runs as the environment asks for, and other ones each time."""
    compare(redis_client, int(LONG_RUN), derandomize=False)


@pytest.mark.parametrize("liar", LIARS)
def test_a_lie_is_found_within_the_normal_run(redis_client: Any, liar: type[Liar]) -> None:
    """A double with one known lie does not get through, and is found out by that lie."""
    with pytest.raises(DivergenceError) as caught:
        expose(redis_client, EXAMPLES, liar)
    assert caught.value.operation in liar.shows_in
