"""A real primary under real sentinels, on every server found."""

from cache_provider.testing.servers import ServerBinary, start_sentinels


def test_the_replica_takes_the_place_of_a_killed_primary(binary: ServerBinary) -> None:
    """What it had confirmed is still there, and the sentinels name it."""
    with start_sentinels(binary, password='se"cret') as group:
        with group.primary.connect() as connection:
            connection.call("SET", "k", "v")
            connection.call("WAIT", 1, 5000)
        group.kill_primary()
        assert group.wait_for_primary().call("GET", "k") == "v"
