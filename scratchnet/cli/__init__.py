"""The command line. Read `main` (the parser), `values` (from the text of an option to its value), then one file per verb."""

from scratchnet.cli.main import main

__all__ = ["main"]
