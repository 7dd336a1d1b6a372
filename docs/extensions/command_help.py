"""The directive `command-help`: what `scratchnet VERB --help` prints, taken from the parser while the site is built."""

import contextlib
import io
import os

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from scratchnet.cli import main


class CommandHelp(SphinxDirective):
    optional_arguments = 1

    def run(self):
        text = printed([*self.arguments, "--help"])
        block = nodes.literal_block(text, text)
        block["language"] = "none"
        return [block]


def printed(words):
    """What the command prints, in lines of 100 characters."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            main(words)
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return out.getvalue().rstrip()


def setup(app):
    app.add_directive("command-help", CommandHelp)
    return {"parallel_read_safe": True}
