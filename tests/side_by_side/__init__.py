"""The double and a real server, side by side, under the same random operations."""
