"""How Sphinx makes the site of these pages: `sphinx-build -W --keep-going -n docs build/site`."""

from importlib.metadata import version as version_of

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

# Types that these pages do not describe: those of Python and of libraries, and the package's own.
nitpick_ignore_regex = [
    (
        "py:.*",
        r"(abc|argparse|collections|contextlib|datetime|enum|msgspec|os|pathlib|pytest|redis|types|typing)(\..*)?",
    ),
    ("py:.*", r"(cachetory|baldur|ssl)\..*"),
    ("py:.*", r"cache_provider\.[\w.]+"),
    ("py:class", r"[A-Z]\w?|T_co|\w+T|(Async)?Redis|RedisCluster|ConnectionPool|(Wire)?Reply"),
]
