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
    command = _by_spelling.get(request[0])
    if command is None:
        name = request[0].upper().decode("latin-1")
        # `COMMAND` is a command by itself and a container, too.
        alone = len(request) == 1 or name not in SUBCOMMANDS
        command = COMMANDS.get(name) if alone and name in COMMANDS else _contained(name, request)
        if command is None or (name.startswith("TEST.") and not core.is_tested):
            raise _unknown(core, request)
        if "|" not in command.name and not name.startswith("TEST."):
            _by_spelling[request[0]] = command
    if not command.fits(len(request)):
        raise wrong_arity(command.shown)
    return command


def _contained(container: str, request: Request) -> CommandRow | None:
    if container not in SUBCOMMANDS:
        return None
    if len(request) < 2:
        raise wrong_arity(container.lower())
    name = request[1].upper().decode("latin-1")
    command = SUBCOMMANDS[container].get(name)
    if command is None:
        raise Refusal(f"ERR unknown subcommand '{shown(request[1])}'. Try {container} HELP.")
    return command


def _unknown(core: Core, request: Request) -> Refusal:
    name = shown(request[0])
    core.unknown[name] = core.unknown.get(name, 0) + 1
    arguments = ""
    for argument in request[1:]:
        if len(arguments) >= _ARGUMENTS_SHOWN:
            break
        arguments += f"'{shown(argument, _ARGUMENTS_SHOWN - len(arguments))}' "
    return Refusal(f"ERR unknown command '{name}', with args beginning with: {arguments}")
