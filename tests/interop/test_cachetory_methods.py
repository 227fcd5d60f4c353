"""What each method of cachetory's backends does, on both kinds and on both stores."""

from datetime import timedelta
from typing import Any, TypeAlias

import pytest

from cache_provider import BytesCodec, DecodeError, EncodeError, MsgpackCodec, PickleCodec, WrongTypeError
from cache_provider.interop.cachetory import ProviderBackend
from tests.interop.backends import Awaited, Backends

Backend: TypeAlias = ProviderBackend[Any] | Awaited

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

WIRES = [
    '{"n": 1}',
    "",
    "naïve",
    "base64:AAA=",
    "base64:not",
    "text:base64:AAA=",
    b"",
    b"\x00\xff",
    b"base64:AAA=",
]
"""What serializers make of values: text, bytes, and both looking like the marks of the face."""


@pytest.mark.parametrize("wire", WIRES, ids=repr)
@pytest.mark.parametrize("codec", [None, MsgpackCodec(), PickleCodec()], ids=repr)
def test_a_text_or_bytes_wire_comes_back_as_it_went_in(
    backends: Backends, codec: MsgpackCodec | PickleCodec | None, wire: str | bytes
) -> None:
    """Whatever the provider's codec is, and type and all."""
    backend = backends.connect(codec=codec)
    backend.set("k", wire)
    assert (type(backend.get("k")), backend.get("k")) == (type(wire), wire)


def test_a_bytes_wire_is_stored_as_it_is_where_the_codec_takes_bytes(backends: Backends) -> None:
    """As cachetory's own Redis backend stores it."""
    backends.connect(codec=BytesCodec()).set("k", b"\x00wire")
    assert backends.store.connect(codec=BytesCodec()).get("k") == b"\x00wire"


def test_a_text_wire_is_refused_where_the_codec_takes_only_bytes(backends: Backends) -> None:
    """It would come back as bytes."""
    with pytest.raises(EncodeError, match="BytesCodec carries bytes only, not str"):
        backends.connect(codec=BytesCodec()).set("k", "text")


@pytest.mark.parametrize("wire", [None, 7, 1.5, True, [1, {"a": None}]], ids=repr)
def test_any_wire_that_the_codec_carries_comes_back(backend: Backend, wire: object) -> None:
    """`NoopSerializer` hands values over as they are."""
    backend.set("k", wire)
    assert backend.get("k") == wire


def test_any_object_comes_back_under_the_pickle_codec(backends: Backends) -> None:
    """Sets, tuples as tuples, and instances."""
    backend = backends.connect(codec=PickleCodec())
    wire = ({1, 2}, SECOND)
    backend.set("k", wire)
    assert backend.get("k") == wire


def test_a_wire_that_the_codec_cannot_carry_is_refused(backend: Backend) -> None:
    """With the key and the type named."""
    with pytest.raises(EncodeError, match=r"key 'k'.*set"):
        backend.set("k", {1, 2})


def test_a_stored_mark_without_base64_behind_it_is_no_wire(backends: Backends) -> None:
    """Somebody else wrote it."""
    backends.store.connect().set("k", "base64:*")
    with pytest.raises(DecodeError, match="'k'"):
        backends.connect().get("k")


def test_get_of_a_missing_key_raises_key_error(backend: Backend) -> None:
    """As cachetory asks."""
    with pytest.raises(KeyError, match="'gone'"):
        backend.get("gone")


def test_get_of_an_expired_key_raises_key_error(backends: Backends) -> None:
    """At exactly its deadline."""
    backend = backends.connect()
    backend.set("k", "v", time_to_live=SECOND)
    backends.store.pass_time(1)
    with pytest.raises(KeyError):
        backend.get("k")


def test_get_of_a_key_that_holds_a_list_is_an_error(backends: Backends) -> None:
    """It is no miss: whoever computed the value could not store it there."""
    backends.store.connect().push_limit("k", 1, 5)
    with pytest.raises(WrongTypeError):
        backends.connect().get("k")


