"""scratchnet report: write the tables, the figures and the page of finished comparisons again.

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
from scratchnet.cli.windows import can_show
from scratchnet.comparison import Comparison, read_folders
from scratchnet.data import Dataset
from scratchnet.experiment import Run, Source
from scratchnet.experiment.grid import grid_without_networks
from scratchnet.experiment.networks import fitting
from scratchnet.experiment.store import Folder, new_folder
from scratchnet.support.validation import InputError


def redraw(args: argparse.Namespace, parse: Callable[[Sequence[str]], argparse.Namespace]) -> int:
    """Everything that follows from results.jsonl. `parse` reads the command that run.json holds."""
    if len(args.folders) > 1:
        return redraw_read(args)
    folder = Folder(args.folders[0])
    command = folder.read_run_json().get("command")
    if not isinstance(command, list) or command[1:2] != ["compare"] or not all(isinstance(word, str) for word in command):
        return redraw_read(args)
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
    train, test = fitting(Source(saved.data), saved.network).load()
    runs = grid_of(saved, train, test, grid_without_networks)
    folder.check_runs(runs)
    check_can_be_drawn(runs, train)
    args.show = args.show and can_show()
    out = place_for(args, folder)
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


def redraw_read(args: argparse.Namespace) -> int:
    """The same for a folder that was saved from Python, and for several folders at once."""
    found, sentences = read_folders(args.folders, run_files=args.run_files)
    check_can_be_drawn(found.runs, found.train)
    args.show = args.show and can_show()
    out = place_for(args, Folder(args.folders[0]) if len(args.folders) == 1 else None)
    for sentence in sentences:
        say("report", sentence)
    with out.locked():
        whole = write_and_print(found, out, args)
    return 0 if whole and not sentences else 1


def check_can_be_drawn(runs: Sequence[Run], train: Dataset) -> None:
    """Raise InputError if theory would take too long for the networks of these runs."""
    widths = [run.hidden for run in {run.label: run for run in runs}.values() if not run.own]
    check_time(math.prod(train.images.shape[1:]), widths, train.classes)


def place_for(args: argparse.Namespace, folder: Folder | None) -> Folder:
    """The folder to write to: --out, or `folder` itself, or a new one."""
    if not args.out:
        return folder or Folder(new_folder())
    out = Folder(args.out)
    if (folder is None or out.path.resolve() != folder.path.resolve()) and out.lines.exists():
        raise InputError(f"{out.path} already holds the results of a run: choose another folder for --out")
    return out
