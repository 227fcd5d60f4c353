"""Every error a provider raises, in one tree.

```
CacheError
├── CacheConfigurationError   (ValueError)       an option or URL that cannot work
├── CacheClosedError                             used after close()
├── CacheAccessError                             a right is missing: user, password, ACL
├── CacheUnavailableError     (ConnectionError)  the server cannot be reached, or not now
│   └── CacheTimeoutError     (TimeoutError)     the server answered too late
├── WrongTypeError            (TypeError)        the key holds another type
├── NotAnIntegerError         (ValueError)       the counter's text is not a canonical int64
├── CounterOverflowError      (OverflowError)    the counter would leave int64
├── CodecError
│   ├── EncodeError           (TypeError)        the codec cannot carry this value
│   └── DecodeError           (ValueError)       the stored bytes are not the codec's
└── LockError
    ├── LockAcquisitionError  (TimeoutError)     not acquired in time
    └── LockNotOwnedError                        the lease ran out or was taken over
```

A misused argument is a plain `TypeError` or `ValueError` that names the argument
and the value. Every error survives pickling, so it crosses process borders whole.
"""


class CacheError(Exception):
    """Base of all errors that a provider raises itself."""


class CacheConfigurationError(CacheError, ValueError):
    """An option, a combination of options or a URL cannot work."""


class CacheClosedError(CacheError):
    """An operation was called on a provider after its `close()`."""


class CacheAccessError(CacheError):
    """The server refuses this user: a wrong password, or none, or a missing right; nothing has changed."""


class CacheUnavailableError(CacheError, ConnectionError):
    """The server cannot be reached, or answers "not now, not here"; it is unknown whether it took effect."""


class CacheTimeoutError(CacheUnavailableError, TimeoutError):
    """The server answered too late; whether the operation took effect is unknown."""


class WrongTypeError(CacheError, TypeError):
    """The key holds another type (value, list, hash) than the operation needs."""


class NotAnIntegerError(CacheError, ValueError):
    """A counter operation met text that is not a canonical int64."""


class CounterOverflowError(CacheError, OverflowError):
    """A counter operation would leave the int64 range; the counter kept its value."""


class CodecError(CacheError):
    """Base of the errors in turning a value into bytes or back."""


class EncodeError(CodecError, TypeError):
    """The codec cannot carry this value; what was stored before is kept."""


class DecodeError(CodecError, ValueError):
    """The stored bytes are not something this codec wrote."""


class LockError(CacheError):
    """Base of the errors of distributed locks."""


class LockNotOwnedError(LockError):
    """The handle does not hold the lock: its lease ran out, was taken over, or never began."""


class LockAcquisitionError(LockError, TimeoutError):
    """A `with lock:` could not acquire its lock in time.

    Attributes:
        name: The lock's name, without the adapter's prefix.
        waited: Real seconds spent waiting.
        holder: The token of the claim that held the lock, or None when the
            lock was free again by the time the error was written.
    """

    def __init__(
        self, message: str, *, name: str = "", waited: float = 0.0, holder: str | None = None
    ) -> None:
        super().__init__(message)
        self.name = name
        self.waited = waited
        self.holder = holder
