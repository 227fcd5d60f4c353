"""What the whole suite says before it starts."""

from tests.promises import FOUND, promised


def pytest_report_header() -> list[str]:
    """Say which servers the suite runs on, and which it was promised."""
    servers = ", ".join(f"{binary.name} ({binary.source})" for binary in FOUND.values())
    return [f"servers: {servers or 'none'}; promised: {', '.join(promised()) or 'none'}"]
