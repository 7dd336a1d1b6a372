"""scratchnet compare: train a network under each initializer."""

import argparse
import dataclasses
import functools
import os
import sys
from collections.abc import Sequence

from scratchnet.cli.header import header
from scratchnet.cli.interruption import interruption
from scratchnet.cli.values import Given, by_label, try_out
from scratchnet.cli.windows import show_in_windows
from scratchnet.comparison import Comparison
from scratchnet.data import Dataset
from scratchnet.experiment import Failure, Run, Source, grid, perform_all
from scratchnet.experiment.pools import DaskPool, WorkersLost, dask, processes
from scratchnet.experiment.run import perform
from scratchnet.experiment.store import Folder, new_folder
from scratchnet.support.files import as_json
from scratchnet.support.progress import Progress
from scratchnet.support.readers_file import FILES
from scratchnet.support.signals import held
from scratchnet.support.validation import InputError

# The book's experiment. Its "Xavier" is 1/√n, which others call LeCun; Glorot's is --init Xavier.
INITS = ("0.01", "book.xavier", "He")


def compare(args: argparse.Namespace) -> int:
    """scratchnet compare"""
    if args.resume and not args.out:
        raise InputError("--resume goes on with the results of a folder: name it with --out")
    source = Source(args.data)
    train, test = source.load()
    runs = grid_of(args, train, test)
    if FILES:  # a reader's file was loaded
        try_each_label(runs, train)
    folder = Folder(args.out or new_folder())
    finished = folder.finished_keys(runs) if args.resume else set()
    left = [run for run in runs if run.key not in finished]
    if not args.resume:
        folder.start(runs, train.source | test.source)
    jobs = min(args.jobs or os.cpu_count() or 1, max(len(left), 1))
    quiet = args.quiet or args.json
    failed: list[Failure] = []
    lost = None
    with dask(args.dask) if args.dask else processes(jobs, source) as pool:
        if not quiet:
            at_once = pool.threads() if isinstance(pool, DaskPool) else jobs
            text = header(runs, left, train, test, jobs=at_once, out=folder.path, data=args.data, dask=args.dask)
            print(text, file=sys.stderr)
        with interruption() as stop, Progress(sum(run.steps for run in left), len(left), quiet) as progress:
            try:
                for outcome in perform_all(left, source, progress, pool, stop):
                    with held():
                        folder.append(outcome)
                    if isinstance(outcome, Failure):
                        failed.append(outcome)
                    else:
                        finished.add(outcome.key)
            except WorkersLost as error:
                lost = error
    if not finished and not lost:
        if not failed:
            return 130
        print(f"scratchnet compare: {failed[0].run.label}, seed {failed[0].run.seed}: {failed[0].error}", file=sys.stderr)
        return 1
    if finished:
        folder.sort(runs)
        write_and_print(Comparison(runs, folder.read(runs), train), folder, args)
    for failure in failed:
        print(f"scratchnet compare: {failure.run.label}, seed {failure.run.seed} failed: {failure.error}", file=sys.stderr)
    if lost:
        print(f"scratchnet compare: {lost}: go on with --resume", file=sys.stderr)
    if failed or lost:
        return 1
    return 130 if len(finished) < len(runs) else 0


def grid_of(args: argparse.Namespace, train: Dataset, test: Dataset) -> list[Run]:
    """The runs that the options ask for."""
    check_one_rate(args.optimizer, args.lr)
    return grid(
        by_label(args.init),
        train,
        test,
        hidden=args.hidden,
        activation=args.activation,
        bias_init=args.bias_init,
        optimizer=[one.value for one in args.optimizer],
        lr=args.lr,
        batch_size=args.batch_size,
        steps=args.steps,
        epochs=args.epochs,
        seeds=range(args.seed, args.seed + args.seeds),
    )


def check_one_rate(optimizers: Sequence[Given], rates: Sequence[float] | None) -> None:
    """A call such as SGD(0.1) holds the learning rate, and so does --lr: to give both is an error."""
    for optimizer in optimizers:
        if rates and "(" in optimizer.text:
            raise InputError(
                f"both --lr {rates[0]:g} and --optimizer {optimizer.text} may set the learning rate: give one of them"
            )


def try_each_label(runs: Sequence[Run], train: Dataset) -> None:
    """Make one step of training for each label, so that a mistake in a reader's file shows before the first run."""
    small = Dataset(train.images[:2], train.labels[:2])
    for run in {run.label: run for run in runs}.values():
        try_out(run.label, functools.partial(perform, dataclasses.replace(run, steps=1), train, small))


def write_and_print(comparison: Comparison, folder: Folder, args: argparse.Namespace) -> None:
    """Write the tables, the figures and the page into the folder, and print the results."""
    files = comparison.write(folder)
    if args.json:
        print(as_json({"runs": comparison.summaries(), "files": list(map(str, files)), "out": str(folder.path)}))
    else:
        print(comparison)
        finished, all_runs = len(comparison.results), len(comparison.runs)
        if finished < all_runs:
            print(f"Stopped after {finished} of {all_runs} runs; --out {folder.path} --resume goes on.")
        print(f"\n{folder.path}: {', '.join(file.name for file in files)}")
    if args.show:
        show_in_windows(comparison.figures)
