"""scratchnet compare: train a network under each initializer."""

import argparse
import dataclasses
import functools
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from scratchnet.cli.common import show, try_out
from scratchnet.cli.values import activation, from_file, initializers, integer, networks, optimizer
from scratchnet.comparison import Comparison
from scratchnet.data import Dataset
from scratchnet.experiment import Failure, Run, Source, grid, perform_all
from scratchnet.experiment.execute import WorkersLost, dask, processes
from scratchnet.experiment.run import in_words, perform
from scratchnet.experiment.store import Folder, new_folder
from scratchnet.initializers import LeCun, initializer
from scratchnet.support.files import as_json
from scratchnet.support.progress import Progress
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import InputError

# The book's experiment. Its "Xavier" is 1/√n, which others call LeCun; Glorot's is --init Xavier.
INITS = ("0.01", "book.xavier", "He")


def planned(words: argparse.Namespace, train: Dataset, test: Dataset) -> list[Run]:
    """The runs that the words ask for."""
    first, seeds = integer("--seed", words.seed, 0), integer("--seeds", words.seeds, most=10_000)
    return grid(
        initializers(words.init or INITS),
        train,
        test,
        hidden=networks(words.hidden),
        activation=[activation(word) for word in words.activation],
        bias_init=[initializer(word) for word in words.bias_init],
        optimizer=[optimizer(word, rate) for word in words.optimizer for rate in words.lr or [None]],
        batch_size=[integer("--batch-size", word) for word in words.batch_size],
        steps=None if words.steps is None else [integer("--steps", word) for word in words.steps],
        epochs=None if words.epochs is None else [integer("--epochs", word) for word in words.epochs],
        seeds=range(first, first + seeds),
    )


def compare(words: argparse.Namespace) -> int:
    """scratchnet compare"""
    source = Source(words.data)
    train, test = source.load()
    runs = planned(words, train, test)
    if any(from_file(word) for word in [*(words.init or ()), *words.activation]):
        small = Dataset(train.images[:2], train.labels[:2])
        for run in {run.label: run for run in runs}.values():
            try_out(run.label, functools.partial(perform, dataclasses.replace(run, steps=1), train, small))
    if words.resume and not words.out:
        raise InputError("--resume goes on with the results of a folder: name it with --out")
    folder = Folder(words.out or new_folder())
    done = folder.resume(runs) if words.resume else set()
    left = [run for run in runs if run.key not in done]
    if not words.resume:
        folder.start(runs, train.source | test.source)
    quiet = words.quiet or words.json
    jobs = (
        min(integer("--jobs", words.jobs), max(len(left), 1)) if words.jobs else min(os.cpu_count() or 1, max(len(left), 1))
    )
    if not quiet:
        print(header(runs, left, jobs, train, test, folder, words), file=sys.stderr)
    failed: list[Failure] = []
    lost = None
    with (
        interruption() as stop,
        Progress(sum(run.steps for run in left), len(left), quiet) as progress,
        workers(words.dask, jobs, source) as (executor, at_once),
    ):
        try:
            for outcome in perform_all(left, source, progress, executor, at_once, stop):
                folder.append(outcome)
                if isinstance(outcome, Failure):
                    failed.append(outcome)
                else:
                    done.add(outcome.key)
        except WorkersLost as error:
            lost = error
    if not done:
        if failed:
            print(
                f"scratchnet compare: {failed[0].run.label}, seed {failed[0].run.seed}: {failed[0].error}", file=sys.stderr
            )
            return 1
        raise KeyboardInterrupt
    tell(Comparison(runs, folder.read(runs), train), folder, words)
    for failure in failed:
        print(f"scratchnet compare: {failure.run.label}, seed {failure.run.seed} failed: {failure.error}", file=sys.stderr)
    if lost:
        print(f"scratchnet compare: the processes that did the work are gone ({lost}): go on with --resume", file=sys.stderr)
    if failed or lost:
        return 1
    return 130 if len(done) < len(runs) else 0


