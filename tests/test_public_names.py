"""What is public is said once: by `__all__`, and by nothing else."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import cache_provider
from cache_provider import (
    AsyncCacheProviderInterface,
    AsyncDistributedLock,
    AsyncInMemoryCacheAdapter,
    AsyncRedisCacheAdapter,
    BytesCodec,
    CacheProviderInterface,
    CleanupService,
    Clock,
    Codec,
    DistributedLock,
    InMemoryCacheAdapter,
    JsonCodec,
    ManualClock,
    MemoryServer,
    MsgpackCodec,
    PickleCodec,
    RedisCacheAdapter,
    SystemClock,
)
from cache_provider.testing.calls import Call
from cache_provider.testing.seam import AsyncInstrumentedCache, InstrumentedCache, Operation

ROOT = Path(__file__).parents[1]
PACKAGE = Path(cache_provider.__file__).parent
INSIDE = (ROOT / "docs" / "inside.md").read_text(encoding="utf-8")
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("**/*.md")),
    *sorted(ROOT.glob("examples/**/test_*.py")),
]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
NOWHERE = "redis://localhost:1/0"


def full_name(path: Path) -> str:
    """Return the name that a module is imported by."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def has_all(path: Path) -> bool:
    """Tell whether a module says what is public in it."""
    return re.search(r"^__all__\b", path.read_text(encoding="utf-8"), re.MULTILINE) is not None


PUBLIC = sorted(full_name(path) for path in PACKAGE.rglob("*.py") if has_all(path))


def on_the_page() -> Iterator[str]:
    """Yield the public modules that docs/inside.md lists; `` `testing` and in it `calls` `` is two."""
    table = INSIDE.partition("## What is public")[2].partition("\n## ")[0]
    for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
        outer, _, inner = row.partition(" and in it ")
        yield from (name.removeprefix("cache_provider.") for name in re.findall(r"`(.+?)`", outer))
        yield from (f"{outer.strip('`')}.{name}" for name in re.findall(r"`(.+?)`", inner))


def imported_by(page: Path) -> set[tuple[str, str]]:
    """Return what a page's examples import of the package: module and name."""
    text = page.read_text(encoding="utf-8")
    blocks = [text] if page.suffix == ".py" else BLOCK.findall(text)
    return {
        (str(node.module), alias.name)
        for block in blocks
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "cache_provider"
        for alias in node.names
    }


def is_public(module: str, name: str) -> bool:
    """Tell whether a name is promised, or is a public module itself."""
    return f"{module}.{name}" in PUBLIC or (
        module in PUBLIC and name in importlib.import_module(module).__all__
    )


def offered(promised: type, thing: object) -> set[str]:
    """Return what an editor offers on an object and its interface does not promise."""
    return {name for name in {*dir(promised), *dir(thing)} - set(dir(promised)) if not name.startswith("_")}


# Modules and names


def test_the_page_lists_the_public_modules() -> None:
    """All of them and no others; a module that gets an `__all__` gets a place there."""
    assert sorted(on_the_page()) == sorted(name.removeprefix("cache_provider.") for name in PUBLIC)


@pytest.mark.parametrize("module", PUBLIC)
def test_what_is_public_is_there(module: str) -> None:
    """Those names too that are only looked up when they are asked for."""
    public = importlib.import_module(module)
    assert [name for name in public.__all__ if not hasattr(public, name)] == []


@pytest.mark.parametrize("module", PUBLIC)
def test_what_is_public_is_listed_once(module: str) -> None:
    """Nothing is promised twice."""
    names = importlib.import_module(module).__all__
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_import_what_is_public(page: Path) -> None:
    """Nobody is shown a name that may be gone tomorrow."""
    assert [f"{module}.{name}" for module, name in imported_by(page) if not is_public(module, name)] == []


# Objects


def test_the_double_offers_what_it_promises() -> None:
    """Besides the interface: the store it is, and the sweeper's list."""
    assert offered(CacheProviderInterface, InMemoryCacheAdapter()) == {
        "cleanup_expired",
        "clear_all",
        "clear_all_instances",
        "get_store_size",
        "instances",
        "set_health_status",
    }


