"""What a server's refusals become, in every version of redis-py, and what their messages show."""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest
from redis._parsers.base import BaseParser
from redis.exceptions import InvalidResponse, ResponseError

from cache_provider import (
    CacheAccessError,
    CacheError,
    CacheProviderInterface,
    CacheUnavailableError,
    CounterOverflowError,
    InMemoryCacheAdapter,
    NotAnIntegerError,
    WrongTypeError,
)
from cache_provider.redis.failures import translated
from cache_provider.testing.servers import RefusedError, ServerProcess, start_cluster
from tests.redis_adapter.connecting import Connect
from tests.threads import until

SCRIPT = "Error running script (call to f_0123): @user_script:2: @user_script: 2: -"

ANSWERS: dict[str, type[CacheError]] = {
    "LOADING Redis is loading the dataset in memory": CacheUnavailableError,
    "BUSY Redis is busy running a script.": CacheUnavailableError,
    "TRYAGAIN Multiple keys request during rehashing of slot": CacheUnavailableError,
    "CLUSTERDOWN Hash slot not served": CacheUnavailableError,
    "MASTERDOWN Link with MASTER is down": CacheUnavailableError,
    "NOREPLICAS Not enough good replicas to write.": CacheUnavailableError,
    "MISCONF Redis is configured to save RDB snapshots": CacheUnavailableError,
    "OOM command not allowed when used memory > 'maxmemory'.": CacheUnavailableError,
    "READONLY You can't write against a read only replica.": CacheUnavailableError,
    "MOVED 3999 127.0.0.1:6381": CacheUnavailableError,
    "ASK 3999 127.0.0.1:6381": CacheUnavailableError,
    "ERR max number of clients reached": CacheUnavailableError,
    f"ERR {SCRIPT}OOM command not allowed": CacheUnavailableError,
    f"ERR {SCRIPT}READONLY You can't write": CacheUnavailableError,
    "NOAUTH Authentication required.": CacheAccessError,
    "WRONGPASS invalid username-password pair or user is disabled.": CacheAccessError,
    "NOPERM this user has no permissions to run the 'set' command": CacheAccessError,
    "NOPERM User ada has no permissions to run the 'set' command": CacheAccessError,
    "ERR The user executing the script can't run this command or subcommand": CacheAccessError,
    "EXECABORT Transaction discarded because of: NOPERM this user has no permissions": CacheAccessError,
    "EXECABORT Transaction discarded because of: OOM command not allowed": CacheUnavailableError,
    "WRONGTYPE Operation against a key holding the wrong kind of value": WrongTypeError,
    f"ERR {SCRIPT}WRONGTYPE Operation against": WrongTypeError,
    "ERR value is not an integer or out of range": NotAnIntegerError,
    "ERR increment or decrement would overflow": CounterOverflowError,
    "ERR syntax error": CacheError,
    "ERR something about MISCONF and WRONGTYPE": CacheError,
}


def answered(text: str) -> Exception:
    """Return what the installed redis-py makes of a server's answer."""
    parser: Any = BaseParser
    error: Exception = parser.parse_error(text)
    return error


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_an_error_of_one_class(text: str) -> None:
    """Whatever class redis-py has for it, if any."""
    assert type(translated(answered(text), "k")) is ANSWERS[text]


@pytest.mark.parametrize("text", ANSWERS)
def test_a_message_names_the_key_once(text: str) -> None:
    """The caller's."""
    assert str(translated(answered(text), "the key")).count("the key") == 1


@pytest.mark.parametrize("code", ["MOVED", "ASK"])
def test_a_redirection_says_where_the_key_is(code: str) -> None:
    """And what follows it there."""
    error = translated(answered(f"{code} 3999 127.0.0.1:6381"), "k")
    expected = ("key 'k': it ", "by another node of a Cluster, 127.0.0.1:6381: connect by redis+cluster://")
    assert (str(error).startswith(expected[0]), str(error).endswith(expected[1])) == (True, True)


def test_a_missing_right_to_a_key_names_the_callers_key_alone() -> None:
    """Redis names the full key."""
    error = translated(answered("NOPERM No permissions to access the 'app:k' key"), "k")
    assert str(error).endswith("to access this key")


def test_an_error_without_a_text_has_a_message() -> None:
    """Its name, not an empty end."""
    assert str(translated(ConnectionResetError(), "k")) == "key 'k': ConnectionResetError"


