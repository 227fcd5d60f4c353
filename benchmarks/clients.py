"""redis-py in front of several things: the door, a constant, fakeredis and a real server."""

import importlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.coroutines import new_loop
from benchmarks.resources import close_later
from benchmarks.servers import connect, start_server
from benchmarks.subjects import Store, Subject
from cache_provider import MemoryServer

DOOR = "door"
CONSTANT = "constant"
FAKEREDIS = "fakeredis"
REDIS = "redis"

PX = 60_000
ANSWER = b"1"
"""What the constant connection answers to everything: a value, a count, and no OK."""

_FAKE_SERVER = (
    "import sys, fakeredis; fakeredis.TcpFakeServer(('127.0.0.1', int(sys.argv[1]))).serve_forever()"
)


def _constant_pool(module: str) -> Any:
    """Return a pool of connections that send nothing and have the answer at once."""
    connections: Any = importlib.import_module(f"{module}.connection")
    connection: Any = connections.Connection
    is_async = module.endswith("asyncio")

    class Constant(connection):  # type: ignore[misc] # a class found at run time
        def _answer(self, *_arguments: Any, **_options: Any) -> Any:
            return ANSWER

        def _nothing(self, *_arguments: Any, **_options: Any) -> Any:
            return False

        async def _awaited_answer(self, *_arguments: Any, **_options: Any) -> Any:
            return ANSWER

        async def _awaited_nothing(self, *_arguments: Any, **_options: Any) -> Any:
            return False

        read_response = _awaited_answer if is_async else _answer
        connect = send_packed_command = disconnect = _awaited_nothing if is_async else _nothing
        can_read_destructive = can_read = _awaited_nothing if is_async else _nothing
        is_connected = True

    return connections.ConnectionPool(connection_class=Constant)


def _store(client: Any, **rest: Any) -> Store:
    return Store(
        get=client.get, set=client.set, incr=client.incr, lock=lambda name: client.lock(name, 10), **rest
    )


def _closing(client: Any) -> Any:
    close_later(client.close)
    return client


def _open_constant() -> Store:
    redis = importlib.import_module("redis")
    client = redis.Redis(connection_pool=_constant_pool("redis"))
    return Store(get=client.get, set=client.set, incr=client.incr)


def _open_door() -> Store:
    return _store(_closing(MemoryServer().redis()))


def _open_fakeredis() -> Store:
    return _store(importlib.import_module("fakeredis").FakeRedis())


def _open_redis() -> Store:
    return _store(connect(start_server()))


def _awaited(client: Any) -> Store:
    loop = new_loop()
    close_later(lambda: loop.run_until_complete(client.aclose()))
    return Store(get=client.get, set=client.set, incr=client.incr, loop=loop)


def _open_async_constant() -> Store:
    redis = importlib.import_module("redis.asyncio")
    return _awaited(redis.Redis(connection_pool=_constant_pool("redis.asyncio")))


def _open_async_door() -> Store:
    return _awaited(MemoryServer().async_redis())


def _open_async_fakeredis() -> Store:
    return _awaited(importlib.import_module("fakeredis").FakeAsyncRedis())


def _opened(url: str, program: list[str]) -> str:
    """Have a server run in a process of its own, and return its URL once it listens."""
    process = subprocess.Popen([sys.executable, *program], stdout=subprocess.DEVNULL)
    close_later(process.wait)
    close_later(process.terminate)
    client = importlib.import_module("redis").Redis.from_url(url)
    until = time.monotonic() + 10
    while True:
        try:
            client.ping()
        except Exception:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            client.close()
            return url


def door_url() -> str:
    """Return where a door listens, on a unix socket."""
    place = tempfile.TemporaryDirectory()
    close_later(place.cleanup)
    path = str(Path(place.name) / "socket")
    return _opened(f"unix://{path}", ["-m", "cache_provider", "serve", "--unixsocket", path])


def fakeredis_url() -> str:
    """Return where fakeredis' server listens: it knows TCP only."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return _opened(f"redis://127.0.0.1:{port}", ["-c", _FAKE_SERVER, str(port)])


def redis_url() -> str:
    """Return where a real server listens, on a unix socket."""
    return start_server().url


def _subject(name: str, note: str, opened: Callable[[], Store]) -> Subject:
    module, distribution = ("fakeredis", "fakeredis") if name == FAKEREDIS else ("redis", "redis")
    return Subject(name=name, module=module, distribution=distribution, note=note, open=opened, is_alias=True)


SYNCHRONOUS = (
    _subject(CONSTANT, "redis-py over a connection that answers from a constant", _open_constant),
    _subject(DOOR, "MemoryServer().redis()", _open_door),
    _subject(FAKEREDIS, "FakeRedis, in process", _open_fakeredis),
    _subject(REDIS, "a real server on a unix socket", _open_redis),
)

AWAITED = (
    _subject(CONSTANT, "redis.asyncio over a connection that answers from a constant", _open_async_constant),
    _subject(DOOR, "MemoryServer().async_redis()", _open_async_door),
    _subject(FAKEREDIS, "FakeAsyncRedis, in process", _open_async_fakeredis),
)


def _connected(url: Callable[[], str]) -> Callable[[], Store]:
    return lambda: _store(_closing(importlib.import_module("redis").Redis.from_url(url())))


URLS: dict[str, Callable[[], str]] = {DOOR: door_url, FAKEREDIS: fakeredis_url, REDIS: redis_url}
"""How the servers at a socket are started."""

AT_SOCKETS = (
    _subject(DOOR, "python -m cache_provider serve, on a unix socket", _connected(door_url)),
    _subject(FAKEREDIS, "TcpFakeServer, by TCP: it has no unix socket", _connected(fakeredis_url)),
    _subject(REDIS, "a real server on a unix socket", _open_redis),
)
