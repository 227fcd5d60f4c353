"""What is public has a docstring, and has it once: an override shows the text of what it overrides."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType

import cache_provider
from cache_provider import (
    AsyncCacheProviderInterface,
    AsyncDistributedLock,
    AsyncInMemoryCacheAdapter,
    AsyncRedisCacheAdapter,
    CacheProviderInterface,
    DistributedLock,
    InMemoryCacheAdapter,
    InMemoryLock,
    RedisCacheAdapter,
)
from cache_provider.testing import AsyncInstrumentedCache, InstrumentedCache

PACKAGE = Path(cache_provider.__file__).parent
PAIRS: list[tuple[type, type]] = [
    (CacheProviderInterface, AsyncCacheProviderInterface),
    (DistributedLock, AsyncDistributedLock),
]
IMPLEMENTED: dict[type, list[type]] = {
    CacheProviderInterface: [InMemoryCacheAdapter, RedisCacheAdapter, InstrumentedCache],
    DistributedLock: [InMemoryLock],
    AsyncCacheProviderInterface: [AsyncInMemoryCacheAdapter, AsyncRedisCacheAdapter, AsyncInstrumentedCache],
}


def full_name(path: Path) -> str:
    """Return the name that a module is imported by."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [full_name(path) for path in sorted(PACKAGE.rglob("*.py")) if path.stem != "__main__"]


@cache
def module(name: str) -> ModuleType:
    """Import a module."""
    return importlib.import_module(name)


def definitions(parent: ast.AST) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the classes and functions of a module's own."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
        elif isinstance(node, (ast.If, ast.Try)):
            yield from definitions(node)


def methods(name: str) -> Iterator[tuple[type, str, bool]]:
    """Yield the methods and properties written in a module: class, name, and whether it has a docstring."""
    for cls in definitions(syntax(name)):
        if isinstance(cls, ast.ClassDef):
            texts: dict[str, str | None] = {}
            for node in cls.body:
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    texts[node.name] = ast.get_docstring(node) or texts.get(node.name)
            for member, text in sorted(texts.items()):
                yield getattr(module(name), cls.name), member, bool(text)


@cache
def all_methods() -> list[tuple[type, str, bool]]:
    """Return those of all modules."""
    return [each for name in MODULES for each in methods(name)]


@cache
def syntax(name: str) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(Path(str(module(name).__file__)).read_text(encoding="utf-8"))


def inherits_text(cls: type, member: str, within: str = "") -> bool:
    """Tell whether a member has a docstring from a base, of a package if one is named."""
    bases = (base for base in cls.__mro__[1:] if base.__module__.startswith(within))
    # Not `vars(base).get(member)`: from Python 3.13 on None has a docstring.
    return any(vars(base)[member].__doc__ for base in bases if member in vars(base))


def is_public(*names: str) -> bool:
    """Tell whether none of the names is private."""
    return not any(name.startswith("_") for name in names)


def operations(interface: type) -> list[str]:
    """Return the public methods and properties of an interface."""
    return [
        name
        for name in dir(interface)
        if not name.startswith("_") and isinstance(getattr(interface, name), (FunctionType, property))
    ]


INHERITED = [
    (interface, implementation, name)
    for interface, implementations in IMPLEMENTED.items()
    for implementation in implementations
    for name in operations(interface)
]
TWINS = [(sync, twin, name) for sync, twin in PAIRS for name in operations(sync)]


def test_each_module_has_a_docstring() -> None:
    """Its first line says what the file is for."""
    assert [name for name in MODULES if not module(name).__doc__] == []


def test_each_public_class_and_function_has_a_docstring() -> None:
    """Of its own: a class is not what it inherits from."""
    # Of several signatures the last one, which is the function, documents all.
    latest = {
        (name, node.name): node
        for name in MODULES
        for node in definitions(syntax(name))
        if is_public(node.name)
    }
    assert [each for each, node in latest.items() if not ast.get_docstring(node)] == []


def test_each_public_method_has_a_docstring_or_inherits_one() -> None:
    """`help` and editors have something to show."""
    assert [
        f"{cls.__qualname__}.{member}"
        for cls, member, has_text in all_methods()
        if is_public(cls.__name__, member) and not has_text and not inherits_text(cls, member)
    ] == []


def test_no_override_has_a_docstring() -> None:
    """What is said twice differs one day, and the shorter text would hide the full one.

    Methods that another library's interface asks for keep theirs: that text does not say what ours do.
    """
    assert [
        f"{cls.__qualname__}.{member}"
        for cls, member, has_text in all_methods()
        if has_text and inherits_text(cls, member, within=PACKAGE.name)
    ] == []


def test_help_shows_the_interfaces_text() -> None:
    """Whoever asks an adapter reads the whole promise."""
    assert [
        (implementation, name)
        for interface, implementation, name in INHERITED
        if inspect.getdoc(getattr(implementation, name)) != inspect.getdoc(getattr(interface, name))
    ] == []


def test_a_coroutines_text_is_full_or_says_where_the_full_one_is() -> None:
    """By the name that `help` takes."""
    assert [(sync, name) for sync, twin, name in TWINS if not is_full(sync, twin, name)] == []


def is_full(sync: type, twin: type, name: str) -> bool:
    """Tell whether a coroutine's text is the whole promise, or names where it stands."""
    text = inspect.getdoc(getattr(twin, name))
    return text == inspect.getdoc(getattr(sync, name)) or f"`{sync.__name__}.{name}`" in str(text)
