"""Who listens to which channel, and what they are told."""

from cache_provider.door.names import name_of
from cache_provider.door.replies import Push
from cache_provider.door.session import Session
from cache_provider.glob import compile_glob


class Subscriptions:
    """The listeners of one server. The caller holds the mutex.

    Attributes:
        events: The classes of keyspace events that are told, by letter.
        channels: The listeners of each channel, in the order they came.
        patterns: Those of each pattern.
        shards: Those of each sharded channel.
    """

    def __init__(self) -> None:
        self.events: frozenset[str] = frozenset()
        self.channels: dict[bytes, dict[Session, None]] = {}
        self.patterns: dict[bytes, dict[Session, None]] = {}
        self.shards: dict[bytes, dict[Session, None]] = {}

    def publish(self, channel: bytes, message: bytes) -> int:
        """Send a message to all who listen; return how many got it."""
        receivers = 0
        for session in self.channels.get(channel, ()):
            session.tell(Push([b"message", channel, message]))
            receivers += 1
        for pattern, sessions in self.patterns.items():
            if sessions and compile_glob(name_of(pattern)).matches(name_of(channel)):
                for session in sessions:
                    session.tell(Push([b"pmessage", pattern, channel, message]))
                    receivers += 1
        return receivers

    def publish_shard(self, channel: bytes, message: bytes) -> int:
        """Send a message to all who listen to a sharded channel; return how many got it."""
        sessions = self.shards.get(channel, {})
        for session in sessions:
            session.tell(Push([b"smessage", channel, message]))
        return len(sessions)

    def announce(self, index: int, event: str, key: bytes) -> None:
        """Tell of an event of a key, on the channels that are switched on."""
        if "K" in self.events:
            self.publish(b"__keyspace@%d__:%b" % (index, key), event.encode())
        if "E" in self.events:
            self.publish(b"__keyevent@%d__:%b" % (index, event.encode()), key)

    def join(self, session: Session, kind: str, channel: bytes) -> None:
        """Have a session listen to a channel, pattern or sharded channel."""
        own: dict[bytes, None] = getattr(session, kind)
        session.listening += channel not in own
        own[channel] = None
        getattr(self, kind).setdefault(channel, {})[session] = None

    def leave(self, session: Session, kind: str, channel: bytes) -> None:
        """Have it listen no more."""
        if getattr(session, kind).pop(channel, 0) is None:
            session.listening -= 1
            listeners = getattr(self, kind)[channel]
            del listeners[session]
            if not listeners:
                del getattr(self, kind)[channel]

    def forget(self, session: Session) -> None:
        """Have a session listen to nothing."""
        for kind in ("channels", "patterns", "shards"):
            for channel in list(getattr(session, kind)):
                self.leave(session, kind, channel)
