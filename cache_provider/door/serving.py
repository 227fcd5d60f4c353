"""The program that serves: its options, the lines it prints, and how it ends."""

import argparse
import signal
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from types import FrameType

from cache_provider.clock import Clock, ManualClock, SystemClock
from cache_provider.door import testing_commands
from cache_provider.memory.listening import Listening
from cache_provider.memory.server import MemoryServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    options = _options(arguments)
    server = MemoryServer(clock=_clock(manual=options.manual_clock))
    testing_commands.allow(server)
    with ExitStack() as stack, _signals() as ending:
        try:
            listeners = [stack.enter_context(listener) for listener in _listeners(server, options)]
        except (OSError, ValueError) as error:
            print(f"cannot listen: {error}", flush=True)  # noqa: T201 - a program
            return 1
        for listener in listeners:
            print(f"ready: {_shown(listener, options.password)}", flush=True)  # noqa: T201 - a program
        ending.get()
    return 0


def _clock(*, manual: bool) -> Clock:
    return ManualClock(SystemClock().now_ms() / 1000) if manual else SystemClock()


def _listeners(server: MemoryServer, options: argparse.Namespace) -> Iterator[Listening]:
    if options.unixsocket is None or options.port is not None:
        yield server.listen(
            options.host, options.port or 0, password=options.password, anywhere=options.anywhere
        )
    if options.unixsocket is not None:
        yield server.listen(path=options.unixsocket, password=options.password)


def _shown(listener: Listening, password: str | None) -> str:
    url = listener.url
    if password is None:
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://:***@{rest.rpartition('@')[2]}"


@contextmanager
def _signals() -> Generator[SimpleQueue[int], None, None]:
    """Have SIGTERM and SIGINT put into a queue for as long as the block runs."""
    # An event may be set from a handler only while nobody is in the midst of waiting for it.
    ending = SimpleQueue[int]()

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        ending.put(number)

    old = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ending
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m cache_provider", description="A Redis server for tests, in memory."
    )
    serve = parser.add_subparsers(required=True).add_parser("serve", help="serve until SIGTERM")
    serve.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    serve.add_argument("--port", type=int, default=None, help="the port (default: a free one)")
    serve.add_argument("--unixsocket", metavar="PATH", help="listen on a unix path")
    serve.add_argument("--password", help="what clients have to show")
    serve.add_argument("--manual-clock", action="store_true", help="time stands until TEST.ADVANCE")
    serve.add_argument("--anywhere", action="store_true", help="allow a host that is not a loopback address")
    return parser.parse_args(arguments)
