"""Unit tests of the webhook receiver, all of them on the in-memory double."""