def tell(result: Comparison, folder: Folder, words: argparse.Namespace) -> None:
    """Write the tables, the figures and the page into the folder, and say what came of it."""
    files = result.write(folder)
    if words.json:
        report = {"runs": result.summaries(), "files": [str(file) for file in files], "out": str(folder.path)}
        print(as_json(report))
    else:
        print(result)
        if len(result.results) < len(result.runs):
            print(f"Stopped after {len(result.results)} of {len(result.runs)} runs; --out {folder.path} --resume goes on.")
        print(f"\n{folder.path}: {', '.join(file.name for file in files)}")
    if words.show:
        show(result.figures)


@contextmanager
def workers(address: str | None, jobs: int, source: Source) -> Iterator[tuple[Any, int]]:
    """An executor (None: work here), and how many runs it does at once."""
    if address is not None:
        with dask(address) as found:
            yield found
    else:
        with processes(jobs, source) as pool:
            yield pool, jobs


def header(
    runs: Sequence[Run],
    left: Sequence[Run],
    jobs: int,
    train: Dataset,
    test: Dataset,
    folder: Folder,
    words: argparse.Namespace,
) -> str:
    """What is about to be done, where it goes, and about how long it takes, judged by a trial of 100 steps."""
    hashes = "hashes verified" if words.data is None else f"from {words.data}"
    labels = list(dict.fromkeys(run.label for run in runs))
    seeds = len(runs) // len(labels)
    nets = {"–".join(map(str, [train.images.shape[1], *run.hidden, train.classes])): None for run in runs}
    kinds = {in_words(run.activation): None for run in runs}
    how = {f"{run.optimizer!r}, batch {run.batch_size}, {run.steps:,} steps": None for run in runs}
    shown = ", ".join(labels) if len(labels) < 8 else f"{', '.join(labels[:6])}, …"
    what = "initializers" if len({run.initializer for run in runs}) == len(labels) else "settings"
    where = f"Dask at {words.dask}" if words.dask else f"{jobs} process{'es' * (jobs > 1)}"
    return (
        f"data     {'MNIST' if words.data is None else words.data}, {len(train):,} + {len(test):,} images, {hashes}\n"
        f"network  {some(nets)}, {some(kinds)}; {some(how)}\n"
        f"runs     {len(labels)} {what} ({shown}) × {seeds} seed{'s' * (seeds > 1)}"
        f"{f', {len(left)} of them left' if len(left) < len(runs) else ''}, {where}\n"
        f"writes   {folder.path}: run.json, results.jsonl, CSV, figures as PNG and SVG, report.html\n"
        f"time     about {max(1, round(trial(left, train, test) / jobs))} s"
    )


def some(found: dict[str, None]) -> str:
    first, *others = found
    return first if not others else f"{first} and {len(others)} other{'s' * (len(others) > 1)}"


def trial(runs: Sequence[Run], train: Dataset, test: Dataset) -> float:
    """About how many seconds the runs take one after the other, judged by 100 steps of the first."""
    if not runs:
        return 0.0
    small = Dataset(test.images[:1], test.labels[:1])
    seconds = []
    for steps in (1, 1, 101):  # the first warms up
        begun = time.perf_counter()
        with one_blas_thread():
            perform(dataclasses.replace(runs[0], init=LeCun(), steps=steps), train, small)
        seconds.append(time.perf_counter() - begun)
    a_step = max(seconds[2] - seconds[1], 1e-6) / 100
    return a_step * sum(run.steps for run in runs) + len(runs) * seconds[1]


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Ctrl-C once: the runs in hand are the last, and their results are written. Twice: stop now."""
    asked: list[int] = []

    def ask(*_: object) -> None:
        asked.append(1)
        if len(asked) == 1:
            print("\nfinishing the runs in hand; Ctrl-C again stops now", file=sys.stderr)

    def stop() -> bool:
        if len(asked) > 1:
            raise KeyboardInterrupt
        return bool(asked)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
