"""The site: `sphinx-build -W --keep-going docs site`. Its pages are in docs/, the examples' pages are made from examples/.

It reads nothing from a network, neither while it is built nor while it is read.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the examples then take no more time on a busy machine
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "extensions"))

import example_pages  # noqa: E402

import scratchnet  # noqa: E402
from scratchnet.support import progress  # noqa: E402

progress.LINE_INTERVAL = float("inf")  # a page shows what an example prints, not how far it was on a busy machine

project = "scratchnet"
author = copyright = "The scratchnet authors"
version = release = scratchnet.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    # in docs/extensions
    "command_help",
    "docstrings",
    "example_pages",
    "playground",
    "public_names",
]
# index.md includes the answer, so that the site begins with it.
exclude_patterns = ["why_randn.md", "extensions"]
suppress_warnings = ["config.cache"]

html_theme = "furo"
html_title = "scratchnet"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_theme_options = {"navigation_with_keys": True}
html_show_sphinx = False
html_copy_source = False
html_show_search_summary = False  # it fetches pages, which a browser refuses when the site is read from the disk

# Equations are Unicode in code blocks: they need no script and no font.
highlight_language = "none"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
smartquotes = False

default_role = "py:obj"
add_module_names = False
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
autodoc_preserve_defaults = True
autodoc_typehints = "none"  # the docstrings say what is given, in words
autosummary_generate = False

sphinx_gallery_conf = {
    "examples_dirs": ["../examples"],
    "gallery_dirs": ["auto_examples"],
    "filename_pattern": example_pages.PATTERN,
    "image_scrapers": ["example_pages.saved_figures"],
    "reset_modules": (),
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "plot_gallery": True,
    "remove_config_comments": True,
}


def _for_screen_readers(app, pagename, templatename, context, doctree):
    """The captions in the sidebar are headings, which need a level; and a page says its language."""
    if pagename.endswith(".ja"):
        context["language"] = "ja"
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app):
    app.connect("html-page-context", _for_screen_readers, priority=900)  # after furo's own
