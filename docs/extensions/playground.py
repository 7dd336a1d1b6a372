"""The playground, which the answer's page shows: `scratchnet playground` writes it beside the pages of the site."""

import contextlib
import io

from scratchnet.cli import main


def write(app, error):
    if error is None and app.builder.format == "html":
        with contextlib.redirect_stdout(io.StringIO()):
            main(["playground", "--out", str(app.outdir / "playground.html")])


def setup(app):
    app.connect("build-finished", write)
    return {"parallel_read_safe": True}
