"""Faults: failures that a test injects into its cache, to see how the application copes."""

from cache_provider.testing.faults.aimed import AimedError
from cache_provider.testing.faults.fault import Fault
from cache_provider.testing.faults.injection import Faults

__all__ = ["AimedError", "Fault", "Faults"]
