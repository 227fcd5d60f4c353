"""The libraries that faces need, in the least version that has what is used of them."""

from importlib.metadata import PackageNotFoundError, version

BALDUR = ("baldur-framework", (1, 17))
CACHETORY = ("cachetory", (3, 0))


def require(library: tuple[str, tuple[int, int]], face: str) -> None:
    """Refuse to go on without a library, or with one that is too old.

    Args:
        library: Its name on the package index, and the least version.
        face: The module that needs it, for the message.

    Raises:
        ImportError: It is missing or too old; the message says what to install.
    """
    name, least = library
    needed = f"{name}>={least[0]}.{least[1]}"
    try:
        found = version(name)
    except PackageNotFoundError:
        raise ImportError(f"{face} needs {needed}: pip install '{needed}'") from None
    if _release(found) < least:
        raise ImportError(f"{face} needs {needed}, not {found}: pip install -U '{needed}'")


def _release(text: str) -> tuple[int, ...]:
    """Return the first two numbers of a version."""
    return tuple(int(part) for part in text.split(".")[:2] if part.isdecimal())
