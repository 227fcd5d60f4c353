"""A face refuses a library that is too old, or missing, in words."""

import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from unittest import mock

import pytest

from cache_provider.interop import libraries
from cache_provider.interop.libraries import BALDUR, CACHETORY, require

NEEDED = {"baldur-framework": BALDUR, "cachetory": CACHETORY}


@pytest.mark.parametrize("found", ["1.17.0", "1.17.1", "1.17", "1.18.0rc1", "2.0", "1.100.0"])
def test_what_is_new_enough_is_taken(found: str) -> None:
    """Numbers are compared as numbers."""
    with mock.patch.object(libraries, "version", return_value=found):
        require(BALDUR, "cache_provider.interop.baldur")


@pytest.mark.parametrize("found", ["1.0.0", "1.16.9", "1.9", "0.99"])
def test_what_is_too_old_is_refused(found: str) -> None:
    """With what was found, and what to install."""
    words = f"cache_provider.interop.baldur needs baldur-framework>=1.17, not {found}: pip install -U"
    with (
        mock.patch.object(libraries, "version", return_value=found),
        pytest.raises(ImportError, match=re.escape(words)),
    ):
        require(BALDUR, "cache_provider.interop.baldur")


def test_what_is_missing_is_named() -> None:
    """And how to get it."""
    with (
        mock.patch.object(libraries, "version", side_effect=PackageNotFoundError),
        pytest.raises(ImportError, match=re.escape("needs cachetory>=3.0: pip install 'cachetory>=3.0'")),
    ):
        require(CACHETORY, "cache_provider.interop.cachetory")


@pytest.mark.parametrize("name", NEEDED)
def test_the_tests_run_with_no_less(name: str) -> None:
    """What is installed for them is what a face asks for."""
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    asked = {match[1] for match in re.finditer(rf'"{name}>=([\d.]+)"', text)}
    least = ".".join(map(str, NEEDED[name][1]))
    assert {least.startswith(each) for each in asked} == {True}
