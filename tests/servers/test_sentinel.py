"""A real primary under real sentinels, on every server found."""

from cache_provider.testing.servers import ServerBinary, WireReply, start_sentinels
from tests.servers.conftest import FOUND, on_each


def kill_the_primary(binary: ServerBinary) -> WireReply:
    """Return what the new primary knows of a key after the old one was killed."""
    with start_sentinels(binary, password='se"cret') as group:
        with group.primary.connect() as connection:
            connection.call("SET", "k", "v")
            connection.call("WAIT", 1, 5000)
        group.kill_primary()
        return group.wait_for_primary().call("GET", "k")


def test_the_replica_takes_the_place_of_a_killed_primary() -> None:
    """What the old primary had confirmed is still there, on the server that the sentinels name."""
    assert on_each(kill_the_primary) == {binary.name: "v" for binary in FOUND}
