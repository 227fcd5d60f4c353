"""The house stands: imports point down, importing is cheap, and what is public is there."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import cache_provider
from cache_provider.lazy_names import ON_FIRST_USE
from tests.floors import ROWS, THIRD_PARTIES

PACKAGE = Path(cache_provider.__file__).parent
MAP = PACKAGE.parent / "docs" / "inside.md"
LONGEST = 400


def module_name(path: Path) -> str:
    """Return a module's name within the package; the package's own is `__init__`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "__init__"


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
ROW_OF = {place: number for number, row in enumerate(ROWS) for place in row}


@cache
def tree(name: str) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@cache
def imports(name: str) -> frozenset[str]:
    """Return the full name of all that a module imports, inside functions too."""
    nodes = (node for node in ast.walk(tree(name)) if isinstance(node, (ast.Import, ast.ImportFrom)))
    return frozenset(full_name for node in nodes for full_name in imported_by(node))


def imported_by(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yield what a statement imports: modules."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    else:
        assert node.level == 0, "it imports relatively"
        for alias in node.names:
            submodule = f"{node.module}.{alias.name}"
            yield submodule if inner_name(submodule) in MODULES else str(node.module)


def inner_name(full_name: str) -> str:
    """Return a module's name within the package, or an empty text for modules of others."""
    package, _, inner = full_name.partition(".")
    return (inner or "__init__") if package == PACKAGE.name else ""


def inner_imports(name: str) -> set[str]:
    """Return the modules of the package that a module imports."""
    return {inner for full_name in imports(name) if (inner := inner_name(full_name))}


def other_packages(name: str) -> set[str]:
    """Return the packages, neither this nor Python's own, that a module imports."""
    packages = {full_name.partition(".")[0] for full_name in imports(name)}
    return packages - sys.stdlib_module_names - {PACKAGE.name}


# Rows


def place_of(name: str) -> str:
    """Return the module or package of the rows that a module belongs to, the nearest around it."""
    while name not in ROW_OF and "." in name:
        name = name.rpartition(".")[0]
    return name


def test_every_module_belongs_to_a_row() -> None:
    """A module that is in no package needs a row of its own choice."""
    assert [name for name in MODULES if place_of(name) not in ROW_OF] == []


def test_the_rows_name_only_what_is_there() -> None:
    """A module that goes gives its place up."""
    assert set(ROW_OF) - set(MODULES) == set()


def test_the_rows_name_no_module_twice() -> None:
    """A module stands in one row."""
    assert len(ROW_OF) == sum(map(len, ROWS))


def test_the_map_shows_every_row() -> None:
    """The page and this test know the same house."""
    rows = re.findall(r"^\| \d\S* \| ", MAP.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == len(ROWS)


def test_imports_never_point_up() -> None:
    """What a module needs can be understood, and tested, without it."""
    row = {name: ROW_OF[place_of(name)] for name in MODULES}
    imported = ((name, inner) for name in MODULES for inner in inner_imports(name))
    assert [(name, inner) for name, inner in imported if row[inner] > row[name]] == []


def test_imports_make_no_cycle() -> None:
    """There is an order in which every module comes after all it needs."""
    order = TopologicalSorter({name: inner_imports(name) for name in MODULES}).static_order()
    assert set(order) == set(MODULES)


GROUPS = ["bulk", "collections", "compare", "counters", "expiry", "patterns", "values", "lock"]
"""The rooms of `interface` in which there are operations."""


def test_the_double_has_the_rooms_of_the_interface() -> None:
    """What an operation promises and what it does are found under the same name."""
    assert [group for group in GROUPS if not {f"interface.{group}", f"memory.{group}"} <= set(MODULES)] == []


def test_every_primitive_is_in_one_of_those_rooms() -> None:
    """Or in the provider itself, if it is about the whole of it."""
    abstract = {
        node.name
        for name in MODULES
        if name.startswith("interface.") and name.rpartition(".")[2] not in {*GROUPS, "identity"}
        for node in ast.walk(tree(name))
        if isinstance(node, ast.FunctionDef) and any(map(is_abstract, node.decorator_list))
    }
    assert abstract == {"close", "flush_all", "get_lock", "health_check"}


def is_abstract(decorator: ast.expr) -> bool:
    """Tell whether a method is left to adapters."""
    return ast.unparse(decorator) == "abstractmethod"


# What an import costs


def loaded_by(statement: str) -> frozenset[str]:
    """Return the packages that a statement loads in a fresh interpreter."""
    return frozenset(name.partition(".")[0] for name in all_loaded_by(statement))


def modules_loaded_by(statement: str) -> set[str]:
    """Return the modules of this package that a statement loads in a fresh interpreter."""
    return {name for name in all_loaded_by(statement) if name.partition(".")[0] == PACKAGE.name}


@cache
def all_loaded_by(statement: str) -> frozenset[str]:
    """Return the modules that a statement loads in a fresh interpreter."""
    program = (
        "import sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "before = set(sys.modules)\n"
        f"{statement}\n"
        "print(*(set(sys.modules) - before))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(PACKAGE.parent)], capture_output=True, text=True, check=True
    )
    return frozenset(answer.stdout.split())


def test_importing_the_package_loads_nothing_of_others() -> None:
    """Who only imports it pays for Python's own modules and for none besides."""
    loaded = loaded_by("import cache_provider")
    assert loaded - sys.stdlib_module_names == {"cache_provider"}


def test_importing_the_package_loads_no_part_of_it() -> None:
    """Every pytest run imports it for the plugin, of suites too that never use it."""
    assert modules_loaded_by("import cache_provider") == {"cache_provider", "cache_provider.lazy_names"}


def test_the_plugin_loads_nothing_more_until_a_fixture_is_asked_for() -> None:
    """A pytest start pays for three small files."""
    loaded = modules_loaded_by("import pytest; import cache_provider.pytest_plugin")
    assert loaded == {"cache_provider", "cache_provider.lazy_names", "cache_provider.pytest_plugin"}


@pytest.mark.parametrize("package", ["redis", "pytest", "msgspec", "baldur", "cachetory"])
def test_the_double_does_not_load(package: str) -> None:
    """What is only needed later is only loaded later."""
    assert package not in loaded_by("from cache_provider import InMemoryCacheAdapter")


def test_a_json_codec_loads_msgspec() -> None:
    """The one dependency comes with the first codec that uses it."""
    assert "msgspec" in loaded_by("import cache_provider; cache_provider.JsonCodec()")


def test_packages_of_others_are_imported_where_the_table_says() -> None:
    """A dependency stays behind one door."""
    assert [(name, beside) for name in MODULES if (beside := other_packages(name) - allowed_to(name))] == []


def allowed_to(name: str) -> set[str]:
    """Return the packages of others that a module may import."""
    doors = (packages for door, packages in THIRD_PARTIES.items() if f"{name}.".startswith(f"{door}."))
    return {package for packages in doors for package in packages}


# What is public


def test_dunder_all_is_sorted() -> None:
    """A name is found where the alphabet says."""
    assert list(cache_provider.__all__) == sorted(cache_provider.__all__)


def test_dunder_all_names_nothing_twice() -> None:
    """Each name is promised once."""
    assert len(set(cache_provider.__all__)) == len(cache_provider.__all__)


def test_dunder_all_names_all_that_the_package_holds() -> None:
    """What can be imported from the package is promised, and what is promised has a home."""
    assert set(ON_FIRST_USE) == set(cache_provider.__all__)


def test_type_checkers_see_what_is_there_at_run_time() -> None:
    """They read the imports, the interpreter reads the table."""
    imported = {
        alias.name: node.module
        for node in ast.walk(tree("__init__"))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {"load": "cache_provider.lazy_names", **ON_FIRST_USE}


def test_each_promised_name_is_there() -> None:
    """Those too that are only looked up on first use."""
    assert [name for name in cache_provider.__all__ if not hasattr(cache_provider, name)] == []


def test_each_promised_name_has_a_docstring_of_its_own() -> None:
    """What `help` shows is about this class, not about the one it inherits from."""
    assert [name for name in cache_provider.__all__ if not getattr(cache_provider, name).__doc__] == []


def types_of(name: str) -> Iterator[str]:
    """Yield the classes of a module, and the names that it gives to types."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            yield ast.unparse(node.target)


def test_a_name_means_one_thing() -> None:
    """No two classes or types share one, a private one neither: who reads of it need not ask of which."""
    homes: dict[str, list[str]] = {}
    for name in MODULES:
        for each in types_of(name):
            homes.setdefault(each.strip("_"), []).append(name)
    assert {each: names for each, names in homes.items() if len(names) > 1} == {}


def test_each_file_is_short() -> None:
    """A concept that needs more lines is two."""
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name: length for name, length in lines.items() if length >= LONGEST} == {}
