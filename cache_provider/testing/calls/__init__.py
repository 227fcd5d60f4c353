"""The record of a test's cache operations, and assertions about it."""

from cache_provider.testing.calls.call import Call
from cache_provider.testing.calls.record import Calls

__all__ = ["Call", "Calls"]
