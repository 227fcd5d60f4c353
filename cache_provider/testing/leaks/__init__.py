"""Leaks: locks that are not released in time, and keys that will never expire."""

from cache_provider.testing.leaks.leak import Leak
from cache_provider.testing.leaks.watch import LeakWatch

__all__ = ["Leak", "LeakWatch"]
