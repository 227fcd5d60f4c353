"""What a test suite needs around a cache: real servers to start, and the kit that watches the cache."""
