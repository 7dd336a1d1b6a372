"""The main job: the same network, the same batches, one run for each initializer and seed."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from scratchnet.arguments import InputError, whole
from scratchnet.data import Batches, Dataset, as_dataset, check_alike, load_mnist
from scratchnet.experiment.result import Result
from scratchnet.experiment.run import Run, RunResult, perform
from scratchnet.initializers import InitLike, Zeros, init_label, initializer
from scratchnet.layers import Layer, ReLU
from scratchnet.models import hidden_widths
from scratchnet.optimizers import SGD, Optimizer, an_optimizer
from scratchnet.pieces import one_blas_thread
from scratchnet.progress import Progress


def compare(
    inits: Mapping[str, InitLike] | Sequence[InitLike],
    *,
    hidden: Sequence[int] = (100, 100, 100, 100),
    activation: Callable[[], Layer] = ReLU,
    bias_init: InitLike = Zeros(),  # noqa: B008
    optimizer: Optimizer = SGD(0.01),  # noqa: B008
    batch_size: int = 128,
    steps: int | None = None,
    epochs: int | None = None,
    seeds: int | Sequence[int] = 3,
    data: tuple[Dataset, Dataset] | None = None,
    progress: bool = True,
) -> Result:
    """Train one network for each initializer and seed, and lay the results side by side.

    `inits` maps a label to each initializer; in a list each is labelled by its own name. `seeds` is how many (0, 1, …) or
    which. At one seed all initializers scale the same numbers and see the same batches, so what differs is theirs. `data`
    is a training and a test set, MNIST if left out. 2,000 steps, unless `steps` or `epochs` says otherwise. The result
    prints as a table; `result.save(folder)` writes figures and numbers.
    """
    train, test = load_mnist() if data is None else _alike(data)
    runs = grid(
        inits,
        train,
        test,
        hidden=hidden,
        activation=activation,
        bias_init=bias_init,
        optimizer=optimizer,
        batch_size=batch_size,
        steps=steps,
        epochs=epochs,
        seeds=seeds,
    )
    with Progress(sum(run.steps for run in runs), len(runs), quiet=not progress) as bar:
        return Result(runs, list(perform_all(runs, train, test, bar)), train)


def _alike(data: Any) -> tuple[Dataset, Dataset]:
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise InputError(f"data is a {type(data).__name__}, but a training and a test set are needed: a pair of sn.Dataset")
    train, test = as_dataset("the training set", data[0]), as_dataset("the test set", data[1])
    check_alike(train, test)
    return train, test


def grid(
    inits: Mapping[str, InitLike] | Sequence[InitLike],
    train: Dataset,
    test: Dataset,
    *,
    hidden: Sequence[int],
    activation: Callable[[], Layer],
    bias_init: InitLike,
    optimizer: Optimizer,
    batch_size: int,
    steps: int | None,
    epochs: int | None,
    seeds: int | Sequence[int],
) -> list[Run]:
    """The runs of a comparison, initializer by initializer. Everything a user gave is checked here, before any training."""
    if not isinstance(inits, Mapping):
        if isinstance(inits, str) or not isinstance(inits, Sequence):
            raise InputError(
                f"inits is {inits!r}, but a list of initializers or a dictionary of label: initializer is needed"
            )
        labelled = {init_label(initializer(init)): init for init in inits}
        if len(labelled) < len(inits):
            raise InputError("two initializers have the same label: give a dictionary of label: initializer")
        inits = labelled
    if not inits:
        raise InputError("there are no initializers to compare: give at least one, such as [sn.He()]")
    if isinstance(seeds, Iterable):
        seeds = [whole("a seed", seed, least=0) for seed in seeds]
    else:
        seeds = list(range(whole("seeds", seeds)))
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"seeds is {seeds}, but one or more different numbers are needed, or how many")
    batches = Batches(len(train), batch_size, seed=0)
    steps = batches.count(2000 if steps is None and epochs is None else steps, epochs)
    data = fingerprint(train, test)
    runs = [
        Run(
            label=str(label),
            init=initializer(init),
            bias_init=initializer(bias_init),
            hidden=hidden_widths(hidden),
            activation=activation,
            optimizer=an_optimizer(optimizer).fresh(),
            batch_size=batches.batch_size,
            steps=steps,
            seed=seed,
            data=data,
        )
        for label, init in inits.items()
        for seed in seeds
    ]
    for run in runs[:: len(seeds)]:
        run.network(train)  # says now, not in an hour, what is wrong with a width or an initializer
    return runs


def perform_all(
    runs: Iterable[Run],
    train: Dataset,
    test: Dataset,
    progress: Progress,
    stop: Callable[[], bool] = lambda: False,
) -> Iterable[RunResult]:
    """The results of the runs, one after the other, as they come. `stop` is asked before each.

    Every run has one BLAS thread, so that its bytes do not depend on how many cores there are.
    """
    for run in runs:
        if stop():
            return
        progress.start(run.label, run.seed)
        with one_blas_thread():
            result = perform(run, train, test, progress.step)
        progress.end(result.diverged, run.steps - result.steps)
        yield result


def fingerprint(*parts: Dataset) -> str:
    """A hash of the sets' files, or of their values where they have none."""
    content = hashlib.sha256()
    for data in parts:
        if data.source:
            content.update(json.dumps(data.source, sort_keys=True).encode())
        else:
            content.update(data.images.tobytes())
            content.update(data.labels.tobytes())
    return content.hexdigest()[:16]
