"""The command line. Read `main` (the parser), `values` (from the text of an option to its value), then one file per verb."""

from scratchnet.support import signals as _signals  # noqa: F401, first: it has Ctrl-C end the command during the imports too

# isort: split
from scratchnet.cli.main import main

__all__ = ["main"]
