"""scratchnet compare: train a network under each initializer."""

import argparse
import dataclasses
import functools
import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from scratchnet.cli.header import header
from scratchnet.cli.interruption import interruption
from scratchnet.cli.output import say
from scratchnet.cli.sizes import check_memory
from scratchnet.cli.values import Given, by_label, try_out
from scratchnet.cli.windows import can_show, show_in_windows
from scratchnet.comparison import Comparison
from scratchnet.data import Dataset
from scratchnet.experiment import Failure, Run, Source, grid, perform_all
from scratchnet.experiment.grid import HIDDEN
from scratchnet.experiment.networks import fitting
from scratchnet.experiment.pools import DaskPool, WorkersLost, dask, processes
from scratchnet.experiment.predictions import MOST_LABELS, Predictions
from scratchnet.experiment.run import perform
from scratchnet.experiment.store import Folder, new_folder
from scratchnet.support.files import as_json, explain
from scratchnet.support.progress import Progress
from scratchnet.support.readers_file import FILES
from scratchnet.support.signals import held
from scratchnet.support.tables import short, visible, visible_lines
from scratchnet.support.validation import InputError


def compare(args: argparse.Namespace) -> int:
    """scratchnet compare"""
    if args.resume and not args.out:
        raise InputError("--resume goes on with the results of a folder: name it with --out")
    source = fitting(Source(args.data), args.network)
    train, test = source.load()
    if FILES:  # a reader's file was loaded
        runs = try_out("code from a file", functools.partial(grid_of, args, train, test))
        try_each_label(runs, train)
    else:
        runs = grid_of(args, train, test)
    if args.resume:
        Folder(args.out).check_goes_on(runs)
    args.show = args.show and can_show()
    folder = Folder(args.out or new_folder())
    with folder.locked():
        return train_and_write(args, runs, source, folder)


def train_and_write(args: argparse.Namespace, runs: Sequence[Run], source: Source, folder: Folder) -> int:
    """Do the runs that the folder does not hold yet, and write and print the results of all."""
    train, test = source.load()
    finished = set[str]()
    if args.resume:
        finished, sentences = folder.recover(runs, train.source | test.source)
        for sentence in sentences:
            say("compare", sentence)
    else:
        folder.start(runs, train.source | test.source)
    left = [run for run in runs if run.key not in finished]
    jobs = min(args.jobs or os.cpu_count() or 1, max(len(left), 1))
    quiet = args.quiet or args.json
    failed: list[Failure] = []
    predictions, ahead = Predictions(runs), dict[str, Any]()
    lost = None
    with dask(args.dask) if args.dask else processes(jobs, source) as pool:
        if not quiet:
            at_once = pool.threads() if isinstance(pool, DaskPool) else jobs
            text = header(runs, left, train, test, args, at_once, folder.path)
            print(visible_lines(text), file=sys.stderr)
        with interruption() as stop, Progress(sum(run.steps for run in left), len(left), quiet) as progress:
            try:
                meanwhile = prepare(runs, train, folder, predictions, args.svg, ahead)
                for outcome in perform_all(left, source, progress, pool, stop, predictions, meanwhile):
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
        say("compare", f"{failed[0].run.label}, seed {failed[0].run.seed}: {failed[0].error}")
        return 1
    complete = True
    if finished:
        folder.sort(runs)
        results, sentences = folder.read(runs)
        complete = write_and_print(Comparison(runs, results, train, predictions), folder, args, ahead) and not sentences
        for sentence in sentences:
            say("compare", sentence)
    for failure in failed:
        say("compare", f"{failure.run.label}, seed {failure.run.seed} failed: {failure.error}")
    if lost:
        say("compare", f"{lost}: go on with --resume")
    if failed or lost or not complete:
        return 1
    return 130 if len(finished) < len(runs) else 0


def prepare(
    runs: Sequence[Run], train: Dataset, folder: Folder, predictions: Predictions, svg: bool, ahead: dict[str, Any]
) -> Iterator[str]:
    """Import what draws, and draw into `ahead` what the last runs cannot change; yields after each piece of the work.

    What fails here is done again at the end, and named there.
    """
    with suppress(Exception):
        import scratchnet.report

        yield scratchnet.report.__name__
        if not predictions.missing and len({run.label for run in runs}) <= MOST_LABELS:  # figures show all labels then
            results, _ = folder.read(runs)
            yield from Comparison(runs, results, train, predictions).draw_ahead(folder, svg, ahead)


def grid_of(args: argparse.Namespace, train: Dataset, test: Dataset) -> list[Run]:
    """The runs that the options ask for."""
    check_one_rate(args.optimizer, args.lr)
    if not args.network:
        check_memory(math.prod(train.images.shape[1:]), args.hidden or [HIDDEN], train.classes)
    return grid(
        by_label(args.init),
        train,
        test,
        hidden=args.hidden,
        activation=args.activation,
        bias_init=args.bias_init,
        network=args.network,
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
                f"both --lr {short(rates[0], 8)} and --optimizer {optimizer.text} may set the learning rate: "
                "give one of them"
            )


def try_each_label(runs: Sequence[Run], train: Dataset) -> None:
    """Make one step of training for each label, so that a mistake in a reader's file shows before the first run."""
    small = Dataset(train.images[:2], train.labels[:2])
    for run in {run.label: run for run in runs}.values():
        try_out(run.label, functools.partial(perform, dataclasses.replace(run, steps=1), train, small))


def write_and_print(
    comparison: Comparison, folder: Folder, args: argparse.Namespace, ahead: Mapping[str, Any] | None = None
) -> bool:
    """Write the tables, the figures and the page into the folder, and print the results. False if a part failed.

    The table is printed before anything is drawn, and a part that fails is named on standard error.
    """

    def table() -> None:
        if not args.json:
            print(comparison)
            finished, all_runs = len(comparison.results), len(comparison.runs)
            if finished < all_runs:
                out = visible(str(folder.path))
                print(f"Stopped after {finished} of {all_runs} runs; --out {out} --resume goes on.")
            sys.stdout.flush()

    files, failures = comparison.write(folder, table, args.svg, ahead)
    if args.json:
        print(as_json({"runs": comparison.summaries(), "files": list(map(str, files)), "out": str(folder.path)}))
    else:
        print(f"\n{visible(str(folder.path))}: {', '.join(file.name for file in files)}")
    for part, error in failures.items():
        why = (
            explain(error) if isinstance(error, OSError) else f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"
        )
        say(args.verb, f"{part} is left out ({why})")
    if args.show and not failures:
        show_in_windows(comparison.figures)
    return not failures
