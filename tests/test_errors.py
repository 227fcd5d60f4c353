"""One tree of errors, and each of them crosses a process border whole."""

import copy
import pickle
from collections.abc import Callable
from functools import partial

import pytest

import cache_provider
from cache_provider import (
    BytesCodec,
    CacheAccessError,
    CacheClosedError,
    CacheConfigurationError,
    CacheError,
    CacheTimeoutError,
    CacheUnavailableError,
    CodecError,
    CounterOverflowError,
    DecodeError,
    EncodeError,
    InMemoryCacheAdapter,
    LockAcquisitionError,
    LockError,
    LockNotOwnedError,
    MemoryServer,
    NotAnIntegerError,
    WrongTypeError,
    errors,
)

TREE: dict[type[CacheError], tuple[type[BaseException], ...]] = {
    CacheError: (Exception,),
    CacheConfigurationError: (CacheError, ValueError),
    CacheAccessError: (CacheError,),
    CacheClosedError: (CacheError,),
    CacheUnavailableError: (CacheError, ConnectionError),
    CacheTimeoutError: (CacheUnavailableError, TimeoutError),
    WrongTypeError: (CacheError, TypeError),
    NotAnIntegerError: (CacheError, ValueError),
    CounterOverflowError: (CacheError, OverflowError),
    CodecError: (CacheError,),
    EncodeError: (CodecError, TypeError),
    DecodeError: (CodecError, ValueError),
    LockError: (CacheError,),
    LockAcquisitionError: (LockError, TimeoutError),
    LockNotOwnedError: (LockError,),
}

EVERY_ERROR = pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)


def pickled(error: Exception, protocol: int = pickle.HIGHEST_PROTOCOL) -> Exception:
    """Return what the other side of a process border gets."""
    arrived: Exception = pickle.loads(pickle.dumps(error, protocol))
    return arrived


CARRIERS: dict[str, Callable[[Exception], Exception]] = {
    **{f"pickle {protocol}": partial(pickled, protocol=protocol) for protocol in range(6)},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}

EVERY_CARRIER = pytest.mark.parametrize("carrier", CARRIERS)


# The tree


@EVERY_ERROR
def test_each_error_has_the_documented_bases(kind: type[CacheError]) -> None:
    """Callers may catch an error under its cache name or under Python's own."""
    assert kind.__bases__ == TREE[kind]


def test_the_tree_has_no_other_errors() -> None:
    """An error that is added must be documented in the tree, too."""
    defined = {value for value in vars(errors).values() if isinstance(value, type)}
    assert defined == set(TREE)


@EVERY_ERROR
def test_each_error_is_offered_by_the_package(kind: type[CacheError]) -> None:
    """Nobody has to know the module that an error is defined in."""
    assert getattr(cache_provider, kind.__name__) is kind


@EVERY_ERROR
def test_each_error_is_in_dunder_all(kind: type[CacheError]) -> None:
    """`__all__` is the list of what the package promises."""
    assert kind.__name__ in cache_provider.__all__


@EVERY_ERROR
def test_each_error_stands_in_the_drawing_of_the_tree(kind: type[CacheError]) -> None:
    """The docstring of the module, which draws the tree, leaves none out."""
    assert kind.__name__ in str(errors.__doc__)


# Across borders


@EVERY_CARRIER
@EVERY_ERROR
def test_each_error_keeps_its_class(kind: type[CacheError], carrier: str) -> None:
    """What was caught as one class before the border is caught as the same behind it."""
    assert type(CARRIERS[carrier](kind("key 'a' is broken"))) is kind


@EVERY_CARRIER
@EVERY_ERROR
def test_each_error_keeps_its_message(kind: type[CacheError], carrier: str) -> None:
    """The text behind the border is the text before it."""
    assert str(CARRIERS[carrier](kind("key 'a' is broken"))) == "key 'a' is broken"


@EVERY_CARRIER
@EVERY_ERROR
def test_each_error_keeps_its_notes(kind: type[CacheError], carrier: str) -> None:
    """A lost lease is told as a note on the body's own exception: it must arrive with it."""
    error = kind("message")
    error.add_note("the lease ran out")
    assert CARRIERS[carrier](error).__notes__ == ["the lease ran out"]


@EVERY_CARRIER
@pytest.mark.parametrize(
    ("attribute", "value"), [("name", "report"), ("waited", 1.5), ("holder", "12:34:ab:1")]
)
def test_a_lock_acquisition_error_keeps_its_attributes(carrier: str, attribute: str, value: object) -> None:
    """Which lock, how long and who holds it arrive behind the border."""
    error = LockAcquisitionError("not acquired", name="report", waited=1.5, holder="12:34:ab:1")
    assert getattr(CARRIERS[carrier](error), attribute) == value


