"""The shape of a caching middleware's backend, alone and over every store."""

import asyncio
from datetime import timedelta
from typing import Any, cast

import pytest

from cache_provider import BytesCodec, CacheClosedError, EncodeError, InMemoryCacheAdapter, WrongTypeError
from cache_provider.interop.cache_middleware import CacheMiddlewareBackend
from tests.interop.shapes.stage import Stage
from tests.interop.stores import Store

Middleware = Stage[CacheMiddlewareBackend]

WRONG_TIMEOUTS = [
    (0, ValueError),
    (-1, ValueError),
    (timedelta(0), ValueError),
    (float("nan"), ValueError),
    (float("inf"), ValueError),
    (None, TypeError),
    (True, TypeError),
    ("60", TypeError),
]


def test_what_was_set_is_got(middleware: Middleware) -> None:
    """A page that was stored is served."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("page", "<html>", 60)
        return await backend.get("page")

    assert middleware.run(scenario) == "<html>"


@pytest.mark.parametrize("text", ["", "5", "null", '{"a": 1}', "żółw 🐢", "x" * 100_000, "\x00\r\n"])
def test_every_text_comes_back_as_it_was(middleware: Middleware, text: str) -> None:
    """A text that looks like something else stays a text."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("page", text, 60)
        return await backend.get("page")

    assert middleware.run(scenario) == text


def test_a_missing_key_is_none(middleware: Middleware) -> None:
    """A page that nobody stored is not there."""
    assert middleware.run(lambda backend: backend.get("page")) is None


def test_set_replaces(middleware: Middleware) -> None:
    """The later page is served."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("page", "old", 60)
        await backend.set("page", "new", 60)
        return await backend.get("page")

    assert middleware.run(scenario) == "new"


def test_set_returns_nothing(middleware: Middleware) -> None:
    """There is no answer to take for a promise."""

    async def scenario(backend: CacheMiddlewareBackend) -> object:
        return await cast("Any", backend).set("page", "text", 60)

    assert middleware.run(scenario) is None


def test_the_empty_key_is_a_key(middleware: Middleware) -> None:
    """Redis has no other opinion."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("", "text", 60)
        return await backend.get("")

    assert middleware.run(scenario) == "text"


# Time


@pytest.mark.parametrize("timeout", [60, 60.0, timedelta(minutes=1)])
def test_a_page_lives_for_its_timeout(middleware: Middleware, timeout: float) -> None:
    """Seconds, or a duration."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("page", "text", timeout)
        middleware.pass_time(59)
        return await backend.get("page")

    assert middleware.run(scenario) == "text"


def test_a_page_is_gone_when_its_time_is_over(middleware: Middleware) -> None:
    """At the very end, not a while later."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("page", "text", 60)
        middleware.pass_time(60)
        return await backend.get("page")

    assert middleware.run(scenario) is None


def test_part_of_a_second_counts(middleware: Middleware) -> None:
    """A time-out is not cut to whole seconds."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("page", "text", 1.9)
        middleware.pass_time(1.5)
        return await backend.get("page")

    assert middleware.run(scenario) == "text"


def test_setting_again_renews_the_timeout(middleware: Middleware) -> None:
    """The time counts from the last write."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("page", "old", 60)
        middleware.pass_time(50)
        await backend.set("page", "new", 60)
        middleware.pass_time(50)
        return await backend.get("page")

    assert middleware.run(scenario) == "new"


@pytest.mark.parametrize("reader_first", [True, False])
def test_a_reader_of_an_expired_page_never_removes_a_fresh_one(
    middleware: Middleware, reader_first: bool
) -> None:
    """Whoever finds the old page expired leaves the new one alone."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("page", "old", 1)
        middleware.pass_time(2)
        steps = [backend.get("page"), backend.set("page", "fresh", 60)]
        await asyncio.gather(*(steps if reader_first else reversed(steps)))
        return await backend.get("page")

    assert middleware.run(scenario) == "fresh"


# Delete and close


def test_a_deleted_page_is_gone(middleware: Middleware) -> None:
    """What was deleted is not served."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("page", "text", 60)
        await backend.delete("page")
        return await backend.get("page")

    assert middleware.run(scenario) is None


def test_deleting_what_is_not_there_does_nothing(middleware: Middleware) -> None:
    """It is no error, and no answer."""

    async def scenario(backend: CacheMiddlewareBackend) -> object:
        return await cast("Any", backend).delete("page")

    assert middleware.run(scenario) is None


def test_close_may_be_called_again(middleware: Middleware) -> None:
    """Whoever shuts down twice is not punished."""

    async def scenario(backend: CacheMiddlewareBackend) -> object:
        await backend.close()
        return await cast("Any", backend).close()

    assert middleware.run(scenario) is None


