"""Servers that belong together."""

from collections.abc import Iterator

import pytest

from cache_provider.testing.servers import Cluster, Sentinels, ServerBinary, ServerError, ServerProcess, group
from cache_provider.testing.servers.group import ServerGroup


@pytest.fixture
def pair(any_binary: ServerBinary) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Return two running servers that listen on ports."""
    with (
        ServerProcess(any_binary, tcp=True, password="a b") as one,
        ServerProcess(any_binary, tcp=True, password="a b") as other,
    ):
        yield one, other


def test_leaving_the_context_ends_every_member(pair: tuple[ServerProcess, ServerProcess]) -> None:
    """Nobody stops them one by one."""
    with ServerGroup(pair):
        pass
    assert [member.is_running for member in pair] == [False, False]


def test_what_never_comes_about_is_given_up(
    pair: tuple[ServerProcess, ServerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The complaint ends with the log of each."""
    monkeypatch.setattr(group, "PATIENCE", 0.01)
    with pytest.raises(ServerError, match=r"they do not agree(.|\n)*Ready(.|\n)*Ready"):
        ServerGroup(pair).expect(lambda: False, "they do not agree")


def test_the_url_of_a_cluster_lists_every_node(pair: tuple[ServerProcess, ServerProcess]) -> None:
    """A client may begin anywhere; the password is every node's."""
    one, other = pair
    assert Cluster(pair).url == f"redis+cluster://:a%20b@127.0.0.1:{one.port},127.0.0.1:{other.port}"


def test_the_url_of_sentinels_lists_every_sentinel(pair: tuple[ServerProcess, ServerProcess]) -> None:
    """The password is that of the servers, the service the one they watch."""
    one, other = pair
    group = Sentinels(sentinels=[one], servers=[other])
    assert group.url == f"redis+sentinel://:a%20b@127.0.0.1:{one.port}/mymaster/0"
