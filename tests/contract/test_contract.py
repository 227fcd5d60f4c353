"""The double, and every server that is found, keep the contract."""

from cache_provider import CacheProviderInterface
from cache_provider.testing.contract import EveryContract
from cache_provider.testing.contract.operations import EVERY

NOT_OPERATIONS = {
    "as_stored",
    "default_ttl_ms",
    "clock",
    "close",
    "provider_name",
    "cache_name",
    "key_prefix",
}
"""What does nothing on the store."""


class TestContract(EveryContract):
    """The kit itself; see `conftest.py` for the stores."""


def test_the_table_of_operations_is_complete() -> None:
    """Each public method of the interface is among those that the contract calls on a closed provider."""
    public = {name for name in dir(CacheProviderInterface) if not name.startswith("_")}
    assert {name.split()[0] for name in EVERY} == public - NOT_OPERATIONS
