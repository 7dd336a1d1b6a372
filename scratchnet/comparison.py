"""The main job: `compare` trains the same network on the same batches, one run for each initializer and seed."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from scratchnet.data import Dataset
from scratchnet.experiment.execute import Failure, perform_all
from scratchnet.experiment.grid import grid
from scratchnet.experiment.pools import WorkersLost, pool_of, processes
from scratchnet.experiment.result import Result
from scratchnet.experiment.sources import Source
from scratchnet.experiment.store import Folder
from scratchnet.initializers import InitLike, Zeros
from scratchnet.layers import Layer, ReLU
from scratchnet.optimizers import SGD, Optimizer
from scratchnet.support.progress import Progress
from scratchnet.support.validation import InputError, whole


class Comparison(Result):
    """A Result with figures, a folder and a page. It prints as a table, followed by what happened and why."""

    def figures(self, new: Callable[[], Any] = lambda: None) -> dict[str, Any]:
        """The figures by name. `new` makes the Matplotlib Figure for each; None stands for a plain one."""
        from scratchnet import plots

        labels, run = self.for_figures.by_label, self.runs[0]
        predicted = {label: self.predicted[label] for label in labels}
        first = {label: results[0] for label, results in labels.items()}
        before = {label: [result.before for result in results] for label, results in labels.items()}
        return {
            "loss": self.loss_figure(figure=new()),
            "activations": plots.activation_histograms(
                {label: result.before for label, result in first.items()},
                f"Activations before training, seed {run.seed}, on the first {self.probed:,} training images",
                new(),
                predicted,
            ),
            "activations_after": plots.activation_histograms(
                {label: result.after for label, result in first.items()},
                f"Activations after {run.steps:,} steps, seed {run.seed}, on the same images",
                new(),
            ),
            "spread": plots.spread_by_depth(before, figure=new(), predicted=predicted),
            "update_ratios": plots.update_ratios(before, figure=new(), predicted=predicted),
            **({"accuracy": self.accuracy_figure(*self.axes, figure=new())} if self.axes else {}),
        }

    def loss_figure(self, title: str = "Training loss", figure: Any = None) -> Any:
        """The loss curves alone, under `title`."""
        from scratchnet import plots

        curves = {label: [one.loss for one in results] for label, results in self.for_figures.by_label.items()}
        return plots.loss_curves(curves, self.classes, title, figure)

    def accuracy_figure(self, rows: str, columns: str, figure: Any = None) -> Any:
        """The map of accuracies over any two settings, such as "initializer" and "hidden layers"."""
        from scratchnet import plots

        return plots.accuracy_map(self.accuracies(rows, columns), xlabel=columns, ylabel=rows, figure=figure)

    def save(self, folder: str | Path) -> list[Path]:
        """Write run.json, results.jsonl, the CSV files, the figures and the page, and return their paths."""
        results = Folder(folder)
        results.replace(self)
        return self.write(results)

    def write(self, folder: Folder) -> list[Path]:
        """Write the tables, the figures and the page into a folder that holds the results, and return all paths."""
        from scratchnet import plots
        from scratchnet.report import write_report

        tables = folder.write_tables(self)
        drawn = self.figures()
        figures = [path for name, figure in drawn.items() for path in plots.save(figure, folder.path / name)]
        return sorted([*tables, *figures, write_report(self, drawn, folder.path / "report.html")])


def compare(
    inits: Mapping[str, InitLike] | Sequence[InitLike],
    *,
    hidden: Sequence[int] | Sequence[Sequence[int]] = (100, 100, 100, 100),
    activation: Callable[[], Layer] | Sequence[Callable[[], Layer]] = ReLU,
    bias_init: InitLike | Sequence[InitLike] = Zeros(),
    optimizer: Optimizer | Sequence[Optimizer] = SGD(0.01),
    lr: float | Sequence[float] | None = None,
    batch_size: int | Sequence[int] = 128,
    steps: int | Sequence[int] | None = None,
    epochs: int | Sequence[int] | None = None,
    seeds: int | Sequence[int] = 3,
    data: tuple[Dataset, Dataset] | None = None,
    jobs: int | None = None,
    executor: Executor | None = None,
    progress: bool = True,
) -> Comparison:
    """Train one network for each initializer and seed, and compare the results.

    `inits` maps labels to initializers; in a list, each initializer is labelled by its own name. `seeds` is the number of
    seeds (0, 1, …) or a list of them. With the same seed all initializers scale the same random numbers and see the same
    batches, so a difference comes from the initializer. `data` is a pair of a training and a test set; the default is
    MNIST. Training takes 2,000 steps, unless `steps` or `epochs` says otherwise. The result prints as a table;
    `result.save(folder)` writes figures and numbers.

    Each other setting may be a list of values (`hidden` a list of lists): then there is a run for each combination. `jobs`
    is the number of processes that share the runs (1). `executor` is any concurrent.futures.Executor, such as loky's, or a
    Dask client, which then does the runs: at most `jobs` at a time, if that is given. The bytes of a result depend on
    neither. A script that uses either keeps its own work under `if __name__ == "__main__":`. Raises InputError if an
    argument is wrong or a run fails.
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
    jobs = None if jobs is None else whole("jobs", jobs)
    if executor is not None and not hasattr(executor, "submit"):
        raise InputError(f"executor is {executor!r}, but a concurrent.futures.Executor is needed")
    pool: Any = processes(jobs or 1, source) if executor is None else nullcontext(pool_of(executor, jobs))
    results = []
    with Progress(sum(run.steps for run in runs), len(runs), quiet=not progress) as bar, pool as workers:
        try:
            for outcome in perform_all(runs, source, bar, workers):
                if isinstance(outcome, Failure):
                    raise InputError(f"the run {outcome.run.label}, seed {outcome.run.seed} failed: {outcome.error}")
                results.append(outcome)
        except WorkersLost as error:
            raise InputError(f"{error}: start the workers again, and compare again") from error
    return Comparison(runs, results, train)