# What is refused


@pytest.mark.parametrize("value", [b"bytes", 5, None, {"a": 1}])
def test_only_text_is_stored(middleware: Middleware, value: object) -> None:
    """What `get` promises, `set` makes sure of."""

    async def scenario(backend: CacheMiddlewareBackend) -> None:
        with pytest.raises(TypeError, match="value must be a str"):
            await backend.set("page", cast("str", value), 60)

    middleware.run(scenario)


def test_half_a_surrogate_pair_is_refused(middleware: Middleware) -> None:
    """UTF-8 could not carry it."""

    async def scenario(backend: CacheMiddlewareBackend) -> None:
        with pytest.raises(ValueError, match="value must be valid Unicode"):
            await backend.set("page", "\ud800", 60)

    middleware.run(scenario)


@pytest.mark.parametrize(("timeout", "error"), WRONG_TIMEOUTS)
def test_a_wrong_timeout_is_refused_by_name(
    middleware: Middleware, timeout: Any, error: type[Exception]
) -> None:
    """There is no page without a time-out, or with one that is over."""

    async def scenario(backend: CacheMiddlewareBackend) -> None:
        with pytest.raises(error, match=r"^timeout must be"):
            await backend.set("page", "text", timeout)

    middleware.run(scenario)


@pytest.mark.parametrize("arguments", [(5, 60), ("new", 0), ("new", None)])
def test_a_refused_set_changes_nothing(middleware: Middleware, arguments: tuple[Any, Any]) -> None:
    """Arguments are looked at first."""

    async def scenario(backend: CacheMiddlewareBackend) -> str | None:
        await backend.set("page", "old", 60)
        with pytest.raises((TypeError, ValueError)):
            await backend.set("page", *arguments)
        return await backend.get("page")

    assert middleware.run(scenario) == "old"


@pytest.mark.parametrize("operation", ["get", "set", "delete"])
def test_a_key_that_is_no_text_is_refused(middleware: Middleware, operation: str) -> None:
    """The error names the argument."""
    rest = ("text", 60) if operation == "set" else ()

    async def scenario(backend: CacheMiddlewareBackend) -> None:
        with pytest.raises(TypeError, match="key must be a str, not int 5"):
            await getattr(backend, operation)(5, *rest)

    middleware.run(scenario)


# Over a provider


def over(store: Store) -> Middleware:
    """Return a stage for the face over the store."""
    return Stage(
        lambda: CacheMiddlewareBackend(store.connect_async()), lambda face: face.close(), store.pass_time
    )


def test_something_else_under_the_key_is_an_error(store: Store) -> None:
    """Another's counter is not served as a page."""
    store.connect().set("page", 5)

    async def scenario(backend: CacheMiddlewareBackend) -> None:
        with pytest.raises(WrongTypeError, match="key 'page' must hold a str, not int"):
            await backend.get("page")

    over(store).run(scenario)


def test_the_providers_prefix_is_used(store: Store) -> None:
    """The page lies where other users of the provider see it."""
    over(store).run(lambda backend: backend.set("page", "text", 60))
    assert store.connect("").get("app:page") == "text"


def test_what_a_server_keeps_outlives_close(store: Store) -> None:
    """A closed connection is no flush."""
    over(store).run(lambda backend: backend.set("page", "text", 60))
    assert over(store).run(lambda backend: backend.get("page")) == "text"


def test_a_closed_one_refuses_to_work(store: Store) -> None:
    """`close` closes the provider."""

    async def scenario(backend: CacheMiddlewareBackend) -> None:
        await backend.close()
        with pytest.raises(CacheClosedError):
            await backend.get("page")

    over(store).run(scenario)


def test_a_codec_without_text_is_refused_at_the_first_set(store: Store) -> None:
    """And says so."""

    async def scenario() -> None:
        async with store.connect_async(codec=BytesCodec()) as provider:
            with pytest.raises(EncodeError, match="bytes only"):
                await CacheMiddlewareBackend(provider).set("page", "text", 60)

    asyncio.run(scenario())


def test_a_synchronous_provider_is_refused() -> None:
    """It would stop the event loop at every operation."""
    with pytest.raises(TypeError, match="provider must be an AsyncCacheProviderInterface, not InMemory"):
        CacheMiddlewareBackend(cast("Any", InMemoryCacheAdapter()))


def test_its_repr_shows_the_provider(store: Store) -> None:
    """Nothing more: entries on a server are not counted for a message."""
    provider = store.connect_async()
    assert repr(CacheMiddlewareBackend(provider)) == f"CacheMiddlewareBackend({provider!r})"
