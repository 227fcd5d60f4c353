"""The asynchronous side: the same interface as coroutines, over the same servers and the same decisions."""
