"""scratchnet compare: train a network under each initializer."""

import argparse
import dataclasses
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from scratchnet.commands.common import load_data, show
from scratchnet.data import Dataset
from scratchnet.experiment import Result, Run, grid, perform_all
from scratchnet.experiment.run import in_words
from scratchnet.experiment.store import Folder, new_folder
from scratchnet.files import as_json
from scratchnet.initializers import LeCun, initializer
from scratchnet.options import activation, initializers, integer, optimizer, widths
from scratchnet.progress import Progress

# The book's experiment. Its "Xavier" is 1/√n, which others call LeCun; Glorot's is --init Xavier.
INITS = ("0.01", "book.xavier", "He")


def compare(words: argparse.Namespace) -> int:
    """scratchnet compare"""
    train, test = load_data(words.data)
    first, seeds = integer("--seed", words.seed, 0), integer("--seeds", words.seeds, most=10_000)
    runs = grid(
        initializers(words.init or INITS),
        train,
        test,
        hidden=widths(words.hidden),
        activation=activation(words.activation),
        bias_init=initializer(words.bias_init),
        optimizer=optimizer(words.optimizer, words.lr),
        batch_size=integer("--batch-size", words.batch_size),
        steps=None if words.steps is None else integer("--steps", words.steps),
        epochs=None if words.epochs is None else integer("--epochs", words.epochs),
        seeds=range(first, first + seeds),
    )
    folder = Folder(words.out or new_folder())
    folder.start(runs, train.source | test.source)
    quiet = words.quiet or words.json
    if not quiet:
        print(header(runs, train, test, folder, words.data), file=sys.stderr)
    results = []
    with interruption() as stop, Progress(sum(run.steps for run in runs), len(runs), quiet) as progress:
        for result in perform_all(runs, train, test, progress, stop):
            folder.append(result)
            results.append(result)
        stopped = len(results) < len(runs)
    if not results:
        raise KeyboardInterrupt
    outcome = Result(runs, results, train)
    files = folder.finish(outcome)
    if words.json:
        report = {"runs": outcome.summaries(), "files": [str(file) for file in files], "out": str(folder.path)}
        print(as_json(report))
    else:
        print(outcome)
        if stopped:
            print(f"Stopped after {len(results)} of {len(runs)} runs.")
        print(f"\n{folder.path}: {', '.join(file.name for file in files)}")
    if words.show:
        show(outcome.figures)
    return 130 if stopped else 0


def header(runs: Sequence[Run], train: Dataset, test: Dataset, folder: Folder, data: str | None) -> str:
    """What is about to be done, where it goes, and about how long it takes, judged by a trial of 100 steps."""
    run = runs[0]
    hashes = "hashes verified" if data is None else f"from {data}"
    labels = list(dict.fromkeys(run.label for run in runs))
    seeds = len(runs) // len(labels)
    trial = 100
    quick = [dataclasses.replace(run, init=LeCun(), steps=steps) for steps in (1, 1, 1 + trial)]  # the first warms up
    small = Dataset(test.images[:1], test.labels[:1])
    times = []
    for one in quick:
        begun = time.perf_counter()
        list(perform_all([one], train, small, Progress(0, 1, quiet=True)))
        times.append(time.perf_counter() - begun)
    seconds = max(times[2] - times[1], 1e-6) / trial * sum(run.steps for run in runs) + len(runs) * times[1]
    net = "–".join(map(str, [train.images.shape[1], *run.hidden, train.classes]))
    return (
        f"data     {'MNIST' if data is None else data}, {len(train):,} + {len(test):,} images, {hashes}\n"
        f"network  {net}, {in_words(run.activation)}; {run.optimizer!r}, batch {run.batch_size}, {run.steps:,} steps\n"
        f"runs     {len(labels)} initializers ({', '.join(labels)}) × {seeds} seed{'s' * (seeds > 1)}\n"
        f"writes   {folder.path}: run.json, results.jsonl, CSV, figures as PNG and SVG\n"
        f"time     about {max(1, round(seconds))} s"
    )


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Ctrl-C once: the run in hand is the last, and its results are written. Twice: stop now."""
    asked: list[int] = []

    def ask(*_: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(1)
        print("\nfinishing the run in hand; Ctrl-C again stops now", file=sys.stderr)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)