def test_the_asynchronous_double_offers_what_it_promises() -> None:
    """Besides the interface: the store it is."""
    assert offered(AsyncCacheProviderInterface, AsyncInMemoryCacheAdapter()) == {
        "cleanup_expired",
        "clear_all",
        "get_store_size",
        "set_health_status",
    }


def test_the_redis_adapter_offers_the_interface() -> None:
    """And nothing else."""
    assert offered(CacheProviderInterface, RedisCacheAdapter(NOWHERE)) == set()


def test_the_asynchronous_redis_adapter_offers_the_interface() -> None:
    """And how to leave an event loop."""
    assert offered(AsyncCacheProviderInterface, AsyncRedisCacheAdapter(NOWHERE)) == {"disconnect"}


LOCKS: dict[str, tuple[type, object, set[str]]] = {
    "of the process": (DistributedLock, InMemoryCacheAdapter().get_lock("l"), {"clear_all_locks"}),
    "of the double": (DistributedLock, InMemoryCacheAdapter().get_lock("l", 1), {"clear_all_locks"}),
    "of Redis": (DistributedLock, RedisCacheAdapter(NOWHERE).get_lock("l"), set()),
    "of the asynchronous double": (AsyncDistributedLock, AsyncInMemoryCacheAdapter().get_lock("l"), set()),
    "of Redis, asynchronous": (AsyncDistributedLock, AsyncRedisCacheAdapter(NOWHERE).get_lock("l"), set()),
}
OTHERS: dict[str, tuple[type, object, set[str]]] = {
    "SystemClock": (Clock, SystemClock(), set()),
    "ManualClock": (Clock, ManualClock(), {"advance", "now", "set"}),
    "JsonCodec": (Codec, JsonCodec(), set()),
    "PickleCodec": (Codec, PickleCodec(), set()),
    "MsgpackCodec": (Codec, MsgpackCodec(), set()),
    "BytesCodec": (Codec, BytesCodec(), set()),
    "MemoryServer": (
        object,
        MemoryServer(),
        {
            "async_redis",
            "clear",
            "clock",
            "connection_pool",
            "eviction",
            "evictions",
            "expirations",
            "listen",
            "max_size",
            "redis",
            "size",
            "sweep",
        },
    ),
    "InstrumentedCache": (
        CacheProviderInterface,
        InstrumentedCache(InMemoryCacheAdapter()),
        {"interceptors", "provider"},
    ),
    "AsyncInstrumentedCache": (
        AsyncCacheProviderInterface,
        AsyncInstrumentedCache(AsyncInMemoryCacheAdapter()),
        {"interceptors", "provider"},
    ),
    "Call": (
        object,
        Call(Operation()),
        {
            "arguments",
            "at",
            "at_ms",
            "commands",
            "duration",
            "duration_ms",
            "error",
            "key",
            "keys",
            "operation",
            "outcome",
            "result",
            "site",
            "title",
        },
    ),
    "CleanupService": (
        object,
        CleanupService(),
        {"cleanup_memory_cache_expired", "run_once", "running", "start", "stop"},
    ),
}


@pytest.mark.parametrize(("promised", "thing", "besides"), LOCKS.values(), ids=LOCKS)
def test_a_lock_offers_what_it_promises(promised: type, thing: object, besides: set[str]) -> None:
    """How it is taken and waited for inside is nobody's business."""
    assert offered(promised, thing) == besides


@pytest.mark.parametrize(("promised", "thing", "besides"), OTHERS.values(), ids=OTHERS)
def test_any_other_object_offers_what_it_promises(promised: type, thing: object, besides: set[str]) -> None:
    """No more than their interface and what their page names."""
    assert offered(promised, thing) == besides


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_is_on_a_reference_page(module: str) -> None:
    """With its docstring, or with its whole module."""
    pages = "\n".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("reference*.md"))
    if f".. automodule:: {module}\n" in pages:
        return
    described = set(re.findall(r"^\.\. (?:auto|py:)\w+:: (?:[\w.]+\.)?(\w+)$", pages, re.MULTILINE))
    assert set(importlib.import_module(module).__all__) - described == set()
