"""How Sphinx makes the site of these pages: `sphinx-build -W --keep-going -n docs build/site`."""

import re
from importlib.metadata import version as version_of
from pathlib import Path

project = "cache_provider"
author = "The cache_provider authors"
project_copyright = author
version = release = version_of("cache-provider")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"cache_provider {release}"

# A heading's address is what GitHub makes of it.
myst_heading_anchors = 4

autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_inherit_docstrings = True
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_format = "short"
add_module_names = False
default_role = "code"
# "Returns: Whether: ..." is a sentence, not a type.
napoleon_use_rtype = False
napoleon_use_ivar = True

# The reference pages describe every public name (tests/test_public_names.py), and a reference to one
# must lead there. They do not describe the types of Python and of libraries, nor what is internal:
# base classes, type variables and the like.
described = "|".join(
    name
    for page in Path(__file__).parent.glob("reference*.md")
    for name in re.findall(
        r"^\.\. (?:auto|py:)\w+:: (?:[\w.]+\.)?(\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE
    )
)
nitpick_ignore_regex = [
    (
        "py:.*",
        r"(abc|argparse|collections|contextlib|datetime|enum|msgspec|os|pathlib|_?pytest|redis|socket|types|typing)(\..*)?",
    ),
    ("py:.*", r"(cachetory|baldur|ssl)\..*"),
    ("py:.*", rf"cache_provider\.(?!(?:\w+\.)*(?:{described})$)[\w.]+"),
    ("py:class", r"~?[A-Z]\w?|T_co|\w+T|(Async)?Redis|RedisCluster|ConnectionPool|(Wire)?Reply|Clients"),
    ("py:class", "WriteJournal"),
]
