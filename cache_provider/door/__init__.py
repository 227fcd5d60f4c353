"""The Redis door: one store, reached by Redis' own protocol, in process and by socket."""
