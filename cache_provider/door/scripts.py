"""Running scripts: on the view of the command that runs them, so at one moment."""

from hashlib import sha1
from importlib import import_module
from typing import Any, cast

from cache_provider.clock import monotonic
from cache_provider.door.core import Core
from cache_provider.door.lookup import find
from cache_provider.door.lua_libraries import libraries
from cache_provider.door.lua_prelude import PRELUDE
from cache_provider.door.lua_text import without_tail_calls
from cache_provider.door.lua_values import Results, to_lua
from cache_provider.door.replies import Refusal, Reply, shown
from cache_provider.door.session import ScriptSession
from cache_provider.door.table import COMMANDS, Arguments
from cache_provider.door.transactions import run_within
from cache_provider.door.view import View

NEEDS_LUA = "ERR scripts need Lua: pip install 'cache-provider[lua]'"
_SHEBANG_FLAGS = frozenset(
    {b"no-writes", b"allow-oom", b"allow-stale", b"no-cluster", b"allow-cross-slot-keys"}
)


class Interpreter:
    """Lua, with what one server's scripts find around them. Used under the mutex.

    Raises:
        Refusal: `lupa` is not installed.
    """

    def __init__(self, core: Core) -> None:
        try:
            lua51: Any = import_module("lupa.lua51")
        except ImportError:
            raise Refusal(NEEDS_LUA) from None
        self._core = core
        self._lua: Any = lua51.LuaRuntime(
            encoding=None, register_eval=False, register_builtins=False, unpack_returned_tuples=True
        )
        self._results = Results(self._lua)
        host = self._lua.table_from(
            {
                b"call": self._call,
                b"sha1hex": _sha1_hex,
                b"setresp": self._set_protocol,
                b"knows": _knows,
                b"is_over": self._is_over,
                b"libraries": lambda: self._lua.table_from(
                    {
                        name: self._lua.table_from(functions)
                        for name, functions in libraries(self._lua).items()
                    }
                ),
            }
        )
        self._compile, self._run = self._lua.execute(PRELUDE, host)
        self._view: View | None = None
        self._may_write = True
        self._heeds_limits = True
        self._protocol = 2
        self._until = 0.0

    def compile(self, text: bytes) -> Any:
        """Return a script's function.

        Raises:
            Refusal: It is not Lua.
        """
        function, story = _pair(self._compile(without_tail_calls(text)))
        if function is None:
            shown_story = story.decode("utf-8", "surrogateescape").replace("\n", " ")
            raise Refusal(f"ERR Error compiling script (new function): {shown_story}")
        return function

    def run(
        self, view: View, text: bytes, keys: Arguments, arguments: Arguments, *, may_write: bool
    ) -> Reply:
        """Run a script; return its result."""
        source, flags = read_shebang(text)
        function = self.compile(source)
        if not may_write and flags is not None and b"no-writes" not in flags:
            raise Refusal("ERR Can not execute a script with write flag using *_ro command.")
        if self._core.limits is not None and flags is not None:
            self._core.limits.check_script(flags)
        caller, index = view.session, view.index
        self._view, self._protocol = view, 2
        self._may_write = may_write and b"no-writes" not in (flags or ())
        self._heeds_limits = b"allow-oom" not in (flags or ())
        self._until = monotonic() + int(self._core.settings["busy-reply-threshold"]) / 1000
        view.session = ScriptSession(caller)
        try:
            words = (self._lua.table_from(list(keys)), self._lua.table_from(list(arguments)))
            done, result = _pair(self._run(function, *words))
            if done:
                return self._results.reply(result, self._protocol)
            return self._results.refusal(result, sha1(text, usedforsecurity=False).hexdigest())
        finally:
            self._view = None
            view.session = caller
            view.select(index)

    def _is_over(self) -> bool:
        return monotonic() >= self._until

    def _set_protocol(self, protocol: int) -> None:
        self._protocol = protocol

    def _call(self, words: Any, number: int) -> Any:
        view = self._view
        assert view is not None
        request = [words[place] for place in range(1, number + 1)]
        view.session.protocol = self._protocol
        return to_lua(self._lua, self._reply(view, request), self._protocol)

    def _reply(self, view: View, request: list[bytes]) -> Reply:
        try:
            command = find(view.core, request)
        except Refusal as refusal:
            if refusal.text.startswith("ERR wrong number"):
                return Refusal("ERR Wrong number of args calling Redis command from script")
            return Refusal("ERR Unknown Redis command called from script")
        if "noscript" in command.flags and not self._core.scripts_may_all:
            return Refusal("ERR This Redis command is not allowed from script")
        if command.writes and not self._may_write:
            return Refusal("ERR Write commands are not allowed from read-only scripts.")
        limits = self._core.limits
        if limits is not None and self._heeds_limits and (refused := limits.refusal(command.flags)):
            return refused
        # A script that has written is not stopped in the middle.
        self._heeds_limits = self._heeds_limits and not command.writes
        return run_within(view, command, request)


def _sha1_hex(text: bytes) -> bytes:
    return sha1(text, usedforsecurity=False).hexdigest().encode()


def _knows(name: object) -> bool:
    return isinstance(name, bytes) and name.upper().decode("latin-1") in COMMANDS


def _pair(result: Any) -> tuple[Any, Any]:
    return cast("tuple[Any, Any]", result) if isinstance(result, tuple) else (result, None)


def read_shebang(text: bytes) -> tuple[bytes, set[bytes] | None]:
    """Return a script without its first line if that says what it is, and the flags it names there."""
    if not text.startswith(b"#!"):
        return text, None
    line, _, rest = text.partition(b"\n")
    if not _:
        raise Refusal("ERR Invalid script shebang")
    engine, *options = line.split() or [line]
    if engine != b"#!lua":
        raise Refusal(f"ERR Unexpected engine in script shebang: {shown(engine)}")
    flags: set[bytes] = set()
    for option in options:
        if not option.startswith(b"flags="):
            raise Refusal(f"ERR Unknown lua shebang option: {shown(option)}")
        flags |= set(option.removeprefix(b"flags=").split(b",")) - {b""}
    for flag in flags - _SHEBANG_FLAGS:
        raise Refusal(f"ERR Unexpected flag in script shebang: {shown(flag)}")
    # The line stays, so that errors name the right one.
    return b"\n" + rest, flags


def interpreter_of(core: Core) -> Interpreter:
    """Return a server's interpreter, made for its first script."""
    if not core.has_lua:
        raise Refusal(NEEDS_LUA)
    if not isinstance(core.interpreter, Interpreter):
        core.interpreter = Interpreter(core)
    return core.interpreter


def check_script(core: Core, text: bytes) -> None:
    """Do nothing if a text is a script.

    Raises:
        Refusal: It is none, or Lua is not installed.
    """
    interpreter_of(core).compile(read_shebang(text)[0])


def run_script(view: View, text: bytes, keys: Arguments, arguments: Arguments, *, may_write: bool) -> Reply:
    """Run a script; return its result."""
    return interpreter_of(view.core).run(view, text, keys, arguments, may_write=may_write)
