"""Random small programs, run by the explorer and by an interleaver that shares nothing with it."""
