"""Applications written against the cache interface, tested on the in-memory double."""
