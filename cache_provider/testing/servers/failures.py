"""What a test server raises: never an error of the cache under test."""


class ServerError(RuntimeError):
    """A test server does not do what it was started for; the message ends with its log."""


class PortTakenError(ServerError):
    """Somebody else listens on the port already."""


class RefusedError(RuntimeError):
    """A server answered a command with an error; the message is the server's."""
