"""Finding a request's command in the table."""

from cache_provider.door.core import Core
from cache_provider.door.replies import Refusal, shown, wrong_arity
from cache_provider.door.session import Request
from cache_provider.door.table import COMMANDS, SUBCOMMANDS, CommandRow

_by_spelling: dict[bytes, CommandRow | None] = {}
_ARGUMENTS_SHOWN = 128


def forget() -> None:
    """Look each command up in the table again, which has changed."""
    _by_spelling.clear()


def find(core: Core, request: Request) -> CommandRow:
    """Return the command that a request names.

    Raises:
        Refusal: There is none, or not with so many arguments.
    """
    command = _by_spelling.get(request[0]) or _look_up(core, request)
    if command is None:
        raise _unknown(core, request)
    if not command.least <= len(request) <= command.most:
        raise wrong_arity(command.shown)
    return command


def row_of(core: Core, request: Request) -> CommandRow | None:
    """Return the row of the command that a request names, None where there is none; count nothing."""
    try:
        return _by_spelling.get(request[0]) or _look_up(core, request)
    except Refusal:
        return None


def _look_up(core: Core, request: Request) -> CommandRow | None:
    name = request[0].upper().decode("latin-1")
    # `COMMAND` is a command by itself and a container, too.
    is_contained = name in SUBCOMMANDS and (len(request) > 1 or name not in COMMANDS)
    command = _subcommand(name, request) if is_contained else COMMANDS.get(name)
    if command is None or (name.startswith("TEST.") and not core.is_tested):
        return None
    if name not in SUBCOMMANDS and not name.startswith("TEST."):
        _by_spelling[request[0]] = command
    return command


def _subcommand(container: str, request: Request) -> CommandRow:
    if len(request) < 2:
        raise wrong_arity(container.lower())
    name = request[1].upper().decode("latin-1")
    command = SUBCOMMANDS[container].get(name)
    if command is None:
        raise Refusal(f"ERR unknown subcommand '{shown(request[1])}'. Try {container} HELP.")
    return command


def _unknown(core: Core, request: Request) -> Refusal:
    name = shown(request[0])
    core.note_unknown(name)
    arguments = ""
    for argument in request[1:]:
        if len(arguments) >= _ARGUMENTS_SHOWN:
            break
        arguments += f"'{shown(argument, _ARGUMENTS_SHOWN - len(arguments))}' "
    return Refusal(f"ERR unknown command '{name}', with args beginning with: {arguments}")
