"""The URL of a server is one that redis-py takes."""

from typing import Any, cast

import pytest
import redis

from cache_provider.testing.servers import Address, Certificates, ServerBinary, ServerProcess

AWKWARD = 'p@ss:/?#%& "\\é\n'


def ping(server: ServerProcess) -> object:
    """Let redis-py, whose types are partly unknown, connect to a server and ask for a sign of life."""
    client: Any = cast("Any", redis.Redis).from_url(server.url)
    with client:
        return client.ping()


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
@pytest.mark.parametrize("password", [None, AWKWARD], ids=["open", "password"])
def test_redis_py_takes_the_url(binary: ServerBinary, password: str | None, tcp: bool) -> None:
    """Socket or port, and whatever is in the password."""
    with ServerProcess(binary, tcp=tcp, password=password) as server:
        assert ping(server)


def test_redis_py_takes_the_url_of_a_server_that_speaks_tls(
    tls_binary: ServerBinary, certificates: Certificates
) -> None:
    """The authority to trust is part of the URL."""
    with ServerProcess(tls_binary, certificates=certificates) as server:
        assert ping(server)


def test_a_password_is_not_shown() -> None:
    """A failing test prints an address without its secret."""
    assert "secret" not in repr(Address(port=1, password="secret"))
