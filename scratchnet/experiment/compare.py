"""The main job: the same network, the same batches, one run for each initializer and seed."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from typing import Any

from scratchnet.arguments import InputError, whole
from scratchnet.data import Dataset
from scratchnet.experiment.execute import Failure, perform_all, processes
from scratchnet.experiment.grid import grid
from scratchnet.experiment.result import Result
from scratchnet.experiment.sources import Source
from scratchnet.initializers import InitLike, Zeros
from scratchnet.layers import Layer, ReLU
from scratchnet.optimizers import SGD, Optimizer
from scratchnet.progress import Progress


def compare(
    inits: Mapping[str, InitLike] | Sequence[InitLike],
    *,
    hidden: Sequence[int] | Sequence[Sequence[int]] = (100, 100, 100, 100),
    activation: Callable[[], Layer] | Sequence[Callable[[], Layer]] = ReLU,
    bias_init: InitLike | Sequence[InitLike] = Zeros(),  # noqa: B008
    optimizer: Optimizer | Sequence[Optimizer] = SGD(0.01),  # noqa: B008
    lr: float | Sequence[float] | None = None,
    batch_size: int | Sequence[int] = 128,
    steps: int | Sequence[int] | None = None,
    epochs: int | Sequence[int] | None = None,
    seeds: int | Sequence[int] = 3,
    data: tuple[Dataset, Dataset] | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: bool = True,
) -> Result:
    """Train one network for each initializer and seed, and lay the results side by side.

    `inits` maps a label to each initializer; in a list each is labelled by its own name. `seeds` is how many (0, 1, …) or
    which. At one seed all initializers scale the same numbers and see the same batches, so what differs is theirs. `data`
    is a training and a test set, MNIST if left out. 2,000 steps, unless `steps` or `epochs` says otherwise. The result
    prints as a table; `result.save(folder)` writes figures and numbers.

    Each other setting may be a list of values, `hidden` a list of lists: then there is a run for each combination. With
    `jobs` greater than 1 runs are shared out among so many processes, and with `executor` they go to any
    concurrent.futures.Executor, such as loky's or Dask's; the bytes of a result do not depend on it. A script that does
    either keeps its own work under `if __name__ == "__main__":`.
    """
    source = Source.of(data)
    train, test = source.load()
    runs = grid(
        inits,
        train,
        test,
        hidden=hidden,
        activation=activation,
        bias_init=bias_init,
        optimizer=optimizer,
        lr=lr,
        batch_size=batch_size,
        steps=steps,
        epochs=epochs,
        seeds=seeds,
    )
    jobs = whole("jobs", jobs)
    if executor is not None and not hasattr(executor, "submit"):
        raise InputError(f"executor is {executor!r}, but a concurrent.futures.Executor is needed")
    pool: Any = processes(jobs, source) if executor is None else nullcontext(executor)
    results = []
    with Progress(sum(run.steps for run in runs), len(runs), quiet=not progress) as bar, pool as workers:
        for outcome in perform_all(runs, source, bar, workers, jobs):
            if isinstance(outcome, Failure):
                raise InputError(f"the run {outcome.run.label}, seed {outcome.run.seed} failed: {outcome.error}")
            results.append(outcome)
    return Result(runs, results, train)
