"""The face under the real library, `cache-middleware`, where that can be installed (Python 3.12 on)."""

from typing import Any

import httpx
import pytest

from cache_provider.interop.cache_middleware import CacheMiddlewareBackend
from tests.interop.shapes.stage import Stage

library: Any = pytest.importorskip("cache_middleware")
fastapi: Any = pytest.importorskip("fastapi")

Middleware = Stage[CacheMiddlewareBackend]


def shop(backend: CacheMiddlewareBackend) -> httpx.AsyncClient:
    """Return a client of a FastAPI application that counts how often it renders."""
    app = fastapi.FastAPI()
    app.add_middleware(library.CacheMiddleware, backend=backend)
    rendered: list[str] = []

    async def prices(item: str = "") -> dict[str, Any]:
        rendered.append(item)
        return {"item": item, "rendered": len(rendered)}

    app.add_api_route("/prices", library.cache(timeout=30)(prices))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


def test_the_library_answers_from_the_face(middleware: Middleware) -> None:
    """The endpoint runs once for two requests."""

    async def scenario(backend: CacheMiddlewareBackend) -> list[Any]:
        client = shop(backend)
        return [(await client.get("/prices")).json()["rendered"] for _ in range(2)]

    assert middleware.run(scenario) == [1, 1]


def test_the_library_renders_again_when_the_time_is_over(middleware: Middleware) -> None:
    """The decorator's time-out arrives in the face."""

    async def scenario(backend: CacheMiddlewareBackend) -> list[Any]:
        client = shop(backend)
        first = (await client.get("/prices")).json()["rendered"]
        middleware.pass_time(30)
        return [first, (await client.get("/prices")).json()["rendered"]]

    assert middleware.run(scenario) == [1, 2]


def test_the_library_keeps_queries_apart(middleware: Middleware) -> None:
    """One key a query."""

    async def scenario(backend: CacheMiddlewareBackend) -> list[Any]:
        client = shop(backend)
        return [(await client.get(f"/prices?item={item}")).json()["item"] for item in "aba"]

    assert middleware.run(scenario) == ["a", "b", "a"]
