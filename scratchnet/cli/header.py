"""What `scratchnet compare` says before it starts: data, networks, runs, where the results go, and the time it takes."""

import argparse
import dataclasses
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from scratchnet.data import Dataset
from scratchnet.experiment import Run
from scratchnet.experiment.run import perform
from scratchnet.experiment.texts import stable_repr
from scratchnet.initializers import LeCun
from scratchnet.support.threads import one_blas_thread

TIMED_STEPS = 100


def header(
    runs: Sequence[Run],
    left: Sequence[Run],
    train: Dataset,
    test: Dataset,
    args: argparse.Namespace,
    jobs: int,
    out: Path,
) -> str:
    """Five lines. `left` are the runs that are still to do, `jobs` at a time; the results go to `out`."""
    labels = list(dict.fromkeys(run.label for run in runs))
    seeds = len(runs) // len(labels)
    networks = first_of(
        "–".join(map(str, [train.images.shape[1], *run.hidden, train.classes]))
        if not run.own
        else f"{run.network_name} for {'x'.join(map(str, run.own.in_shape))}"
        for run in runs
    )
    activations = "" if runs[0].own else f", {first_of(stable_repr(run.activation) for run in runs)}"
    trainings = first_of(f"{run.optimizer!r}, batch {run.batch_size}, {run.steps:,} steps" for run in runs)
    names = ", ".join(labels) if len(labels) < 8 else f"{', '.join(labels[:6])}, …"
    kind = "initializers" if len({run.initializer for run in runs}) == len(labels) else "settings"
    workers = (
        f"Dask at {args.dask} ({jobs} thread{'s' * (jobs != 1)} now)" if args.dask else f"{jobs} process{'es' * (jobs > 1)}"
    )
    seconds = max(1, round(estimate_seconds(left, train, test) / max(1, jobs)))
    return (
        f"data     {args.data or 'MNIST'}, {len(train):,} + {len(test):,} images, "
        f"{'hashes verified' if args.data is None else f'from {args.data}'}\n"
        f"network  {networks}{activations}; {trainings}\n"
        f"runs     {len(labels)} {kind} ({names}) × {seeds} seed{'s' * (seeds > 1)}"
        f"{f', {len(left)} of them left' if len(left) < len(runs) else ''}, {workers}\n"
        f"writes   {out}: run.json, results.jsonl, CSV, figures as PNG{' and SVG' * args.svg}, report.html\n"
        f"time     about {seconds} s"
    )


def first_of(texts: Iterable[str]) -> str:
    """The first of the texts, and how many others differ from it."""
    first, *others = dict.fromkeys(texts)
    return first if not others else f"{first} and {len(others)} other{'s' * (len(others) > 1)}"


def estimate_seconds(runs: Sequence[Run], train: Dataset, test: Dataset) -> float:
    """About how many seconds the runs take one after the other, from the time of 100 steps of the first."""
    if not runs:
        return 0.0
    small = Dataset(test.images[:1], test.labels[:1])
    seconds = []
    for steps in (1, 1, 1 + TIMED_STEPS):  # the first warms up
        start = time.perf_counter()
        with one_blas_thread():
            perform(dataclasses.replace(runs[0], init=runs[0].init if runs[0].own else LeCun(), steps=steps), train, small)
        seconds.append(time.perf_counter() - start)
    per_step = max(seconds[2] - seconds[1], 1e-6) / TIMED_STEPS
    return per_step * sum(run.steps for run in runs) + len(runs) * seconds[1]
