"""The door answers random commands as a real server does, byte for byte.

The normal run sends thousands and is the same every time. A long one, different
every time, is asked for by its number of commands:

    DOOR_COMMANDS=1000000 pytest tests/door/commands
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom

import pytest

from cache_provider import ManualClock
from cache_provider.door import lookup
from cache_provider.testing.servers import MovableServer, ServerBinary, can_move_time, find_servers
from tests.door.commands.grammar import FORMS
from tests.door.commands.lies import LIES, told
from tests.door.commands.pair import DivergenceError, Pair
from tests.door.commands.runs import run
from tests.door.commands.versions import Version, table

NORMAL = 20_000
FEWER = 6_000
PAGE = Path(__file__).parents[3] / "docs" / "door.md"
LONG_RUN = os.environ.get("DOOR_COMMANDS", "")
START = datetime(2030, 1, 1, tzinfo=UTC)
SERVERS = [
    binary for binary in find_servers() if binary.engine == "redis" and binary.version.startswith("7.0.")
]
OTHERS = [binary for binary in find_servers() if binary not in SERVERS]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Return the door and a Redis 7.0, whose time stands."""
    if not SERVERS or not can_move_time(SERVERS[0]):
        pytest.skip("there is no redis-server 7.0 whose time can be moved")
    with MovableServer(SERVERS[0], frozen_at=START) as real:
        together = Pair(real, real.url.removeprefix("unix://"), ManualClock(START))
        yield together
        together.close()


def test_the_door_answers_as_a_real_server_does(pair: Pair) -> None:
    """Thousands of commands of every family, in both protocols, valid and not, from two clients."""
    tally = run(pair, 1, NORMAL)
    assert {form.split()[0] for form in FORMS} - set(+tally) == set()


@pytest.mark.skipif(not LONG_RUN, reason="DOOR_COMMANDS does not ask for a long run")
def test_it_does_for_as_long_as_asked(pair: Pair) -> None:
    """As many commands as the environment asks for, and other ones each time."""
    run(pair, SystemRandom().randrange(2**32), int(LONG_RUN))


@pytest.mark.parametrize("server", OTHERS, ids=lambda server: f"{server.engine} {server.version}")
def test_the_door_answers_as_other_versions_do_but_for_what_is_listed(server: ServerBinary) -> None:
    """The differences are few, and a table says why each is."""
    if not can_move_time(server):
        pytest.skip("its time cannot be moved")
    with MovableServer(server, frozen_at=START) as real:
        version = Version(f"{server.engine} {server.version}")
        path = real.url.removeprefix("unix://")
        together = Pair(real, path, ManualClock(START), version=version)
        try:
            run(together, 1, int(LONG_RUN or FEWER))
        finally:
            together.close()


def test_the_page_lists_every_difference() -> None:
    """Its table is made of those that the runs allow."""
    assert table() in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("story", LIES)
def test_a_lie_is_found_within_the_normal_run(pair: Pair, story: str) -> None:
    """A door with one command that lies does not get through, and is found out."""
    with told(story):
        lookup.forget()
        with pytest.raises(DivergenceError):
            run(pair, 1, NORMAL)
    lookup.forget()
