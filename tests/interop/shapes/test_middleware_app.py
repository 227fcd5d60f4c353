"""A real Starlette application whose pages a small middleware keeps in the face."""

from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware as Installed
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from cache_provider import AsyncInMemoryCacheAdapter, CacheUnavailableError
from cache_provider.interop.cache_middleware import CacheMiddlewareBackend
from tests.interop.shapes.stage import Stage

Middleware = Stage[CacheMiddlewareBackend]

TIMEOUT = 30


class CachedPages(BaseHTTPMiddleware):
    """Answers a GET from the backend, and forgets a page that is deleted."""

    def __init__(self, app: ASGIApp, backend: CacheMiddlewareBackend) -> None:
        super().__init__(app)
        self._backend = backend

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        page = str(request.url)
        if request.method == "DELETE":
            await self._backend.delete(page)
            return Response(status_code=204)
        try:
            return PlainTextResponse(await self._backend.get(page) or await self._fresh(page))
        except CacheUnavailableError:
            return await call_next(request)

    async def _fresh(self, page: str) -> str:
        """Render the page and keep it."""
        async with client_of(self.app, "http://inside") as inside:
            text = (await inside.get(page)).text
        await self._backend.set(page, text, TIMEOUT)
        return text


def client_of(app: Any, base_url: str = "http://shop") -> httpx.AsyncClient:
    """Return a client that calls an application without a network."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url)


class Shop:
    """An application with one page, whose every rendering differs."""

    def __init__(self, backend: CacheMiddlewareBackend) -> None:
        self.rendered = 0
        app = Starlette(
            routes=[Route("/prices", self._prices)], middleware=[Installed(CachedPages, backend=backend)]
        )
        self.client = client_of(app)

    async def _prices(self, request: Request) -> Response:
        self.rendered += 1
        return PlainTextResponse(f"{self.rendered}: {request.url.query}")

    async def page(self, query: str = "") -> str:
        """Ask for the page."""
        return (await self.client.get(f"/prices?{query}")).text


def test_the_second_request_is_answered_from_the_cache(middleware: Middleware) -> None:
    """The page is rendered once."""

    async def scenario(backend: CacheMiddlewareBackend) -> list[str]:
        shop = Shop(backend)
        return [await shop.page(), await shop.page()]

    assert middleware.run(scenario) == ["1: ", "1: "]


def test_a_page_is_rendered_again_when_its_time_is_over(middleware: Middleware) -> None:
    """The time-out is the backend's."""

    async def scenario(backend: CacheMiddlewareBackend) -> list[str]:
        shop = Shop(backend)
        first = await shop.page()
        middleware.pass_time(TIMEOUT)
        return [first, await shop.page()]

    assert middleware.run(scenario) == ["1: ", "2: "]


def test_pages_are_kept_apart(middleware: Middleware) -> None:
    """Each address has an entry of its own, glob characters or not."""

    async def scenario(backend: CacheMiddlewareBackend) -> list[str]:
        shop = Shop(backend)
        return [await shop.page(query) for query in ("a=1", "a=*", "a=1")]

    assert middleware.run(scenario) == ["1: a=1", "2: a=*", "1: a=1"]


def test_a_deleted_page_is_rendered_again(middleware: Middleware) -> None:
    """An invalidation reaches the cache."""

    async def scenario(backend: CacheMiddlewareBackend) -> list[str]:
        shop = Shop(backend)
        first = await shop.page("a=1")
        await shop.client.delete("/prices?a=1")
        return [first, await shop.page("a=1")]

    assert middleware.run(scenario) == ["1: a=1", "2: a=1"]


class Unreachable(AsyncInMemoryCacheAdapter):
    """A cache that is down."""

    async def get(self, key: str, default: Any = None) -> Any:
        del key, default
        raise CacheUnavailableError("connection refused")


def test_an_outage_reaches_the_middleware(middleware: Middleware) -> None:
    """Nothing is swallowed, so the middleware can decide; this one goes on without its cache."""

    async def scenario(_: CacheMiddlewareBackend) -> list[str]:
        shop = Shop(CacheMiddlewareBackend(Unreachable()))
        return [await shop.page(), await shop.page()]

    assert middleware.run(scenario) == ["1: ", "2: "]