def test_get_many_returns_what_was_asked_in_that_order(backend: Backend) -> None:
    """A key that was asked twice comes twice."""
    backend.set_many([("a", "1"), ("b", b"2"), ("c", "3")])
    assert list(backend.get_many("c", "a", "b", "c")) == [("c", "3"), ("a", "1"), ("b", b"2"), ("c", "3")]


def test_get_many_leaves_missing_keys_out(backend: Backend) -> None:
    """Existing pairs only."""
    backend.set("a", "1")
    assert list(backend.get_many("a", "gone")) == [("a", "1")]


def test_get_many_includes_a_stored_none(backend: Backend) -> None:
    """None is a value."""
    backend.set("a", None)
    assert list(backend.get_many("a")) == [("a", None)]


def test_get_many_of_nothing_is_nothing(backend: Backend) -> None:
    """And asks nobody for it."""
    assert list(backend.get_many()) == []


def test_set_returns_true(backend: Backend) -> None:
    """Where nothing stands in the way."""
    assert backend.set("k", "v") is True


def test_set_replaces(backend: Backend) -> None:
    """The last one stays."""
    backend.set("k", "v")
    backend.set("k", "w")
    assert backend.get("k") == "w"


def test_set_without_time_to_live_removes_the_deadline(backends: Backends) -> None:
    """None is for ever."""
    backend = backends.connect()
    backend.set("k", "v", time_to_live=SECOND)
    backend.set("k", "w", time_to_live=None)
    assert backends.store.connect().ttl("k") is None


def test_set_without_time_to_live_takes_the_providers_default(backends: Backends) -> None:
    """Who gave the provider a default ttl wants it."""
    backends.connect(default_ttl=30).set("k", "v")
    assert backends.store.connect().ttl("k") == 30


def test_time_to_live_is_exact(backends: Backends) -> None:
    """To the millisecond, below a second too."""
    backend = backends.connect()
    backend.set("k", "v", time_to_live=timedelta(milliseconds=1500))
    backends.store.pass_time(1.498)
    assert backend.get("k") == "v"


def test_if_not_exists_stores_where_nothing_is(backend: Backend) -> None:
    """And says so."""
    assert backend.set("k", "v", if_not_exists=True) is True


def test_if_not_exists_keeps_what_is_there(backend: Backend) -> None:
    """Value and all."""
    backend.set("k", "v")
    backend.set("k", "w", if_not_exists=True)
    assert backend.get("k") == "v"


def test_if_not_exists_says_that_it_kept_what_is_there(backend: Backend) -> None:
    """The return value tells who was first."""
    backend.set("k", "v")
    assert backend.set("k", "w", if_not_exists=True) is False


def test_if_not_exists_sets_the_deadline_of_what_it_stores(backends: Backends) -> None:
    """In the same step."""
    backends.connect().set("k", "v", time_to_live=MINUTE, if_not_exists=True)
    assert backends.store.connect().ttl("k") == 60


def test_set_many_stores_each_pair(backend: Backend) -> None:
    """Of any iterable."""
    backend.set_many((key, key.upper()) for key in "ab")
    assert list(backend.get_many("a", "b")) == [("a", "A"), ("b", "B")]


def test_set_many_keeps_the_last_of_a_key_named_twice(backend: Backend) -> None:
    """As setting one after the other would."""
    backend.set_many([("a", "1"), ("a", "2")])
    assert backend.get("a") == "2"


def test_set_many_of_nothing_does_nothing(backend: Backend) -> None:
    """An empty iterable is no error."""
    backend.set_many([])
    assert backend.size == 0


def test_set_many_is_all_or_nothing(backend: Backend) -> None:
    """One value that is refused refuses all."""
    with pytest.raises(EncodeError):
        backend.set_many([("a", "1"), ("b", object())])
    assert backend.size == 0


