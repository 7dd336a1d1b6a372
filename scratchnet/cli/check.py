"""scratchnet check my.py:MyLayer --in-shape 4,7: is it right, and if not, what is wrong with it?"""

import argparse

import numpy as np

from scratchnet.check.parametrize import check, kind_of
from scratchnet.check.report import Report
from scratchnet.cli.exercises import run_check
from scratchnet.support.files import as_json
from scratchnet.support.readers_file import load
from scratchnet.support.validation import InputError

NOT_ATTEMPTED = 3


def check_anything(words: argparse.Namespace) -> int:
    """scratchnet check: the exercises, or what stands in a reader's file."""
    if words.subject is None or ":" not in words.subject:
        if words.in_shape or words.kind:
            raise InputError("--in-shape and --as are for something in a file: write my.py:MyLayer")
        return run_check(words)
    if words.hint is not None or words.watch:
        raise InputError("--hint and --watch are for exercises, such as 03")
    report = check_file(words.subject, words.in_shape, words.kind)
    print(as_json(report.as_json()) if words.json else report)
    if report.ok:
        return 0
    return NOT_ATTEMPTED if set(report.diagnoses) == {"not-written"} else 1


def check_file(subject: str, in_shape: str | None, kind: str | None) -> Report:
    """The report on my.py:MyLayer."""
    thing = load(subject)
    shape = None if in_shape is None else shape_of(in_shape)
    if shape and (kind or kind_of(thing)) not in ("layer", "activation"):
        raise InputError(f"--in-shape is for layers, and {subject} is a {kind or kind_of(thing)}: leave it out")
    try:
        with np.errstate(all="ignore"):
            return check(thing, shape, kind)
    except NotImplementedError:
        raise InputError(f"{subject} cannot be made: its __init__ is not written yet") from None


def shape_of(text: str) -> tuple[int, ...]:
    """4,7 or 4x7"""
    try:
        return tuple(int(part) for part in text.replace("x", ",").split(","))
    except ValueError:
        raise InputError(f"--in-shape is {text!r}, but a shape of a batch is needed, rows first, such as 4,7") from None
