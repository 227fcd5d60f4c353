"""Lua."""

from cache_provider.door.replies import Refusal, Reply
from cache_provider.door.table import Arguments
from cache_provider.door.view import View

NEEDS_LUA = "ERR scripts need Lua: pip install 'cache-provider[lua]'"


def check_script(text: bytes) -> None:
    """Raise."""
    raise Refusal(NEEDS_LUA)


def run_script(view: View, text: bytes, keys: Arguments, arguments: Arguments, *, may_write: bool) -> Reply:
    """Raise."""
    raise Refusal(NEEDS_LUA)
