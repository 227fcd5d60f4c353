"""The receiver for coroutines: what awaits is here, what decides is imported from the modules beside it."""
