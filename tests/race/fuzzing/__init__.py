"""Random small programs, run by the explorer and by an interleaver of their own that shares nothing with it."""
