"""scratchnet check my.py:MyLayer --in-shape 4,7: is it right, and if not, what is wrong with it?"""

import argparse

import numpy as np

from scratchnet.check.parametrize import check
from scratchnet.check.readers_code import kind_of
from scratchnet.check.report import Report
from scratchnet.cli.exercises import run_check
from scratchnet.support.files import as_json
from scratchnet.support.readers_file import load, readers_code
from scratchnet.support.validation import InputError, shown
from scratchnet.support.wording import a

NOT_ATTEMPTED = 3


def check_anything(args: argparse.Namespace) -> int:
    """scratchnet check: the exercises, or something in a reader's file."""
    if args.subject is None or ":" not in args.subject:
        if args.in_shape or args.kind:
            raise InputError("--in-shape and --as are for something in a file: write my.py:MyLayer")
        return run_check(args)
    if args.hint is not None or args.watch:
        raise InputError("--hint and --watch are for exercises, such as 03")
    report = check_file(args.subject, args.in_shape, args.kind)
    print(as_json(report.as_json()) if args.json else report)
    if report.ok:
        return 0
    return NOT_ATTEMPTED if set(report.diagnoses) == {"not-written"} else 1


def check_file(subject: str, shape: tuple[int, ...] | None, kind: str | None) -> Report:
    """The report on my.py:MyLayer."""
    thing = load(subject)
    with readers_code(f"{shown(subject)} cannot be checked"), np.errstate(all="ignore"):
        found = kind or kind_of(thing)
        if shape and found not in ("layer", "activation", "training"):
            raise InputError(
                f"--in-shape is for layers and steps of training, and {shown(subject)} is {a(found)}: leave it out"
            )
        try:
            return check(thing, shape, found)
        except NotImplementedError:
            raise InputError(f"{shown(subject)} cannot be made: its __init__ is not written yet") from None
