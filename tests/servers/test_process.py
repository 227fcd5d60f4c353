"""A server is started, stopped, halted and killed."""

import os
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from freezegun import freeze_time

from cache_provider.testing.servers import (
    Connection,
    RefusedError,
    ServerBinary,
    ServerError,
    ServerProcess,
)
from cache_provider.testing.servers.address import free_port
from tests.threads import Task, until


def is_gone(pid: int | None) -> bool:
    """Tell whether no process has this id."""
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def directory_of(server: ServerProcess) -> Path:
    """Return the private directory of a server on a unix socket."""
    assert server.address.path is not None
    return server.address.path.parent


class TestStart:
    """A server is ready when `start` returns."""

    @pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
    def test_a_started_server_answers(self, binary: ServerBinary, tcp: bool) -> None:
        """No test waits for a server by itself."""
        with ServerProcess(binary, tcp=tcp) as server:
            assert server.call("PING") == "PONG"

    def test_a_second_start_changes_nothing(self, any_server: ServerProcess) -> None:
        """A running server goes on running."""
        any_server.call("SET", "k", "v")
        any_server.start()
        assert any_server.call("GET", "k") == "v"

    def test_two_servers_share_nothing(self, any_binary: ServerBinary, any_server: ServerProcess) -> None:
        """Each has its own socket, directory and keys."""
        any_server.call("SET", "k", "v")
        with ServerProcess(any_binary) as other:
            assert other.call("GET", "k") is None

    def test_it_keeps_nothing_on_disk(self, server: ServerProcess) -> None:
        """The next server with the same settings is empty."""
        assert server.call("CONFIG", "GET", "save") == ["save", ""]

    def test_settings_are_the_servers_configuration(self, binary: ServerBinary) -> None:
        """A value with blanks is several arguments, as in the file."""
        with ServerProcess(binary, settings={"save": "900 7"}) as server:
            assert server.call("CONFIG", "GET", "save") == ["save", "900 7"]

    def test_arguments_go_onto_the_command_line(self, binary: ServerBinary) -> None:
        """They have the last word."""
        with ServerProcess(binary, arguments=("--maxclients", "17")) as server:
            assert server.call("CONFIG", "GET", "maxclients") == ["maxclients", "17"]

    def test_a_password_is_asked_for(self, any_binary: ServerBinary) -> None:
        """Nobody gets in without it."""
        with (
            ServerProcess(any_binary, password="secret") as server,
            Connection(replace(server.address, password=None)) as stranger,
            pytest.raises(RefusedError, match="NOAUTH"),
        ):
            stranger.call("PING")

    def test_it_listens_on_the_loopback_interface_only(self, binary: ServerBinary) -> None:
        """Nobody outside reaches a test's server."""
        with ServerProcess(binary, tcp=True) as server:
            assert server.call("CONFIG", "GET", "bind") == ["bind", "127.0.0.1"]

    def test_it_has_no_terminal(self, any_server: ServerProcess) -> None:
        """Ctrl-C reaches the tests alone, which then end it in their own time."""
        assert any_server.pid is not None
        assert os.getsid(any_server.pid) != os.getsid(0)

    def test_a_port_that_somebody_took_meanwhile_is_left_to_them(
        self, any_binary: ServerBinary, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The server then listens elsewhere."""
        with ServerProcess(any_binary, tcp=True) as first:
            ports = iter([first.port, free_port()])
            monkeypatch.setattr("cache_provider.testing.servers.process.free_port", lambda: next(ports))
            with ServerProcess(any_binary, tcp=True) as second:
                assert second.port != first.port

    def test_a_port_that_was_taken_leaves_no_word_in_the_log(
        self, any_binary: ServerBinary, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server's log is about the server that runs."""
        with ServerProcess(any_binary, tcp=True) as first:
            ports = iter([first.port, free_port()])
            monkeypatch.setattr("cache_provider.testing.servers.process.free_port", lambda: next(ports))
            with ServerProcess(any_binary, tcp=True) as second:
                assert "Address already in use" not in second.log

    def test_a_socket_in_a_deep_directory_is_made_elsewhere(
        self, any_binary: ServerBinary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A unix socket's path has about a hundred bytes, however long TMPDIR is."""
        deep = tmp_path / ("d" * 100)
        deep.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(deep))
        with ServerProcess(any_binary) as server:
            assert server.call("PING") == "PONG"

    def test_it_does_not_end_with_the_thread_that_started_it(self, any_binary: ServerBinary) -> None:
        """A fixture may run in any thread."""
        server = ServerProcess(any_binary)
        Task(server.start).result()
        with server:
            assert server.call("PING") == "PONG"

    def test_a_clock_that_stands_does_not_stop_the_start(self, any_binary: ServerBinary) -> None:
        """Waiting for a server takes real time, whatever the test's clock shows."""
        with freeze_time(datetime(2020, 1, 1, tzinfo=UTC)), ServerProcess(any_binary) as server:
            assert server.call("PING") == "PONG"


class TestFailure:
    """A server that does not come up says why."""

    def test_a_server_that_ends_by_itself_shows_its_log(self, binary: ServerBinary) -> None:
        """The reason is the server's own."""
        with pytest.raises(ServerError, match=r"ended by itself(.|\n)*no-such-directive"):
            ServerProcess(binary, settings={"no-such-directive": "1"}).start()

    def test_a_program_that_is_gone_says_so(self, any_binary: ServerBinary, tmp_path: Path) -> None:
        """What the shell says ends up in the log too."""
        missing = ServerBinary(any_binary.engine, any_binary.version, tmp_path / "gone", "PATH")
        with pytest.raises(ServerError, match="No such file"):
            ServerProcess(missing).start()

    def test_a_server_that_does_not_answer_is_given_up(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Waiting ends."""
        monkeypatch.setattr("cache_provider.testing.servers.process.START_PATIENCE", 0.05)
        idle = tmp_path / "redis-server"
        idle.write_text("#!/bin/sh\necho here I am\nexec sleep 60\n")
        idle.chmod(0o755)
        with pytest.raises(ServerError, match="does not answer\nhere I am"):
            ServerProcess(ServerBinary("redis", "0", idle, "PATH")).start()

    def test_a_failed_start_leaves_no_directory(
        self, any_binary: ServerBinary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing stays of what did not come up."""
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        with pytest.raises(ServerError):
            ServerProcess(any_binary, settings={"no-such-directive": "1"}).start()
        assert list(tmp_path.iterdir()) == []

    def test_a_server_that_was_not_started_has_no_address(self, any_binary: ServerBinary) -> None:
        """There is nothing to connect to."""
        with pytest.raises(ServerError, match="not started> has no address"):
            _ = ServerProcess(any_binary).url


class TestStop:
    """Nothing stays of a stopped server."""

    def test_the_process_is_gone(self, server: ServerProcess) -> None:
        """It has ended and was waited for."""
        pid = server.pid
        server.stop()
        assert is_gone(pid)

    def test_the_directory_is_gone(self, server: ServerProcess) -> None:
        """Socket, configuration and log go with the server."""
        directory = directory_of(server)
        server.stop()
        assert not directory.exists()

    def test_it_may_be_stopped_twice(self, any_server: ServerProcess) -> None:
        """The second time there is nothing to do."""
        any_server.stop()
        any_server.stop()
        assert not any_server.is_running

    def test_it_may_be_started_again(self, any_server: ServerProcess) -> None:
        """A stopped server is one that was never started."""
        any_server.stop()
        assert any_server.start().call("PING") == "PONG"

    def test_a_killed_server_can_be_stopped(self, any_server: ServerProcess) -> None:
        """What is left of it is removed."""
        directory = directory_of(any_server)
        any_server.kill()
        any_server.stop()
        assert not directory.exists()

    def test_a_paused_server_can_be_stopped(self, server: ServerProcess) -> None:
        """A fixture need not know what the test did."""
        pid = server.pid
        server.pause()
        server.stop()
        assert is_gone(pid)

    def test_a_server_that_does_not_heed_sigterm_is_killed(
        self, server: ServerProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A script without end keeps a server from ending by itself."""
        monkeypatch.setattr(server, "stop_patience", 0.05)
        pid = server.pid
        with server.connect(timeout=0.05) as connection, pytest.raises(TimeoutError):
            connection.call("EVAL", "while true do end", 0)
        server.stop()
        assert is_gone(pid)


class TestPause:
    """A paused server answers too late."""

    def test_it_does_not_answer(self, server: ServerProcess) -> None:
        """A client's patience ends before the server's pause."""
        server.pause()
        with pytest.raises(TimeoutError), server.connect(timeout=0.05) as connection:
            connection.call("PING")

    def test_it_exists(self, any_server: ServerProcess) -> None:
        """It is late, not dead."""
        any_server.pause()
        assert any_server.is_running

    def test_it_answers_once_it_goes_on(self, server: ServerProcess) -> None:
        """A paused server loses nothing."""
        server.call("SET", "k", "v")
        server.pause()
        server.resume()
        assert server.call("GET", "k") == "v"

    def test_it_does_what_it_was_asked_meanwhile(self, server: ServerProcess) -> None:
        """That is what makes a time-out so treacherous: the command takes effect all the same."""
        server.pause()
        with server.connect(timeout=0.05) as connection:
            with pytest.raises(TimeoutError):
                connection.call("SET", "k", "v")
            server.resume()
            until(lambda: server.call("GET", "k") == "v")
            assert server.call("GET", "k") == "v"

    def test_it_may_be_paused_twice(self, any_server: ServerProcess) -> None:
        """The second time there is nothing to do."""
        any_server.pause()
        any_server.pause()
        any_server.resume()
        assert any_server.call("PING") == "PONG"


class TestKill:
    """A killed server is one that crashed."""

    def test_it_does_not_run(self, any_server: ServerProcess) -> None:
        """It is gone when `kill` returns."""
        any_server.kill()
        assert not any_server.is_running

    def test_nobody_can_connect(self, any_server: ServerProcess) -> None:
        """Its socket refuses."""
        any_server.kill()
        with pytest.raises(ConnectionRefusedError):
            any_server.connect()

    @pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
    def test_it_comes_back_on_its_address(self, binary: ServerBinary, tcp: bool) -> None:
        """A client finds it again without being told."""
        with ServerProcess(binary, tcp=tcp) as server:
            before = server.address
            server.kill()
            server.restart()
            assert server.address == before

    def test_it_comes_back_empty(self, server: ServerProcess) -> None:
        """Nothing was on disk."""
        server.call("SET", "k", "v")
        server.kill()
        server.restart()
        assert server.call("GET", "k") is None

    def test_a_running_server_can_be_restarted(self, any_server: ServerProcess) -> None:
        """It is another process then."""
        before = any_server.pid
        any_server.restart()
        assert any_server.pid != before


def test_a_repr_shows_what_runs_and_where(any_server: ServerProcess) -> None:
    """A failing test prints a server one can find."""
    assert repr(any_server) == f"<ServerProcess {any_server.binary.name}, {any_server.address.path}>"
