"""Commands about the server and its databases."""

from cache_provider.door.command_info import command_docs, command_info
from cache_provider.door.information import information
from cache_provider.door.keys import database_index
from cache_provider.door.limits import Limits
from cache_provider.door.lookup import find
from cache_provider.door.names import key_of, name_of
from cache_provider.door.numbers import integer
from cache_provider.door.replies import OK, Map, Refusal, Reply, Verbatim, shown, syntax_error
from cache_provider.door.settings import event_classes, read_setting
from cache_provider.door.table import COMMANDS, SUBCOMMANDS, Arguments, command
from cache_provider.door.view import View
from cache_provider.glob import compile_glob
from cache_provider.memory.entry import Change

_ADMIN = "admin noscript loading stale"


@command("DBSIZE", 1, "readonly fast")
def dbsize(view: View, arguments: Arguments) -> Reply:
    """Count the keys of the database."""
    del arguments
    return len(view.names())


def _flush(view: View, arguments: Arguments, databases: list[int]) -> Reply:
    if len(arguments) > 1 or (arguments and arguments[0].upper() not in (b"SYNC", b"ASYNC")):
        raise syntax_error()
    before = view.index
    for index in databases:
        view.select(index)
        for name in view.names():
            view.remove(key_of(name))
    view.select(before)
    return OK


@command("FLUSHDB", -1, "write")
def flushdb(view: View, arguments: Arguments) -> Reply:
    """Remove all keys of the database."""
    return _flush(view, arguments, [view.index])


@command("FLUSHALL", -1, "write")
def flushall(view: View, arguments: Arguments) -> Reply:
    """Remove all keys of all databases."""
    return _flush(view, arguments, view.core.used_databases())


@command("SWAPDB", 3, "write fast")
def swapdb(view: View, arguments: Arguments) -> Reply:
    """Exchange two databases."""
    first = database_index(view, arguments[0], "ERR invalid first DB index")
    second = database_index(view, arguments[1], "ERR invalid second DB index")
    before = view.index
    contents: list[dict[str, Change | None]] = []
    for index in (first, second):
        view.select(index)
        contents.append({name: view.entry(name) for name in view.names()})
    for index, own, other in ((first, contents[0], contents[1]), (second, contents[1], contents[0])):
        if first != second:
            view.select(index)
            view.exchange(own, other)
    view.select(before)
    return OK


@command("TIME", 1, "loading stale fast")
def time(view: View, arguments: Arguments) -> Reply:
    """Return the server's time."""
    del arguments
    seconds, milliseconds = divmod(view.now, 1000)
    return [b"%d" % seconds, b"%d" % (milliseconds * 1000)]


@command("INFO", -1, "loading stale")
def info(view: View, arguments: Arguments) -> Reply:
    """Describe the server."""
    return Verbatim(information(view, [word.decode("latin-1").lower() for word in arguments]).encode())


@command("ROLE", 1, "noscript loading stale fast")
def role(view: View, arguments: Arguments) -> Reply:
    """Tell that this is a master without replicas."""
    del view, arguments
    return [b"master", 0, []]


@command("WAIT", 3, "noscript")
def wait(view: View, arguments: Arguments) -> Reply:
    """Tell that no replica has anything."""
    del view
    integer(arguments[0])
    if integer(arguments[1], "ERR timeout is not an integer or out of range") < 0:
        raise Refusal("ERR timeout is negative")
    return 0


@command("LASTSAVE", 1, "loading stale fast")
def lastsave(view: View, arguments: Arguments) -> Reply:
    """Return when the server was made: nothing is ever saved."""
    del arguments
    return view.core.started_ms // 1000


@command("LOLWUT", -1, "readonly fast")
def lolwut(view: View, arguments: Arguments) -> Reply:
    """Return the version."""
    del view, arguments
    return Verbatim(b"cache_provider, which answers as Redis ver. 7.0.15\n")


# CONFIG


@command("CONFIG|GET", -3, _ADMIN)
def config_get(view: View, arguments: Arguments) -> Reply:
    """Return settings."""
    settings = view.core.settings
    found: dict[str, str] = {}
    for pattern in arguments:
        for name in compile_glob(name_of(pattern).lower()).select(settings.names()):
            found[name] = settings[name]
    return Map([part.encode("utf-8", "surrogateescape") for pair in found.items() for part in pair])


