"""An error aimed at some operations; others decide when it strikes."""

from cache_provider.errors import CacheUnavailableError
from cache_provider.testing.faults.errors import ErrorOrClass, check_error, made_for
from cache_provider.testing.faults.fault import Target
from cache_provider.testing.seam.operation import Operation


class AimedError:
    """An error for operations of one kind: the race explorer tries it at each, before and after its effect.

    >>> from cache_provider.testing.race import explore
    >>> from cache_provider import CacheTimeoutError
    >>> late = AimedError("set", key="user:*", error=CacheTimeoutError)
    >>> def scenario(r):
    ...     r.spawn(r.cache.set, "user:1", "ada")
    ...     r.join()
    >>> explore(scenario, faults=[late]).failure is None
    False

    Args:
        operation: The name of the operation: the method's name, or for locks
            `"lock.acquire"`, `"lock.release"`, ...; None for any.
        key: A Redis glob for its key or lock name; one of several keys is enough.
        error: An error of `cache_provider.errors`, a class or an instance.

    Raises:
        TypeError: An argument has the wrong type, or `error` is not one of those errors.
        ValueError: There is no such operation.
    """

    def __init__(
        self,
        operation: str | None = None,
        key: str | None = None,
        *,
        error: ErrorOrClass = CacheUnavailableError,
    ) -> None:
        self._target = Target(operation, key)
        self._error = check_error(error)

    def __repr__(self) -> str:
        kind = self._error if isinstance(self._error, type) else type(self._error)
        words = (kind.__name__, "at", self._target.operation or "any operation", self._target.key or "")
        return " ".join(filter(None, words))

    def __call__(self, operation: Operation) -> Exception | None:
        """Return the error for an operation, None if it is not aimed at it."""
        return made_for(self._error, operation) if self._target.matches(operation) else None
