"""Patterns that are published again and again, and the schedule that breaks each."""
