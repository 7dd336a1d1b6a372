"""scratchnet report: write the tables, the figures and the page of a finished comparison again.

A folder is data: it may be a stranger's. Its command is read, but a file of Python that the command names is run only if
the person who calls says so. Nothing in the folder is changed but what is drawn.
"""

import argparse
import io
import math
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout

from scratchnet.cli.compare import grid_of, write_and_print
from scratchnet.cli.output import say
from scratchnet.cli.sizes import check_time
from scratchnet.cli.values import from_file
from scratchnet.comparison import Comparison
from scratchnet.experiment import Source
from scratchnet.experiment.grid import grid_without_networks
from scratchnet.experiment.store import Folder
from scratchnet.support.validation import InputError


def redraw(args: argparse.Namespace, parse: Callable[[Sequence[str]], argparse.Namespace]) -> int:
    """Everything that follows from results.jsonl. `parse` reads the command that run.json holds."""
    folder = Folder(args.folder)
    command = folder.read_run_json().get("command")
    if not isinstance(command, list) or command[1:2] != ["compare"] or not all(isinstance(word, str) for word in command):
        raise InputError(f"{folder.path} was not written by scratchnet compare: call result.save again where it was made")
    files = [word for word in command if from_file(word)]
    if files and not args.run_files:
        raise InputError(
            f"the command in {folder.about} names code in a file, {files[0]!r}: read it, and add --run-files to have it run"
        )
    try:
        with redirect_stdout(io.StringIO()):
            saved = parse(command[1:])
    except SystemExit as end:
        if end.code:
            raise
        raise InputError(f"the command in {folder.about} asks for help and compares nothing: name another folder") from end
    train, test = Source(saved.data).load()
    runs = grid_of(saved, train, test, grid_without_networks)
    folder.check_runs(runs)
    widths = [run.hidden for run in {run.label: run for run in runs}.values()]
    check_time(math.prod(train.images.shape[1:]), widths, train.classes)
    out = Folder(args.out) if args.out else folder
    if out.path.resolve() != folder.path.resolve() and out.lines.exists():
        raise InputError(f"{out.path} already holds the results of a run: choose another folder for --out")
    with out.locked():
        results, sentences = folder.read(runs)
        for sentence in sentences:
            say("report", sentence)
        if not results:
            raise InputError(
                f"{folder.path} holds no finished run yet: go on with it by compare --out {folder.path} --resume"
            )
        whole = write_and_print(Comparison(runs, results, train), out, args)
    return 0 if whole and not sentences else 1
