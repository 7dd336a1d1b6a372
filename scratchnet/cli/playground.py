"""scratchnet playground: one page for the browser that trains the book's network itself, without a network."""

import argparse
from pathlib import Path

from scratchnet.experiment import Source
from scratchnet.report.playground_page import write_playground
from scratchnet.support.files import as_json
from scratchnet.support.tables import visible
from scratchnet.support.validation import InputError


def write_page(args: argparse.Namespace) -> int:
    """Write the page and print its path."""
    path = Path(args.out)
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a file with --out, such as {path / 'playground.html'}")
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent}: make it first, or choose another place with --out")
    train, _ = Source(args.data).load()
    write_playground(train, path)
    if args.json:
        print(as_json({"files": [str(path)]}))
    else:
        print(f"{visible(str(path))}: open it in a browser ({path.stat().st_size / 1000:,.0f} kB; it needs no network)")
    return 0
