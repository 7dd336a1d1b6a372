"""The command line. Read `main` (the parser), `values` (from a word to a value), then a file for each verb."""

from scratchnet.cli.main import main

__all__ = ["main"]
