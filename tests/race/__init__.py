"""The race explorer finds what it is meant to find, and says no more than it knows."""
