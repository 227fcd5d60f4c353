"""`pytest --pyargs cache_provider.testing.contract` checks a server and says how that went.

So does `python -m cache_provider contract URL`.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cache_provider.testing.contract import CONTRACTS
from cache_provider.testing.servers import ServerBinary, ServerProcess, start_cluster
from tests.promises import FOUND

COMMAND = (sys.executable, "-m", "pytest", "--pyargs", "cache_provider.testing.contract", "--tb=no")
SHORT_COMMAND = (sys.executable, "-m", "cache_provider", "contract")
ENGINES = {binary.engine: binary for binary in FOUND.values()}

Run = subprocess.CompletedProcess[str]


def run(directory: Path, *arguments: str, command: tuple[str, ...] = COMMAND) -> Run:
    """Run the command in an empty directory, as a user of the package would."""
    # A worker of this run is none of that one.
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "CACHE"))}
    return subprocess.run(
        [*command, *arguments],
        cwd=directory,
        env=mine,
        capture_output=True,
        text=True,
        check=False,
    )


def row(finished: Run, concept: str) -> list[int]:
    """Return how many tests of a concept passed, failed and were not promised."""
    found = re.search(rf"^{concept} +(\d+) +(\d+) +(\d+)$", finished.stdout, re.MULTILINE)
    assert found, finished.stdout
    return [int(count) for count in found.groups()]


@pytest.fixture(scope="module")
def binary() -> ServerBinary:
    """Return a server's program, for what does not depend on which."""
    found = next(iter(FOUND.values()), None)
    return found or pytest.skip("there is no redis-server or valkey-server on this machine")


@pytest.fixture
def server(binary: ServerBinary) -> Iterator[ServerProcess]:
    """Return an empty server."""
    with ServerProcess(binary) as running:
        yield running


# A server that keeps the contract


@pytest.mark.parametrize("engine", ["redis", "valkey"])
def test_a_right_server_keeps_every_concept(engine: str, tmp_path: Path) -> None:
    """The whole run is green, and so is each row."""
    if engine not in ENGINES:
        pytest.skip(f"there is no {engine}-server on this machine")
    with ServerProcess(ENGINES[engine]) as running:
        finished = run(tmp_path, f"--cache-provider-url={running.url}")
    rows = {contract.__name__: row(finished, contract.__name__) for contract in CONTRACTS}
    wrong = {concept: counts for concept, counts in rows.items() if counts[0] == 0 or counts[1] > 0}
    assert (finished.returncode, wrong) == (0, {})


def test_the_short_command_holds_a_server_to_the_contract(server: ServerProcess, tmp_path: Path) -> None:
    """The URL comes first, and options of pytest follow it."""
    finished = run(tmp_path, server.url, "-k", "a_counter", command=SHORT_COMMAND)
    passed, failed, _not_promised = row(finished, "CounterContract")
    assert (finished.returncode, passed > 0, failed) == (0, True, 0)


@pytest.fixture(scope="module")
def used(binary: ServerBinary) -> Iterator[ServerProcess]:
    """Return a server that somebody else uses too."""
    with ServerProcess(binary) as running:
        running.call("SET", "theirs", "value")
        yield running


