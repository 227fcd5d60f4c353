"""Faults: what a test does to its cache to see what the application does about it."""

from cache_provider.testing.faults.aimed import AimedError
from cache_provider.testing.faults.fault import Fault
from cache_provider.testing.faults.injection import Faults

__all__ = ["AimedError", "Fault", "Faults"]
