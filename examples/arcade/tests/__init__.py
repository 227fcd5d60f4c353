"""The arcade's tests."""
