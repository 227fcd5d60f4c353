"""`python -m cache_provider`: the commands of this package."""

import importlib.util
import subprocess
import sys
from collections.abc import Sequence

OVERVIEW = """\
python -m cache_provider COMMAND

  serve           a Redis server for tests, in memory, for programs in any language: serve --help
  contract URL    check a Redis or Valkey server against the contract; options of pytest may follow the URL
  version         the version of this package

The pytest fixtures need none of these commands: pytest --fixtures -v lists them.
"""


def main(arguments: Sequence[str]) -> int:
    """Carry out a command; return the exit status."""
    match arguments:
        case ["serve", *_]:
            return _serve(arguments)
        case ["contract", url, *options] if not url.startswith("-"):
            return _contract(url, options)
        case ["version" | "--version"]:
            return _say(_version())
        case [] | ["help" | "-h" | "--help"]:
            return _say(OVERVIEW.rstrip())
        case _:
            print(f"unknown: {' '.join(arguments)}\n\n{OVERVIEW}", end="", file=sys.stderr)  # noqa: T201 - a program
            return 2


def _say(text: str) -> int:
    print(text)  # noqa: T201 - a program
    return 0


def _version() -> str:
    from cache_provider import __version__  # noqa: PLC0415 - one command asks

    return __version__


def _serve(arguments: Sequence[str]) -> int:
    from cache_provider.door.serving import main as serve  # noqa: PLC0415 - one command needs the door

    return serve(arguments)


def _contract(url: str, options: Sequence[str]) -> int:
    if importlib.util.find_spec("pytest") is None:
        print("the contract runs on pytest: pip install pytest", file=sys.stderr)  # noqa: T201 - a program
        return 2
    # In a process of its own: pytest rewrites the asserts of what is not imported yet.
    suite = ("-m", "pytest", "--pyargs", "cache_provider.testing.contract")
    command = [sys.executable, *suite, f"--cache-provider-url={url}", *options]
    return subprocess.call(command)  # noqa: S603 - the caller's own arguments


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
