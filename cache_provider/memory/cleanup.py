"""`CleanupService`: sweeps what expired and nobody touched."""

import threading
from types import TracebackType
from typing import NamedTuple, Self

from cache_provider.arguments import Ttl, ttl_ms
from cache_provider.errors import CacheClosedError
from cache_provider.exclusion import Mutex, exclusive
from cache_provider.forking import heed_forks
from cache_provider.memory.adapter import InMemoryCacheAdapter


class CleanupResult(NamedTuple):
    """What one sweep of all adapters did.

    Attributes:
        removed: How many expired entries were removed.
        instances: How many adapters were swept.
        errors: For each adapter whose sweep failed, its `cache_name` and the error.
    """

    removed: int = 0
    instances: int = 0
    errors: tuple[tuple[str, Exception], ...] = ()

    @property
    def success(self) -> bool:
        """Whether no sweep failed."""
        return not self.errors


class CleanupService:
    """Sweeps every live `InMemoryCacheAdapter` from a daemon thread, at an interval.

    Expired keys are never visible; a sweep gives back the memory of those that
    nobody asks for again. Adapters that are no longer used are not kept alive.
    An adapter whose sweep fails is reported in the result and in the log, and
    the others are swept all the same. In a forked child a service that was
    running runs again.

    Args:
        interval: Real time between two sweeps, a `timedelta` or seconds, more than 0.

    Raises:
        TypeError, ValueError: `interval` is not legal.
    """

    def __init__(self, interval: Ttl = 60.0) -> None:
        self._seconds = min(ttl_ms("interval", interval) / 1000, threading.TIMEOUT_MAX)
        self._changing = Mutex()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        heed_forks(self)

    @property
    def running(self) -> bool:
        """Whether the thread is running."""
        return self._thread is not None

    @exclusive("_changing")
    def start(self) -> None:
        """Start the thread, unless it runs."""
        if self._thread is None:
            self._launch()

    def stop(self) -> None:
        """Stop the thread and wait for it; it ends within one sweep. Does nothing if it does not run."""
        thread = self._let_go()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    @exclusive("_changing")
    def _let_go(self) -> threading.Thread | None:
        """Tell the thread to end, and return it."""
        thread, self._thread = self._thread, None
        self._stopping.set()
        return thread

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def run_once(self) -> CleanupResult:
        """Sweep every live adapter now, in the calling thread."""
        removed, errors = 0, list[tuple[str, Exception]]()
        adapters = InMemoryCacheAdapter.instances()
        for adapter in adapters:
            try:
                removed += adapter.cleanup_expired()
            except CacheClosedError:
                continue  # closed since it was listed: nothing to sweep is not a failure
            except Exception as error:
                # Imported here, so that `import cache_provider` stays cheap.
                import logging  # noqa: PLC0415 - see above

                logging.getLogger(__name__).exception("sweep of cache %r failed", adapter.cache_name)
                errors.append((adapter.cache_name, error))
        return CleanupResult(removed, len(adapters), tuple(errors))

    def cleanup_memory_cache_expired(self) -> CleanupResult:
        """Do what `run_once` does, under the name that existing callers know."""
        return self.run_once()

    def _after_fork(self) -> None:
        """Run again in a child whose parent ran."""
        self._changing = Mutex()
        if self._thread is not None:
            self._launch()

    def _launch(self) -> None:
        # An event of its own for each thread: a stop and a start in a row cannot mix them up.
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._sweep_until, args=(self._stopping,), name="cache-provider-cleanup", daemon=True
        )
        self._thread.start()

    def _sweep_until(self, stopping: threading.Event) -> None:
        while not stopping.wait(self._seconds):
            self.run_once()
