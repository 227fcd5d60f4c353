"""What a scenario can reach is looked at without running its code."""

from cache_provider.testing.race import Race, explore


class _Refusing:
    """Raises for whatever it has not, as stand-ins of libraries do."""

    __slots__ = ()

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"nobody may ask for {name}")


REFUSING = _Refusing()


def _scenario(r: Race) -> None:
    assert REFUSING is not None
    r.spawn(r.cache.incr, "n")
    r.join()


def test_an_object_that_refuses_to_be_asked_is_left_alone() -> None:
    """Its `__getattr__` is the application's."""
    assert explore(_scenario).failure is None
