"""scratchnet report: draw a comparison that is on the disk anew."""

import argparse
from collections.abc import Callable, Sequence

from scratchnet.cli.compare import planned, tell
from scratchnet.comparison import Comparison
from scratchnet.experiment import Source
from scratchnet.experiment.store import Folder
from scratchnet.support.validation import InputError


def redraw(words: argparse.Namespace, parse: Callable[[Sequence[str]], argparse.Namespace]) -> int:
    """The tables, the figures and the page of a folder that `scratchnet compare` has written, from its results.jsonl.

    `parse` makes of the command's words, which run.json holds, what they stand for.
    """
    folder = Folder(words.folder)
    command = folder.about().get("command") or [""]
    if command[1:2] != ["compare"]:
        raise InputError(f"{folder.path} was not written by scratchnet compare: call result.save again where it was made")
    first = parse(command[1:])
    train, test = Source(first.data).load()
    runs = planned(first, train, test)
    if not folder.resume(runs):
        raise InputError(f"{folder.path} holds no finished run yet: go on with it by compare --out {folder.path} --resume")
    tell(Comparison(runs, folder.read(runs), train), folder, words)
    return 0