@command("CONFIG|SET", -4, _ADMIN)
def config_set(view: View, arguments: Arguments) -> Reply:
    """Change settings."""
    if len(arguments) % 2:
        raise Refusal("ERR wrong number of arguments for 'config|set' command")
    core = view.core
    pairs = [
        (name_of(name).lower(), name_of(value))
        for name, value in zip(arguments[::2], arguments[1::2], strict=True)
    ]
    for name, _ in pairs:
        if name not in core.settings.names():
            raise Refusal(
                f"ERR Unknown option or number of arguments for CONFIG SET - '{shown(name.encode())}'"
            )
    core.settings.update(_read_settings(pairs))
    _heed_settings(view)
    return OK


def _read_settings(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Return legal settings as they are shown: all of them, or none is set."""
    read: dict[str, str] = {}
    for name, value in pairs:
        if name in read:
            raise _failed_at(name, "duplicate parameter")
        try:
            read[name] = read_setting(name, value)
        except ValueError as error:
            raise _failed_at(name, str(error)) from None
    return read


def _failed_at(name: str, story: str) -> Refusal:
    return Refusal(f"ERR CONFIG SET failed (possibly related to argument '{name}') - {story}")


def _heed_settings(view: View) -> None:
    """Let those settings take effect that have one."""
    core = view.core
    classes = event_classes(core.settings["notify-keyspace-events"]) or frozenset()
    core.subscriptions.events = classes if classes & {"K", "E"} else frozenset()
    core.limits = Limits.of(core.settings)
    if core.limits is not None:
        core.limits.evict(view, core.settings["maxmemory-policy"])


@command("CONFIG|RESETSTAT", 2, _ADMIN)
def config_resetstat(view: View, arguments: Arguments) -> Reply:
    """Count from zero again."""
    del arguments
    core = view.core
    core.hits = core.misses = core.processed = 0
    return OK


# COMMAND


@command("COMMAND", -1, "loading stale")
def command_(view: View, arguments: Arguments) -> Reply:
    """Describe all commands."""
    del view, arguments
    return [command_info(entry) for name, entry in COMMANDS.items() if "|" not in name]


@command("COMMAND|COUNT", 2, "loading stale")
def command_count(view: View, arguments: Arguments) -> Reply:
    """Count the commands."""
    del view, arguments
    return len({name.partition("|")[0] for name in COMMANDS})


@command("COMMAND|LIST", -2, "loading stale")
def command_list(view: View, arguments: Arguments) -> Reply:
    """Return the names of the commands."""
    del view
    if arguments:
        raise syntax_error()
    return [name.lower().encode() for name in dict.fromkeys(name.partition("|")[0] for name in COMMANDS)]


@command("COMMAND|INFO", -2, "loading stale")
def command_info_(view: View, arguments: Arguments) -> Reply:
    """Describe commands."""
    del view
    names = [word.upper().decode("latin-1") for word in arguments]
    return [command_info(COMMANDS[name]) if name in COMMANDS else None for name in names or COMMANDS]


@command("COMMAND|DOCS", -2, "loading stale")
def command_docs_(view: View, arguments: Arguments) -> Reply:
    """Tell what commands do."""
    del view
    names = [word.upper().decode("latin-1") for word in arguments] or [
        name for name in COMMANDS if "|" not in name
    ]
    return Map([part for name in names if name in COMMANDS for part in command_docs(COMMANDS[name])])


@command("COMMAND|GETKEYS", -3, "loading stale")
def command_getkeys(view: View, arguments: Arguments) -> Reply:
    """Return the keys among a command's arguments."""
    words = list(arguments)
    name = words[0].upper().decode("latin-1")
    if name not in COMMANDS and name not in SUBCOMMANDS:
        raise Refusal("ERR Invalid command specified")
    entry = COMMANDS.get(name)
    if entry is None:
        entry = find(view.core, words)
        words = words[1:]
    if not entry.keys.first and entry.keys.find is None:
        raise Refusal("ERR The command has no key arguments")
    if not entry.least <= len(arguments) <= entry.most:
        raise Refusal("ERR Invalid number of arguments specified for command")
    found = entry.keys.of(words[1:])
    if not found:
        raise Refusal("ERR Invalid arguments specified for command")
    return found
