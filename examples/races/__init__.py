"""A gallery of known races: each is found by the explorer, and its mended version passes every schedule."""
