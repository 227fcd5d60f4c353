"""The contract: what every provider does, whatever stands behind it."""