@pytest.fixture(scope="module")
def checked(used: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run of a few tests on it, among them those that flush."""
    directory = tmp_path_factory.mktemp("checked")
    return run(directory, f"--cache-provider-url={used.url}", "-k", "flush_all or scan_iter")


def test_the_server_is_named_before_the_tests(checked: Run, used: ServerProcess) -> None:
    """pytest's header says which server and which version it is."""
    name = f"{used.binary.engine} {used.binary.version}"
    assert f"\ncache_provider contract: {name} at {used.url}\n" in checked.stdout


def test_the_result_begins_with_the_server(checked: Run, used: ServerProcess) -> None:
    """Its name and version stand above the rows."""
    name = re.escape(f"contract: {used.binary.engine} {used.binary.version} at")
    assert re.search(rf"\n=* ?{name} .*\n+ +passed +failed +not promised\n", checked.stdout)


def test_what_is_not_promised_is_said_with_its_reason(checked: Run) -> None:
    """A server that others use is not scanned key by key."""
    reason = r"^\d+ not promised that .*: the server holds 1 keys of others$"
    assert re.search(reason, checked.stdout, re.MULTILINE)


@pytest.mark.usefixtures("checked")
def test_keys_of_others_stay(used: ServerProcess) -> None:
    """And they are all that is left: every key of the run is gone."""
    assert (used.call("GET", "theirs"), used.call("DBSIZE")) == ("value", 1)


@pytest.mark.usefixtures("checked")
def test_nothing_is_flushed(used: ServerProcess) -> None:
    """The server never saw FLUSHALL or FLUSHDB."""
    assert [name for name in used.info("commandstats") if "flush" in name] == []


def test_a_quiet_server_is_scanned_key_by_key(server: ServerProcess, tmp_path: Path) -> None:
    """Where nobody else has keys, more is promised."""
    finished = run(tmp_path, f"--cache-provider-url={server.url}", "-k", "test_a_scan_finds_every_key_once")
    assert row(finished, "ScanContract") == [9, 0, 0]


def test_workers_report_together(server: ServerProcess, tmp_path: Path) -> None:
    """With pytest-xdist the rows are the same."""
    finished = run(tmp_path, f"--cache-provider-url={server.url}", "-n2", "-k", "test_hdel")
    assert row(finished, "HashContract")[1:] == [0, 0]


def test_a_cluster_is_checked_as_well(binary: ServerBinary, tmp_path: Path) -> None:
    """Time passes on all of its nodes."""
    with start_cluster(binary) as cluster:
        finished = run(
            tmp_path, f"--cache-provider-url={cluster.url}", "-k", "test_an_expired_key_is_missing"
        )
    assert row(finished, "ExpiredKeyContract")[1:] == [0, 0]


# What fails


def test_a_wrong_server_fails(binary: ServerBinary, tmp_path: Path) -> None:
    """A server that does not know a command is red, in the row of the concept that it breaks."""
    with ServerProcess(binary, settings={"rename-command": 'INCRBY ""'}) as wrong:
        finished = run(tmp_path, f"--cache-provider-url={wrong.url}", "-k", "test_a_counter_answers")
    assert (finished.returncode, row(finished, "CounterContract")[1] > 0) == (1, True)


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run on a URL behind which nobody is."""
    return run(tmp_path_factory.mktemp("dead"), "--cache-provider-url=redis://ada:secret@127.0.0.1:1/0")


def test_a_server_that_does_not_answer_fails_the_run(dead: Run) -> None:
    """Promised and missing is a failure; nothing is skipped."""
    assert (dead.returncode, "skipped" in dead.stdout) == (1, False)


def test_a_server_that_does_not_answer_is_named(dead: Run) -> None:
    """The message says which, without its password."""
    said = dead.stdout + dead.stderr
    assert ("cannot check redis://ada:***@127.0.0.1:1/0: " in said, "secret" in said) == (True, False)


# The double


def test_without_a_url_the_double_is_checked(tmp_path: Path) -> None:
    """And the header says so, and how to check a server."""
    finished = run(tmp_path, "-k", "test_hdel")
    assert ("the double (--cache-provider-url=URL" in finished.stdout, finished.returncode) == (True, 0)


def test_the_ini_file_may_name_the_server(server: ServerProcess, tmp_path: Path) -> None:
    """As it may for the fixtures of the plugin."""
    (tmp_path / "pytest.ini").write_text(f"[pytest]\ncache_provider_url = {server.url}\n")
    finished = run(tmp_path, "-k", "test_hdel")
    assert f"{server.binary.version} at {server.url}" in finished.stdout
