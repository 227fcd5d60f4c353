"""The in-memory double: a server, the adapter that talks to it, its locks and its sweeper."""
