"""A run on some of the stores is one on just these."""

import pytest

from tests.contract.conftest import ASYNCIO, DOUBLE, STORES, THREADS, VARIABLE, asked_for


def test_the_environment_names_the_stores(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With commas between them, those of coroutines by their way."""
    monkeypatch.setenv(VARIABLE, "double by asyncio,double")
    assert asked_for(pytestconfig) == [(DOUBLE, ASYNCIO), (DOUBLE, THREADS)]


def test_a_store_that_is_not_there_ends_the_run(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is taken for passed that did not run."""
    monkeypatch.setenv(VARIABLE, "double,nowhere")
    with pytest.raises(pytest.UsageError, match="nowhere"):
        asked_for(pytestconfig)


def test_all_are_asked_for_where_nobody_says_which(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the whole suite."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(pytestconfig.option, "markexpr", "")
    assert asked_for(pytestconfig) == STORES