def test_expire_in_sets_a_deadline(backends: Backends) -> None:
    """From now."""
    backend = backends.connect()
    backend.set("k", "v")
    backend.expire_in("k", MINUTE)
    assert backends.store.connect().ttl("k") == 60


def test_expire_in_without_a_time_makes_the_key_eternal(backends: Backends) -> None:
    """`time_to_live` is None by default."""
    backend = backends.connect()
    backend.set("k", "v", time_to_live=MINUTE)
    backend.expire_in("k")
    assert backends.store.connect().ttl("k") is None


@pytest.mark.parametrize("time_to_live", [timedelta(0), -SECOND], ids=str)
def test_expire_in_no_time_removes_the_key(backend: Backend, time_to_live: timedelta) -> None:
    """Zero is not None."""
    backend.set("k", "v")
    backend.expire_in("k", time_to_live)
    assert backend.size == 0


@pytest.mark.parametrize("time_to_live", [MINUTE, None], ids=str)
def test_expire_in_of_a_missing_key_makes_none(backend: Backend, time_to_live: timedelta | None) -> None:
    """And is no error."""
    backend.expire_in("gone", time_to_live)
    assert backend.size == 0


def test_expire_at_sets_a_deadline(backends: Backends) -> None:
    """On the calendar."""
    backend = backends.connect()
    backend.set("k", "v")
    backend.expire_at("k", backends.store.now() + MINUTE)
    assert backends.store.connect().ttl("k") == 60


def test_expire_at_none_makes_the_key_eternal(backends: Backends) -> None:
    """No deadline at all."""
    backend = backends.connect()
    backend.set("k", "v", time_to_live=MINUTE)
    backend.expire_at("k", None)
    assert backends.store.connect().ttl("k") is None


def test_expire_at_a_past_moment_removes_the_key(backends: Backends) -> None:
    """It is over already."""
    backend = backends.connect()
    backend.set("k", "v")
    backend.expire_at("k", backends.store.now() - SECOND)
    assert backend.size == 0


def test_expire_at_of_a_missing_key_makes_none(backends: Backends) -> None:
    """And is no error."""
    backend = backends.connect()
    backend.expire_at("gone", backends.store.now() + MINUTE)
    assert backend.size == 0


def test_delete_removes_a_key(backend: Backend) -> None:
    """And says so."""
    backend.set("k", "v")
    assert backend.delete("k") is True


def test_delete_of_a_missing_key_says_so(backend: Backend) -> None:
    """The return value tells whether it existed."""
    assert backend.delete("gone") is False


def test_delete_of_an_expired_key_says_that_none_was_there(backends: Backends) -> None:
    """What is over is over."""
    backend = backends.connect()
    backend.set("k", "v", time_to_live=SECOND)
    backends.store.pass_time(1)
    assert backend.delete("k") is False


def test_delete_many_of_nothing_does_nothing(backend: Backend) -> None:
    """No keys, no error."""
    backend.set("k", "v")
    backend.delete_many()
    assert backend.size == 1


def test_clear_removes_every_key(backend: Backend) -> None:
    """Under the prefix."""
    backend.set_many([("a", "1"), ("b", "2")])
    backend.clear()
    assert backend.size == 0


def test_clear_leaves_other_prefixes_alone(backends: Backends) -> None:
    """Unlike a FLUSHDB."""
    other = backends.connect("other:")
    other.set("k", "v")
    backends.connect().clear()
    assert other.get("k") == "v"


def test_size_counts_the_keys_under_the_prefix(backends: Backends) -> None:
    """And nobody else's."""
    backends.connect("other:").set("k", "v")
    backend = backends.connect()
    backend.set_many([("a", "1"), ("b", "2")])
    assert backend.size == 2


def test_size_does_not_count_what_has_expired(backends: Backends) -> None:
    """Live entries only."""
    backend = backends.connect()
    backend.set("k", "v", time_to_live=SECOND)
    backends.store.pass_time(1)
    assert backend.size == 0