# No value is shown

QUOTING: dict[str, Exception] = {
    "a pipeline": ResponseError("Command # 1 (SET k s3cret PX 5) of pipeline caused error: OOM not allowed"),
    "an unknown command": ResponseError("unknown command 'SET', with args beginning with: 'k' 's3cret' "),
    "a garbled answer": InvalidResponse("Protocol Error: b's3cret'"),
}


@pytest.mark.parametrize("name", QUOTING)
def test_no_message_shows_an_argument(name: str) -> None:
    """Neither ours nor that of its cause, which a traceback shows too."""
    error = QUOTING[name]
    assert "s3cret" not in f"{translated(error, 'k')} {error}"


@contextmanager
def out_of_memory(server: ServerProcess) -> Generator[None]:
    """Let the server take no more."""
    server.call("CONFIG", "SET", "maxmemory", 1)
    yield
    server.call("CONFIG", "SET", "maxmemory", 0)


@pytest.mark.parametrize("ttl", [None, 5])
def test_a_refused_mset_shows_no_value(server: ServerProcess, connect: Connect, ttl: int | None) -> None:
    """Redis-py quotes the commands of a pipeline."""
    cache = connect(server.url)
    with out_of_memory(server), pytest.raises(CacheUnavailableError) as refused:
        cache.mset({"k": "s3cret"}, ttl)
    assert "s3cret" not in f"{refused.value} {refused.value.__cause__}"


def test_a_refused_mset_across_a_cluster_shows_no_value(connect: Connect, binary: Any) -> None:
    """Neither does that of a Cluster."""
    with start_cluster(binary, primaries=3, replicas=0) as cluster:
        cache = connect(cluster.url)
        primary = cluster.primary_of("k")
        with out_of_memory(primary), pytest.raises(CacheUnavailableError) as refused:
            cache.mset({"k": "s3cret"}, 5)
    assert "s3cret" not in f"{refused.value} {refused.value.__cause__}"


def test_a_counter_of_the_double_shows_no_value() -> None:
    """Its message is the server's."""
    cache = InMemoryCacheAdapter()
    cache.set("k", "s3cret")
    with pytest.raises(NotAnIntegerError, match=r"key 'k' must hold a canonical int64$"):
        cache.incr("k")


# Refusals of a real server


def is_refused(server: ServerProcess, *words: str) -> bool:
    """Tell whether a server answers with an error."""
    try:
        server.call(*words)
    except RefusedError:
        return True
    return False


@contextmanager
def busy(server: ServerProcess) -> Generator[None]:
    """Let an endless script run."""
    server.call("CONFIG", "SET", "lua-time-limit", 1)  # as Redis 6.2 calls it; later ones know both names

    def run() -> None:
        with server.connect(timeout=60) as connection, suppress(RefusedError):
            connection.call("EVAL", "while true do end", 0)

    script = Thread(target=run, daemon=True)
    script.start()
    until(lambda: is_refused(server, "GET", "k"))
    yield
    server.call("SCRIPT", "KILL")
    script.join()


def snapshots_fail(server: ServerProcess) -> None:
    """Let the server's last snapshot be a failed one."""
    _name, place = cast("list[str]", server.call("CONFIG", "GET", "dir"))
    # A file cannot be renamed to what is a directory.
    (Path(place) / "dump.rdb").mkdir()
    server.call("CONFIG", "SET", "save", "3600 1")
    server.call("BGSAVE")
    until(lambda: server.info("persistence")["rdb_last_bgsave_status"] == "err")


def test_failed_snapshots_make_it_unavailable(server: ServerProcess, connect: Connect) -> None:
    """A write is refused; MISCONF."""
    cache = connect(server.url)
    snapshots_fail(server)
    with pytest.raises(CacheUnavailableError, match="MISCONF"):
        cache.set("k", 1)


def test_failed_snapshots_are_not_healthy(server: ServerProcess, connect: Connect) -> None:
    """PING is refused as well."""
    cache = connect(server.url)
    snapshots_fail(server)
    assert (cache.health_check(), cache.ping()) == (False, False)


def test_an_endless_script_is_not_healthy(server: ServerProcess, connect: Connect) -> None:
    """BUSY is no answer to a PING."""
    cache = connect(server.url)
    with busy(server):
        assert (cache.health_check(), cache.ping()) == (False, False)


