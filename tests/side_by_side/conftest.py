"""The real server that the double is compared with."""

from tests.real.conftest import redis_client

__all__ = ["redis_client"]
