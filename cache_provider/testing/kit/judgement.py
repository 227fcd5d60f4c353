"""What becomes of the leaks of a test."""

from collections.abc import Iterable
from warnings import warn_explicit

from cache_provider.testing.kit.options import Strictness
from cache_provider.testing.leaks import Leak
from cache_provider.testing.leaks.leak import UNRETURNED, allowing


class CacheLeakWarning(UserWarning):
    """A test left something in its cache that production would keep for ever, or for too long."""


def how_to_allow(leaks: Iterable[Leak]) -> str:
    """Return a line that says how to let these leaks stay."""
    return f"if it is meant to stay: @pytest.mark.cache_provider({allowing(leaks)})"


def judge(leaks: Iterable[Leak], strictness: Strictness | None) -> list[Leak]:
    """Warn of the leaks that deserve a warning; return those that fail the test.

    Without a strictness, locks fail the test and keys are warned of. A warning
    that the suite's filters turn into an error fails it too.
    """
    return [leak for leak in leaks if not _is_settled(leak, strictness)]


def _is_settled(leak: Leak, strictness: Strictness | None) -> bool:
    verdict = strictness or ("error" if leak.kind in UNRETURNED else "warn")
    if verdict == "error":
        return False
    try:
        warn_explicit(f"{leak}\n{how_to_allow([leak])}", CacheLeakWarning, leak.site.path, leak.site.line)
    except CacheLeakWarning:
        return False
    return True
