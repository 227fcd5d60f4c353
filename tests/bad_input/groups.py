"""Thousands of rows, and a test for each group of them."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def each_group(name: str, rows: Iterable[T], group: Callable[[T], str]) -> pytest.MarkDecorator:
    """Return a mark that runs a test for each group of rows, with those of it."""
    groups: dict[str, list[Any]] = {}
    for row in rows:
        groups.setdefault(group(row), []).append(row)
    return pytest.mark.parametrize(name, groups.values(), ids=groups.keys())
