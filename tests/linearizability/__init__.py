"""A linearizability checker: histories, the search, sequential models, and the tests of all three."""
