"""The lines of a test server's configuration file."""

from collections.abc import Mapping
from pathlib import Path

from cache_provider.testing.servers.address import HOST, Address
from cache_provider.testing.servers.certificates import Certificates

_SMALL_AND_QUICK = {
    "bind": HOST,
    "save": '""',
    "appendonly": "no",
    # Timers run this often a second; a SIGTERM waits for the next round.
    "hz": "100",
    "repl-diskless-sync": "yes",
    "repl-diskless-sync-delay": "0",
    "repl-diskless-load": "on-empty-db",
}

_PLAIN = range(32, 127)


def configuration(
    directory: Path, address: Address, certificates: Certificates | None, settings: Mapping[str, str]
) -> str:
    """Return the text of the file; `settings` come last and so have the last word."""
    lines = {
        **_SMALL_AND_QUICK,
        "dir": quoted(str(directory)),
        **(_unencrypted(address) if certificates is None else _encrypted(address, certificates)),
        **_protected(address),
        **settings,
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def quoted(text: str) -> str:
    """Return `text` as one word of a configuration file, whatever is in it."""
    plain = (
        chr(byte) if byte in _PLAIN and byte not in b'"\\' else f"\\x{byte:02x}" for byte in text.encode()
    )
    return f'"{"".join(plain)}"'


def _unencrypted(address: Address) -> dict[str, str]:
    if address.path is None:
        return {"port": str(address.port)}
    return {"port": "0", "unixsocket": quoted(str(address.path)), "unixsocketperm": "700"}


def _encrypted(address: Address, certificates: Certificates) -> dict[str, str]:
    return {
        "port": "0",
        "tls-port": str(address.port),
        "tls-cert-file": quoted(str(certificates.certificate)),
        "tls-key-file": quoted(str(certificates.key)),
        "tls-ca-cert-file": quoted(str(certificates.authority)),
        "tls-auth-clients": "no",
    }


def _protected(address: Address) -> dict[str, str]:
    if address.password is None:
        return {}
    return {"requirepass": quoted(address.password), "masterauth": quoted(address.password)}
