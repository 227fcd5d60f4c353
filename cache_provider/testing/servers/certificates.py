"""A certificate authority that only a test believes in, and what it certifies."""

from dataclasses import dataclass
from pathlib import Path

from cache_provider.testing.servers.address import HOST


@dataclass(frozen=True, slots=True)
class Certificates:
    """What a server needs to speak TLS on 127.0.0.1, as PEM files.

    Attributes:
        authority: The authority's certificate, which clients must trust.
        certificate: The server's certificate.
        key: The server's private key.
    """

    authority: Path
    certificate: Path
    key: Path


def make_certificates(directory: Path) -> Certificates:
    """Make an authority and a certificate for 127.0.0.1 and localhost in `directory`.

    Needs the package trustme.
    """
    import trustme  # noqa: PLC0415 - only those who test TLS need it

    authority = trustme.CA()
    server = authority.issue_cert(HOST, "localhost")
    made = Certificates(directory / "authority.pem", directory / "server.pem", directory / "server.key")
    authority.cert_pem.write_to_path(str(made.authority))
    server.private_key_pem.write_to_path(str(made.key))
    for certificate in server.cert_chain_pems:
        certificate.write_to_path(str(made.certificate), append=True)
    return made
