"""Copies of what a key holds: COPY, and results that become keys."""

from cache_provider.door.payloads import Members, Scores
from cache_provider.memory.payload import Fields, Items, Payload


def copy_of(payload: Payload) -> Payload:
    """Return a payload that no change of the other reaches."""
    if isinstance(payload, Members):
        return Members(payload)
    if isinstance(payload, Scores):
        return Scores(payload.items())
    if isinstance(payload, Items):
        return Items(payload)
    return Fields(payload) if isinstance(payload, Fields) else payload
