"""scratchnet report: write the tables, the figures and the page of finished comparisons again.

A folder is data: it may be a stranger's. Its command is read, but a file of Python that the command names is run only if
the person who calls says so. Nothing in the folder is changed but what is drawn.
"""

import argparse
import math
from collections.abc import Sequence

from scratchnet.cli.compare import write_and_print
from scratchnet.cli.output import say
from scratchnet.cli.sizes import check_memory, check_time
from scratchnet.cli.windows import can_show
from scratchnet.comparison import read_folders
from scratchnet.data import Dataset
from scratchnet.experiment import Result, Run
from scratchnet.experiment.store import Folder, new_folder
from scratchnet.support.validation import InputError, shown

# what --rows and --columns may name, by the options of compare: the setting of a run
SETTINGS = {
    "init": "initializer",
    "hidden": "hidden layers",
    "activation": "activation",
    "bias-init": "biases",
    "optimizer": "optimizer",
    "lr": "optimizer",
    "batch-size": "batch",
    "steps": "steps",
    "network": "network",
}


def redraw(args: argparse.Namespace) -> int:
    """Everything that follows from the results in a folder, or in several folders at once."""
    found, sentences = read_folders(args.folders, run_files=args.run_files)
    check_can_be_drawn(found.runs, found.train)
    if args.rows or args.columns:
        found.axes = axes_asked(found, args.rows, args.columns)
    args.show = args.show and can_show()
    out = place_for(args, Folder(args.folders[0]) if len(args.folders) == 1 else None)
    for sentence in sentences:
        say("report", sentence)
    with out.locked():
        whole = write_and_print(found, out, args)
    return 0 if whole and not sentences else 1


def check_can_be_drawn(runs: Sequence[Run], train: Dataset) -> None:
    """Raise InputError if the networks of these runs are too large for this machine, or theory would take too long."""
    widths = [run.hidden for run in {run.label: run for run in runs}.values() if not run.own]
    for check in (check_memory, check_time):
        check(math.prod(train.images.shape[1:]), widths, train.classes)


def axes_asked(found: Result, rows: str | None, columns: str | None) -> tuple[str, str]:
    """The settings in rows and columns of the map of accuracies. One that is not named is the first that is left."""
    possible = list(dict.fromkeys([*found.varying, "initializer"]))
    if found.axes is None:
        raise InputError("--rows and --columns need runs that differ in more than the initializer: these do not")
    names = [name for name, setting in SETTINGS.items() if setting in possible]
    chosen = list[str | None]()
    for option, name in (("--rows", rows), ("--columns", columns)):
        if name is not None and name not in names:
            raise InputError(f"{option} is {shown(name)}, in which these runs do not differ: give one of {', '.join(names)}")
        chosen.append(None if name is None else SETTINGS[name])
    if chosen[0] == chosen[1]:
        raise InputError(f"--rows is {rows} and --columns is {columns}, which are one setting of these runs: give two")
    left = (setting for setting in possible if setting not in chosen)
    first, second = (setting or next(left) for setting in chosen)
    return first, second


def place_for(args: argparse.Namespace, folder: Folder | None) -> Folder:
    """The folder to write to: --out, or `folder` itself, or a new one."""
    if not args.out:
        return folder or Folder(new_folder())
    out = Folder(args.out)
    if (folder is None or out.path.resolve() != folder.path.resolve()) and out.lines.exists():
        raise InputError(f"{out.path} already holds the results of a run: choose another folder for --out")
    return out
