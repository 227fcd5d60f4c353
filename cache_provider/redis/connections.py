"""Connections that tell what was not sent, and notice before sending that the server has closed them."""

import select
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import redis

from cache_provider.redis.failures import FOREIGN

_UNSENT = "cache_provider_unsent"
"""Marks an error of a connection that was never there."""


def was_not_sent(error: Exception) -> bool:
    """Tell whether a command failed before it was sent, so that it may be sent again."""
    return _UNSENT in vars(error)


def mark_unsent(error: Exception) -> None:
    """Note on an error that nothing was sent."""
    vars(error)[_UNSENT] = True


if sys.platform == "linux":

    def has_hung_up(descriptor: int) -> bool:
        """Tell whether the other side has closed a socket, whatever may still be read from it.

        Not by reading: what an encrypted connection holds in the end, and what a
        server sends unasked, look like data.
        """
        if descriptor < 0:
            return True
        poll = select.poll()
        poll.register(descriptor, select.POLLRDHUP)
        return bool(poll.poll(0))

else:

    def has_hung_up(descriptor: int) -> bool:
        """Tell whether there is something to be read where nothing was asked for: an end, in most cases."""
        return descriptor < 0 or bool(select.select([descriptor], [], [], 0)[0])


def threaded(transport: Any) -> Any:
    """Return a connection class of redis-py, watchful."""

    def connect(connection: Any) -> None:
        connection.is_opening = True
        try:
            transport.connect(connection)
        except FOREIGN as error:
            mark_unsent(error)
            raise
        finally:
            connection.is_opening = False

    def send(connection: Any, command: Any, check_health: bool = True) -> None:
        # While it opens, its greeting is sent this way too.
        if not connection.is_opening and _is_gone(connection):
            connection.disconnect()
            connection.connect()
        transport.send_packed_command(connection, command, check_health)

    watchful = _derived(transport, connect, send)
    if issubclass(transport, redis.UnixDomainSocketConnection):
        # redis-py 8.0 asks for notifications of maintenance here too, and fails for want of a host.
        watchful.activate_maint_notifications_handling_if_enabled = _ask_for_nothing
    return watchful


def _ask_for_nothing(connection: Any, check_health: bool = True) -> None:
    del connection, check_health


def _is_gone(connection: Any) -> bool:
    """Tell whether a connection of a thread is not, or no longer, there."""
    sock = connection._sock  # noqa: SLF001 - redis-py shows it nowhere else
    return sock is None or has_hung_up(sock.fileno())


def _derived(transport: Any, connect: Any, send: Any) -> Any:
    members = {"connect": connect, "send_packed_command": send, "is_opening": False}
    return type(transport.__name__, (transport,), members)


def awaited(transport: Any) -> Any:
    """Return a connection class of `redis.asyncio`, watchful."""

    async def connect(connection: Any) -> None:
        connection.is_opening = True
        try:
            await transport.connect(connection)
        except FOREIGN as error:
            mark_unsent(error)
            raise
        finally:
            connection.is_opening = False

    async def send(connection: Any, command: Any, check_health: bool = True) -> None:
        if not connection.is_opening and _is_gone_from_its_loop(connection):
            await connection.disconnect(nowait=True)
            await connection.connect()
        await transport.send_packed_command(connection, command, check_health)

    return _derived(transport, connect, send)


def _is_gone_from_its_loop(connection: Any) -> bool:
    """Tell whether a connection of a loop is not, or no longer, there.

    The socket is asked, not the stream: a loop that was busy has not heard of the end yet.
    """
    if not connection.is_connected:
        return True
    writer: Any = connection._writer  # noqa: SLF001 - redis-py shows it nowhere else
    sock = writer.get_extra_info("socket")
    return bool(writer.is_closing() or (sock is not None and has_hung_up(sock.fileno())))


def abandon(client: Any) -> None:
    """Hang up for a client of `redis.asyncio` whose loop is closed; without it no more can be done."""
    for connection in _connections(client):
        writer = connection._writer  # noqa: SLF001 - as above
        # Or redis-py would try, and fail, to close them when they are collected.
        connection._reader = connection._writer = None  # noqa: SLF001 - as above
        if writer is not None:
            with suppress(OSError):
                writer.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def _connections(client: Any) -> Iterator[Any]:
    pool: Any = getattr(client, "connection_pool", None)
    if pool is not None:
        yield from (*pool._available_connections, *pool._in_use_connections)  # noqa: SLF001 - as above
    else:
        nodes: Any = client.nodes_manager
        for node in {**nodes.startup_nodes, **nodes.nodes_cache}.values():
            yield from node._connections  # noqa: SLF001 - as above
