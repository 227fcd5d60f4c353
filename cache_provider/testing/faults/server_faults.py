"""`ServerFaults`: what a server does to its clients, for code that holds a client of redis-py."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cache_provider.arguments import check_flag, check_integer, check_text
from cache_provider.door.mishaps import ConnectionLostError
from cache_provider.door.replies import Refusal
from cache_provider.errors import CacheConfigurationError
from cache_provider.memory.server import MemoryServer
from cache_provider.testing.faults.errors import Harm
from cache_provider.testing.faults.fault import Event, Fault, Moment, Target, shown_call

if TYPE_CHECKING:
    from cache_provider.testing.faults.breaking import WriteJournal
    from cache_provider.testing.faults.pools import Pools


class ServerFaults(ABC):
    """The faults of a server as its clients see them: with their own retries and their own errors.

    Args:
        server: The server; None if it is not in this process.
    """

    def __init__(self, server: MemoryServer | None) -> None:
        self._server = server
        self._pools: Pools | None = None
        self._journal: WriteJournal | None = None

    @abstractmethod
    def _arm(self, fault: Fault) -> Fault:
        """Let a fault strike from now on."""

    @abstractmethod
    def _take(self, moment: Moment) -> bool:
        """Count one strike where there is no operation yet; tell whether there is any to come."""

    def reply(
        self,
        command: str,
        text: str,
        key: str | None = None,
        *,
        times: int | None = 1,
        after: bool = False,
    ) -> Fault:
        """Make the server answer a client's command with an error.

        If the command belongs to a transaction, the whole transaction is refused, as on a real server.

        Args:
            command: The command, in capitals: `"SET"`, `"CLIENT LIST"`, `"EXEC"` for a transaction.
            text: What the server says, starting with the code: `"OOM command not allowed …"`, `"LOADING …"`.
            key: A Redis glob; one of several keys is enough.
            times: How many commands are refused; None for all until it is disarmed.
            after: Let the command take effect first.

        Raises:
            TypeError, ValueError: An argument is not legal, or there is no such command.
        """
        if not check_text("text", text) or "\n" in text or "\r" in text:
            raise ValueError(f"text must be one line, and not empty, not {text!r}")
        call = shown_call("reply", command, text, key=key, after=after or None)
        return self._arm_command(call, command, key, times, Refusal(text), after=after)

    def disconnect(
        self,
        command: str | None = None,
        key: str | None = None,
        *,
        times: int | None = 1,
        after: bool = False,
    ) -> Fault:
        """End a client's connection at a command, before its effect or after it.

        Args:
            command: The command, in capitals; None for any.
            key: As in `reply`.
            times: How often; None for every time until it is disarmed.
            after: Let the command take effect first, so only the reply is lost.

        Raises:
            TypeError, ValueError: An argument is not legal, or there is no such command.
        """
        call = shown_call("disconnect", command, key=key, after=after or None)
        return self._arm_command(call, command, key, times, ConnectionLostError(), after=after)

    def restart(self, command: str | None = None, key: str | None = None, *, keep_data: bool = True) -> Fault:
        """Restart the server: all connections end, and with them subscriptions, watches and scripts.

        Args:
            command: The command, in capitals, right before which the server restarts; None,
                without `key`, restarts it now.
            key: As in `reply`.
            keep_data: Whether the keys are still there, as on a server that persists them.

        Raises:
            TypeError, ValueError: An argument is not legal, or there is no such command.
            CacheConfigurationError: The server is not in this process.
        """
        check_flag("keep_data", keep_data)
        call = shown_call("restart", command, key=key, keep_data=keep_data)
        return self._befall(call, command, key, lambda: _breaking().restart(self._own(), keep_data=keep_data))

    def failover(self, command: str | None = None, key: str | None = None, *, lose_last: int = 1) -> Fault:
        """Let a replica take over that lacks the last writes: they are undone, and all connections end.

        Args:
            command: As in `restart`.
            key: As in `reply`.
            lose_last: How many of the last hundred writes of clients it lacks; a transaction is one.

        Raises:
            TypeError, ValueError: An argument is not legal, or there is no such command.
            CacheConfigurationError: The server is not in this process.
        """
        check_integer("lose_last", lose_last, minimum=0)
        call = shown_call("failover", command, key=key, lose_last=lose_last)
        return self._befall(call, command, key, lambda: self.journal().lose(self._own(), lose_last))

    def full_pool(self, *, times: int | None = 1) -> Fault:
        """Leave a client's pool without a free connection; redis-py raises its own error for that.

        Args:
            times: How many requests for a connection fail; None for all until it is disarmed.

        Raises:
            TypeError, ValueError: `times` is not legal.
        """
        return self._arm(Fault(shown_call("full_pool"), Moment.POOL, Target(), times))

    def pool_opened(self, pool: Any) -> None:
        """Have a pool of a test's server ask whether it is full."""
        pools = self._pools
        if pools is None:
            makes: Callable[[Callable[[], bool]], Pools] = import_module(
                "cache_provider.testing.faults.pools"
            ).Pools
            pools = self._pools = makes(lambda: self._take(Moment.POOL))
        pools.add(pool)

    def journal(self) -> "WriteJournal":
        """Return what remembers the last writes, to be shown them as the innermost interceptor."""
        journal = self._journal
        if journal is None:
            makes: Callable[[], WriteJournal] = _breaking().WriteJournal
            journal = self._journal = makes()
        return journal

    def _arm_command(
        self, call: str, command: str | None, key: str | None, times: int | None, harm: Harm, *, after: bool
    ) -> Fault:
        moment = Moment.AFTER if check_flag("after", after) else Moment.BEFORE
        return self._arm(Fault(call, moment, _target(command, key), times, error=harm))

    def _befall(self, call: str, command: str | None, key: str | None, event: Event) -> Fault:
        target, harm = _target(command, key), ConnectionLostError()
        fault = Fault(call, Moment.BEFORE, target, 1, error=harm, event=event)
        self._own()
        if command is None and key is None:
            event()
            fault.fired = 1
        return self._arm(fault)

    def _own(self) -> MemoryServer:
        if self._server is None:
            raise CacheConfigurationError(
                "there is no server of this process to break: Faults(clock, server)"
            )
        return self._server


def _target(command: str | None, key: str | None) -> Target:
    if command is not None and not check_text("command", command).isupper():
        raise ValueError(f"command must be a command of Redis in capitals, not {command!r}")
    return Target(command, key, commands_only=True)


def _breaking() -> Any:
    """Import what works on a server's inside when it is first needed."""
    return import_module("cache_provider.testing.faults.breaking")
