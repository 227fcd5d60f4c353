"""Reading and showing URLs that may hold a password."""

import re
from urllib.parse import SplitResult, urlsplit

from cache_provider.errors import CacheConfigurationError

# To the last @ of all: what an unquoted one leaves behind is a piece of the password.
_USER_INFO = re.compile(r"(?s)(?<=://)([^/@:]*):(.*)@")
_PASSWORD_OPTION = re.compile(r"(?i)(?<=[?&])((?:[a-z_]*password)=)[^&]*")


def masked(url: str) -> str:
    """Return `url` with its passwords replaced by stars.

    >>> masked("redis://ada:secret@localhost/0")
    'redis://ada:***@localhost/0'
    """
    return _PASSWORD_OPTION.sub(r"\1***", _USER_INFO.sub(r"\1:***@", url))


def split_url(url: str, schemes: tuple[str, ...]) -> SplitResult:
    """Return the parts of `url`.

    Raises:
        CacheConfigurationError: It has none of these schemes, no parts at all,
            or parts that only a password with unquoted characters makes.
    """
    scheme, separator, _ = url.partition("://")
    if scheme not in schemes or not separator:
        raise CacheConfigurationError(f"url must begin with one of {schemes} and ://, not {masked(url)!r}")
    try:
        parts = urlsplit(url)
    except ValueError:
        # Python's own message quotes the part with the password.
        raise CacheConfigurationError(f"url's host cannot be read in {masked(url)!r}") from None
    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise CacheConfigurationError(
            f"url has an @ behind its host, in {masked(url)!r}; quote it as %40, and /, ? and # in a password"
        )
    return parts


def check_place(parts: SplitResult, url: str) -> None:
    """Refuse a port or a database that is none; an unquoted `/` or `:` in a password makes one look so.

    Raises:
        CacheConfigurationError: The port is not a number up to 65535, or the database no number.
    """
    try:
        _ = parts.port
    except ValueError:
        raise CacheConfigurationError(
            f"url's port must be a number up to 65535, in {masked(url)!r}; is the password quoted?"
        ) from None
    database = parts.path.strip("/")
    if database and not (database.isascii() and database.isdecimal()):
        raise CacheConfigurationError(f"url's database must be a number, not {database!r}")