@pytest.mark.parametrize(
    "settings",
    [
        {"maxmemory": "1"},
        {"min-replicas-to-write": "1"},
    ],
)
def test_get_or_set_computes_where_the_server_cannot_store(
    server: ServerProcess, connect: Connect, settings: dict[str, str]
) -> None:
    """An unavailable store never keeps a value from its caller."""
    cache = connect(server.url)
    for name, value in settings.items():
        server.call("CONFIG", "SET", name, value)
    assert cache.get_or_set("k", lambda: 5) == 5


def test_a_replica_is_unavailable_for_writes(server: ServerProcess, connect: Connect) -> None:
    """READONLY."""
    cache = connect(server.url)
    server.call("REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(CacheUnavailableError):
        cache.set("k", 1)


# Rights


@pytest.fixture
def limited(server: ServerProcess, connect: Connect) -> CacheProviderInterface:
    """Return a cache of a user who may do nothing but read."""
    server.call("ACL", "SETUSER", "default", "on", "nopass", "+@all", "~*")
    server.call("ACL", "SETUSER", "ada", "on", ">pw", "-@all", "+get", "+hello", "+client", "~app:*")
    separator = "&" if "?" in server.url else "?"
    return connect(f"{server.url}{separator}username=ada&password=pw", "app:")


USES: dict[str, Callable[[CacheProviderInterface], object]] = {
    "set": lambda cache: cache.set("k", 1),
    "incr": lambda cache: cache.incr("k", default=5),
    "mset": lambda cache: cache.mset({"k": 1}),
    "mset with ttl": lambda cache: cache.mset({"k": 1}, 5),
    "scan": lambda cache: cache.scan(),
    "keys": lambda cache: cache.keys(),
    "acquire": lambda cache: cache.get_lock("k").acquire(),
}


@pytest.mark.parametrize("name", USES)
def test_a_missing_right_is_an_access_error(limited: CacheProviderInterface, name: str) -> None:
    """NOPERM, in every way in which a command is sent."""
    with pytest.raises(CacheAccessError):
        USES[name](limited)


def test_a_missing_right_is_not_healthy(limited: CacheProviderInterface) -> None:
    """PING needs one too."""
    assert (limited.health_check(), limited.ping()) == (False, False)


@pytest.mark.parametrize("login", ["", "password=wrong"])
def test_a_wrong_login_is_an_access_error(server: ServerProcess, connect: Connect, login: str) -> None:
    """NOAUTH and WRONGPASS."""
    server.call("CONFIG", "SET", "requirepass", "right")
    separator = "&" if "?" in server.url else "?"
    with pytest.raises(CacheAccessError):
        connect(f"{server.url}{separator}{login}" if login else server.url).get("k")


def test_a_wrong_login_to_a_cluster_is_an_access_error(connect: Connect, binary: Any) -> None:
    """Which is asked for its nodes first."""
    with start_cluster(binary, primaries=3, replicas=0) as cluster:
        url = cluster.url.replace("://", "://ada:wrong@")
        with pytest.raises(CacheAccessError):
            connect(url).get("k")


# The type that was found


@pytest.mark.parametrize(
    ("make", "holds"),
    [
        (("RPUSH", "k", "1"), "a list"),
        (("HSET", "k", "f", "1"), "a hash"),
        (("SADD", "k", "1"), "a set"),
        (("ZADD", "k", "1", "a"), "a zset"),
        (("XADD", "k", "*", "f", "1"), "a stream"),
    ],
)
def test_a_wrong_type_is_named(
    server: ServerProcess, connect: Connect, make: tuple[str, ...], holds: str
) -> None:
    """With its article."""
    cache = connect(server.url)
    server.call(*make)
    with pytest.raises(WrongTypeError, match=f"key 'k' holds {holds}; this operation needs a value"):
        cache.get("k")


def test_a_type_that_may_not_be_asked_for_is_another(server: ServerProcess, connect: Connect) -> None:
    """Where TYPE is not allowed."""
    server.call("RPUSH", "k", "1")
    server.call("ACL", "SETUSER", "default", "-type")
    with pytest.raises(WrongTypeError, match="key 'k' holds another type; this operation needs a value"):
        connect(server.url).get("k")
