"""A server that speaks TLS."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from cache_provider.testing.servers import (
    Certificates,
    Connection,
    ServerBinary,
    ServerProcess,
    can_speak_tls,
    find_servers,
    make_certificates,
)
from tests.servers.conftest import IN_CI


@pytest.mark.skipif(not IN_CI, reason="only CI promises a server with TLS")
def test_ci_has_a_server_with_tls(certificates: Certificates) -> None:
    """In CI not every test of TLS is skipped."""
    assert any(can_speak_tls(binary, certificates) for binary in find_servers())


def test_it_answers_who_trusts_the_authority(tls_binary: ServerBinary, certificates: Certificates) -> None:
    """The certificate is good for 127.0.0.1."""
    with ServerProcess(tls_binary, certificates=certificates) as server:
        assert server.call("PING") == "PONG"


def test_it_is_not_trusted_by_who_trusts_another(
    tls_binary: ServerBinary, certificates: Certificates, tmp_path: Path
) -> None:
    """The authority is the test's own; nobody else believes in it."""
    stranger = make_certificates(tmp_path).authority
    with (
        ServerProcess(tls_binary, certificates=certificates) as server,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        Connection(replace(server.address, authority=stranger))


def test_it_does_not_speak_in_the_clear(tls_binary: ServerBinary, certificates: Certificates) -> None:
    """A client that forgot TLS is cut off."""
    with (
        ServerProcess(tls_binary, certificates=certificates) as server,
        Connection(replace(server.address, authority=None)) as connection,
        pytest.raises(ConnectionError),
    ):
        connection.call("PING")


def test_a_password_goes_with_it(tls_binary: ServerBinary, certificates: Certificates) -> None:
    """One does not exclude the other."""
    with ServerProcess(tls_binary, certificates=certificates, password="secret") as server:
        assert server.call("PING") == "PONG"
