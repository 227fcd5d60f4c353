"""The exception that ends a computation, for each of those who wait for it."""

from collections.abc import Callable

import pytest

from cache_provider.interface.flight import Outcome


class DemandingError(Exception):
    """Is made of something else than its arguments."""

    def __init__(self, code: int, *, why: str) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code


MAKERS: dict[str, Callable[[], Exception]] = {
    "plain": lambda: ValueError("why", 5),
    "without arguments": RuntimeError,
    "of the system": lambda: FileNotFoundError(2, "missing", "a.txt"),
    "of a codec": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
    "a group": lambda: ExceptionGroup("all", [ValueError("one")]),
    "with a constructor of its own": lambda: DemandingError(5, why="because"),
}


def of_a_waiter(error: Exception) -> Exception:
    """Return what one that waits raises."""
    with pytest.raises(type(error)) as raised:
        Outcome(error=error).for_a_waiter().unwrap()
    return raised.value


@pytest.mark.parametrize("name", MAKERS)
def test_it_is_another_exception_of_the_same_class(name: str) -> None:
    """Not a wrapper that no `except` expects."""
    error = MAKERS[name]()
    assert (of_a_waiter(error) is error, type(of_a_waiter(error))) == (False, type(error))


@pytest.mark.parametrize("name", MAKERS)
def test_it_says_the_same(name: str) -> None:
    """Arguments and text."""
    error = MAKERS[name]()
    assert (of_a_waiter(error).args, str(of_a_waiter(error))) == (error.args, str(error))


def test_its_attributes_are_the_originals() -> None:
    """Handlers read them."""
    error = of_a_waiter(DemandingError(5, why="because"))
    assert isinstance(error, DemandingError)
    assert error.code == 5


def test_its_cause_is_the_original() -> None:
    """Whose traceback shows where it came from."""
    error = ValueError("why")
    assert of_a_waiter(error).__cause__ is error


def test_many_who_wait_leave_the_originals_traceback_alone() -> None:
    """Two hundred callers once made one of hundreds of frames, with all their variables."""
    error = ValueError("why")
    for _ in range(200):
        of_a_waiter(error)
    assert error.__traceback__ is None


def test_a_note_of_one_caller_reaches_no_other() -> None:
    """Nor the original."""
    outcome = Outcome(error=ValueError("why"))
    first, second = outcome.for_a_waiter().error, outcome.for_a_waiter().error
    assert first is not None
    first.add_note("mine")
    assert [hasattr(error, "__notes__") for error in (second, outcome.error)] == [False, False]


def test_a_note_of_the_one_that_computed_reaches_no_other() -> None:
    """Added once it had the exception."""
    error = ValueError("why")
    outcome = Outcome(error=error)
    error.add_note("mine")
    assert not hasattr(outcome.for_a_waiter().error, "__notes__")


def test_a_note_of_the_factory_reaches_everybody() -> None:
    """It belongs to the exception."""
    error = ValueError("why")
    error.add_note("the factory's")
    assert of_a_waiter(error).__notes__ == ["the factory's"]