@EVERY_CARRIER
@pytest.mark.parametrize("kind", [CacheUnavailableError, CacheTimeoutError], ids=lambda kind: kind.__name__)
def test_an_operating_system_error_keeps_its_number(kind: type[CacheUnavailableError], carrier: str) -> None:
    """Errors that descend from `OSError` may carry an `errno`; it arrives as well."""
    arrived = CARRIERS[carrier](kind(111, "connection refused"))
    assert arrived.args == (111, "connection refused")


# As operations raise them


def closed() -> object:
    """Use a cache after its end."""
    cache = InMemoryCacheAdapter()
    cache.close()
    return cache.get("key")


def misconfigured() -> object:
    """Ask for the size of a server that is somebody else's."""
    return InMemoryCacheAdapter(server=MemoryServer(), max_size=3)


def wrong_type() -> object:
    """Read a list as a value."""
    cache = InMemoryCacheAdapter()
    cache.push_limit("key", 1, 3)
    return cache.get("key")


def no_integer() -> object:
    """Count on a text."""
    cache = InMemoryCacheAdapter()
    cache.set("key", "text")
    return cache.incr("key")


def overflowing() -> object:
    """Count past the end."""
    cache = InMemoryCacheAdapter()
    cache.set("key", 2**63 - 1)
    return cache.incr("key")


def refused() -> object:
    """Store what JSON cannot carry, deep inside."""
    return InMemoryCacheAdapter().set("key", {"a": [1, {2}]})


def unreadable() -> object:
    """Read with one codec what another has written."""
    server = MemoryServer()
    InMemoryCacheAdapter(server=server, codec=BytesCodec()).set("key", b"\xff")
    return InMemoryCacheAdapter(server=server).get("key")


def not_acquired() -> object:
    """Enter a lock that somebody else holds."""
    cache = InMemoryCacheAdapter(server=MemoryServer())
    cache.get_lock("key").acquire()
    with cache.get_lock("key", blocking_timeout=0):
        return None


def not_owned() -> object:
    """Give back a lock that was never acquired."""
    return InMemoryCacheAdapter(server=MemoryServer()).get_lock("key").release()


RAISED: dict[Callable[[], object], type[CacheError]] = {
    closed: CacheClosedError,
    misconfigured: CacheConfigurationError,
    wrong_type: WrongTypeError,
    no_integer: NotAnIntegerError,
    overflowing: CounterOverflowError,
    refused: EncodeError,
    unreadable: DecodeError,
    not_acquired: LockAcquisitionError,
    not_owned: LockNotOwnedError,
}

KEYED = [failure for failure in RAISED if failure not in (closed, misconfigured)]

EVERY_FAILURE = pytest.mark.parametrize("failure", RAISED, ids=lambda failure: failure.__name__)


def raised(failure: Callable[[], object]) -> CacheError:
    """Return the error that an operation really raises."""
    with pytest.raises(RAISED[failure]) as caught:
        failure()
    return caught.value


@EVERY_FAILURE
def test_an_operation_raises_exactly_the_documented_class(failure: Callable[[], object]) -> None:
    """No private subclass leaks out, which another version could not unpickle."""
    assert type(raised(failure)) is RAISED[failure]


@EVERY_CARRIER
@EVERY_FAILURE
def test_a_raised_error_keeps_its_text(failure: Callable[[], object], carrier: str) -> None:
    """What a worker process reports is what the operation said."""
    error = raised(failure)
    assert str(CARRIERS[carrier](error)) == str(error)


@EVERY_CARRIER
@EVERY_FAILURE
def test_a_raised_error_keeps_its_attributes(failure: Callable[[], object], carrier: str) -> None:
    """Nothing that the operation noted on the error is lost on the way."""
    error = raised(failure)
    assert vars(CARRIERS[carrier](error)) == vars(error)


@pytest.mark.parametrize("failure", KEYED, ids=lambda failure: failure.__name__)
def test_a_raised_error_names_the_key(failure: Callable[[], object]) -> None:
    """The message says which key or lock it is about."""
    assert "'key'" in str(raised(failure))


@pytest.mark.parametrize("codec", [cache_provider.JsonCodec(), cache_provider.MsgpackCodec()], ids=repr)
def test_an_error_of_a_codec_used_by_itself_keeps_its_text(codec: cache_provider.Codec) -> None:
    """Its message is put together late, and must not be lost on the way."""
    with pytest.raises(EncodeError) as caught:
        codec.encode({"a": [1, {2}]})
    assert str(pickled(caught.value)) == str(caught.value)
