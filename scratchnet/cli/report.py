"""scratchnet report: write the tables, the figures and the page of a finished comparison again."""

import argparse
from collections.abc import Callable, Sequence

from scratchnet.cli.compare import grid_of, write_and_print
from scratchnet.comparison import Comparison
from scratchnet.experiment import Source
from scratchnet.experiment.store import Folder
from scratchnet.support.validation import InputError


def redraw(args: argparse.Namespace, parse: Callable[[Sequence[str]], argparse.Namespace]) -> int:
    """Everything that follows from results.jsonl. `parse` reads the command that run.json holds."""
    folder = Folder(args.folder)
    command = folder.read_run_json().get("command")
    if not isinstance(command, list) or command[1:2] != ["compare"] or not all(isinstance(word, str) for word in command):
        raise InputError(f"{folder.path} was not written by scratchnet compare: call result.save again where it was made")
    saved = parse(command[1:])
    train, test = Source(saved.data).load()
    runs = grid_of(saved, train, test)
    if not folder.finished_keys(runs):
        raise InputError(f"{folder.path} holds no finished run yet: go on with it by compare --out {folder.path} --resume")
    folder.sort(runs)
    write_and_print(Comparison(runs, folder.read(runs), train), folder, args)
    return 0
