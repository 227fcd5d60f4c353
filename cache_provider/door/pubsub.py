"""Publishing and listening."""

from collections.abc import Iterable

from cache_provider.door.names import name_of
from cache_provider.door.replies import Push, Reply, Several
from cache_provider.door.table import Arguments, command
from cache_provider.door.view import View
from cache_provider.glob import compile_glob

_KINDS = {
    "channels": (b"subscribe", b"unsubscribe"),
    "patterns": (b"psubscribe", b"punsubscribe"),
    "shards": (b"ssubscribe", b"sunsubscribe"),
}


def _count(view: View, kind: str) -> int:
    session = view.session
    return len(session.shards) if kind == "shards" else len(session.channels) + len(session.patterns)


def _join(view: View, kind: str, channels: Iterable[bytes]) -> Reply:
    replies = Several()
    for channel in channels:
        view.core.subscriptions.join(view.session, kind, channel)
        replies.append(Push([_KINDS[kind][0], channel, _count(view, kind)]))
    return replies


def _leave(view: View, kind: str, channels: Arguments) -> Reply:
    replies = Several()
    for channel in channels or list(getattr(view.session, kind)):
        view.core.subscriptions.leave(view.session, kind, channel)
        replies.append(Push([_KINDS[kind][1], channel, _count(view, kind)]))
    if not replies:
        replies.append(Push([_KINDS[kind][1], None, _count(view, kind)]))
    return replies


@command("SUBSCRIBE", -2, "pubsub noscript loading stale")
def subscribe(view: View, arguments: Arguments) -> Reply:
    """Listen to channels."""
    return _join(view, "channels", arguments)


@command("UNSUBSCRIBE", -1, "pubsub noscript loading stale")
def unsubscribe(view: View, arguments: Arguments) -> Reply:
    """Listen to channels no more."""
    return _leave(view, "channels", arguments)


@command("PSUBSCRIBE", -2, "pubsub noscript loading stale")
def psubscribe(view: View, arguments: Arguments) -> Reply:
    """Listen to all channels that match."""
    return _join(view, "patterns", arguments)


@command("PUNSUBSCRIBE", -1, "pubsub noscript loading stale")
def punsubscribe(view: View, arguments: Arguments) -> Reply:
    """Listen to patterns no more."""
    return _leave(view, "patterns", arguments)


@command("SSUBSCRIBE", -2, "pubsub noscript loading stale")
def ssubscribe(view: View, arguments: Arguments) -> Reply:
    """Listen to sharded channels."""
    return _join(view, "shards", arguments)


@command("SUNSUBSCRIBE", -1, "pubsub noscript loading stale")
def sunsubscribe(view: View, arguments: Arguments) -> Reply:
    """Listen to sharded channels no more."""
    return _leave(view, "shards", arguments)


@command("PUBLISH", 3, "pubsub loading stale fast")
def publish(view: View, arguments: Arguments) -> Reply:
    """Send a message to a channel."""
    return view.core.subscriptions.publish(*arguments)


@command("SPUBLISH", 3, "pubsub loading stale fast")
def spublish(view: View, arguments: Arguments) -> Reply:
    """Send a message to a sharded channel."""
    return view.core.subscriptions.publish_shard(*arguments)


def _matching(channels: Iterable[bytes], arguments: Arguments) -> list[bytes]:
    if not arguments:
        return list(channels)
    glob = compile_glob(name_of(arguments[0]))
    return [channel for channel in channels if glob.matches(name_of(channel))]


@command("PUBSUB|CHANNELS", -2, "pubsub loading stale")
def pubsub_channels(view: View, arguments: Arguments) -> Reply:
    """Return the channels that somebody listens to."""
    return _matching(view.core.subscriptions.channels, arguments)


@command("PUBSUB|SHARDCHANNELS", -2, "pubsub loading stale")
def pubsub_shardchannels(view: View, arguments: Arguments) -> Reply:
    """Return the sharded channels that somebody listens to."""
    return _matching(view.core.subscriptions.shards, arguments)


@command("PUBSUB|NUMSUB", -2, "pubsub loading stale")
def pubsub_numsub(view: View, arguments: Arguments) -> Reply:
    """Count who listens to channels."""
    listeners = view.core.subscriptions.channels
    return [part for channel in arguments for part in (channel, len(listeners.get(channel, ())))]


@command("PUBSUB|SHARDNUMSUB", -2, "pubsub loading stale")
def pubsub_shardnumsub(view: View, arguments: Arguments) -> Reply:
    """Count who listens to sharded channels."""
    listeners = view.core.subscriptions.shards
    return [part for channel in arguments for part in (channel, len(listeners.get(channel, ())))]


@command("PUBSUB|NUMPAT", 2, "pubsub loading stale")
def pubsub_numpat(view: View, arguments: Arguments) -> Reply:
    """Count the patterns that somebody listens to."""
    del arguments
    return len(view.core.subscriptions.patterns)
