"""The main job: `compare` trains the same network on the same batches, one run for each initializer and seed."""

from __future__ import annotations

import dataclasses
import functools
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scratchnet.data import Dataset
from scratchnet.experiment.execute import Failure, perform_all
from scratchnet.experiment.grid import grid
from scratchnet.experiment.joined import joined, names_of
from scratchnet.experiment.networks import Maker, fitting
from scratchnet.experiment.pools import WorkersLost, pool_of, processes
from scratchnet.experiment.predictions import Predictions
from scratchnet.experiment.result import Result
from scratchnet.experiment.saved import keep, read_folder
from scratchnet.experiment.sources import Source
from scratchnet.experiment.store import Folder
from scratchnet.initializers import InitLike
from scratchnet.layers import Layer
from scratchnet.optimizers import SGD, Optimizer
from scratchnet.spread import Spread
from scratchnet.support.files import FULL, write_whole
from scratchnet.support.progress import Progress
from scratchnet.support.validation import InputError, flag, shown, whole
from scratchnet.support.wording import counted

if TYPE_CHECKING:  # these import Matplotlib
    from scratchnet.report.drawn import Drawn
    from scratchnet.report.svg import Svg


class Comparison(Result):
    """A Result with figures, a folder and a page. It prints as a table, followed by what happened and why."""

    def figures(self, new: Callable[[], Any] | None = None) -> dict[str, Any]:
        """The figures by name. `new` makes the Matplotlib Figure for each; None stands for a plain one."""
        return {name: self.draw(name, new() if new else None) for name in self.figure_names}

    @property
    def figure_names(self) -> list[str]:
        """The names of the figures, in the order in which they are drawn."""
        names = ["loss", "activations", "activations_after", "spread", "update_ratios"]
        return [*names, "accuracy"] if self.axes else names

    def draw(self, name: str, figure: Any = None) -> Any:
        """One of the figures."""
        from scratchnet import plots

        few = self.for_figures
        labels = few.by_label
        seeds = {results[0].seed for results in labels.values()}
        seed = f"seed {min(seeds)}" if len(seeds) == 1 else "the first finished seed of each"
        if name == "loss":
            return self.loss_figure(figure=figure)
        if name == "accuracy":
            assert self.axes is not None
            return self.accuracy_figure(*self.axes, figure=figure)
        if name == "activations_after":
            steps = {run.steps for run in few.runs}
            end = counted(min(steps), "step") if len(steps) == 1 else "training"
            return plots.activation_histograms(
                {label: activations_of(results[0].after, results[0].before) for label, results in labels.items()},
                self.titled(f"Activations after {end}, {seed}, on the same images"),
                figure,
                drawn_as=few.looks,
                diverged=few.diverged,
            )
        predicted = {label: self.predicted[label] for label in labels}
        if name == "activations":
            return plots.activation_histograms(
                {label: results[0].before for label, results in labels.items()},
                self.titled(f"Activations before training, {seed}, on the first {self.probed:,} training images"),
                figure,
                predicted,
                few.looks,
            )
        draw = {"spread": plots.spread_by_depth, "update_ratios": plots.update_ratios}[name]
        title = {"spread": "Spread before training", "update_ratios": "Steps before training"}[name]
        before = {label: [result.before for result in results] for label, results in labels.items()}
        return draw(before, self.titled(title), figure, predicted, few.looks)

    def titled(self, title: str) -> str:
        """The title of a figure with the network's words, and with how many of the settings the figure shows."""
        shown, count = len(self.for_figures.by_label), len(self.by_label)
        of_all = [f"{shown} of {count} settings shown, from the best to the worst"] if shown < count else []
        return "\n".join([": ".join(part for part in (title, self.network_words) if part), *of_all])

    def draw_ahead(self, folder: Folder, svg: bool, ahead: dict[str, Drawn]) -> Iterator[str]:
        """Draw into `ahead` the figures that results to come cannot change, and yield the name of each."""
        from scratchnet.report.drawn import draw

        first = {run.label: run.key for run in reversed(self.runs)}
        if {results[0].key for results in self.by_label.values()} == set(first.values()):
            for name in ("activations", "activations_after"):
                ahead[name] = draw(self.draw(name), name, folder.keeps_svg(name, svg))
                yield name

    def plot(self, name: str = "loss") -> Any:
        """One figure by its name: "loss", "spread", "activations" …, as in `figure_names`."""
        if name not in self.figure_names:
            raise InputError(f"there is no figure {shown(name)}: there are {', '.join(self.figure_names)}")
        return self.draw(name)

    def loss_figure(self, title: str = "Training loss", figure: Any = None) -> Any:
        """The loss curves alone, under `title`."""
        from scratchnet import plots

        few = self.for_figures
        curves = {label: [one.loss for one in results] for label, results in few.by_label.items()}
        losses = {label: one for label, one in few.predicted_losses.items() if one.until is not None}
        return plots.loss_curves(curves, self.classes, self.titled(title), figure, losses, few.looks)

    def accuracy_figure(self, rows: str, columns: str, figure: Any = None) -> Any:
        """The map of accuracies over any two settings, such as "initializer" and "hidden layers".

        There is a panel for each combination of the other settings that vary, so that no two are averaged.
        """
        from scratchnet import plots

        panels = self.panels(rows, columns)
        title = ": ".join(part for part in ("Test accuracy, mean over seeds", self.network_words) if part)
        shown = panels if len(panels) > 1 else next(iter(panels.values()))
        return plots.accuracy_map(shown, title, xlabel=columns, ylabel=rows, figure=figure)

    def write_page(self, images: Mapping[str, Svg], path: Path) -> Path:
        """Write the page with the images that were drawn for it."""
        from scratchnet.report import write_report

        return write_report(self, images, path)

    def save(self, folder: str | Path, svg: bool = False) -> list[Path]:
        """Write run.json, results.jsonl, the CSV files, the figures and the page, and return their paths.

        The figures are PNG files. `svg` writes each as SVG too; without it, only an SVG file that is there is written anew.
        Raises the first error if a part cannot be written, after all other parts have been.
        """
        results = Folder(folder)
        with results.locked():
            results.replace(self)
            written, failures = self.write(results, svg=svg)
            if not failures:
                written = sorted([*written, *keep(self, results)])
        for part, error in failures.items():
            error.add_note(f"{part} could not be written; the other parts are in {results.path}")
            raise error
        return written

    def write(
        self,
        folder: Folder,
        show_table: Callable[[], object] = lambda: None,
        svg: bool = False,
        ahead: Mapping[str, Drawn] | None = None,
    ) -> tuple[list[Path], dict[str, Exception]]:
        """Write the tables, the figures and the page into a folder; return all paths, and the errors of parts that failed.

        results.csv comes first, then `show_table` is called. A part that fails does not keep the others from being written,
        unless the disk is full. `ahead` holds figures that were drawn before, by `draw_ahead`.
        """
        written, failures = folder.written(), dict[str, Exception]()
        images: dict[str, Svg] = {}

        def attempt(part: str, write: Callable[[], Sequence[Path]]) -> None:
            if any(isinstance(error, OSError) and error.errno in FULL for error in failures.values()):
                return
            try:
                written.extend(write())
            except (MemoryError, BrokenPipeError):
                raise
            except Exception as error:
                failures[part] = error

        def table() -> Sequence[Path]:
            show_table()
            return []

        def figure(name: str) -> Sequence[Path]:
            from scratchnet.report.drawn import draw

            drawn = ahead[name] if ahead and name in ahead else draw(self.draw(name), name, folder.keeps_svg(name, svg))
            images[name] = drawn.image
            for suffix, content in drawn.files.items():
                write_whole(folder.path / f"{name}{suffix}", content)
            return [folder.path / f"{name}{suffix}" for suffix in drawn.files]

        def page() -> Sequence[Path]:
            return [self.write_page(images, folder.path / "report.html")]

        attempt("results.csv", lambda: folder.write_results_csv(self))
        attempt("the table", table)
        attempt("spread.csv", lambda: folder.write_spread_csv(self))
        for name in self.figure_names:
            attempt(f"the figure {name}", functools.partial(figure, name))
        attempt("report.html", page)
        return sorted(written), failures


def activations_of(spread: Spread, before: Spread) -> Spread:
    """The activations alone, by their names before training: weights that are not finite have no size to tell them by."""
    names = {layer.name for layer in before.activations}
    return dataclasses.replace(spread, layers=[layer for layer in spread.layers if layer.name in names])


def load_result(folder: str | Path, *more: str | Path, data: Any = None, run_files: bool = False) -> Comparison:
    """What `compare` returned, from the folder that `result.save` or the command `scratchnet compare` has written.

    Several folders become one result. The labels then begin with the folders' names, and what keeps the folders from being
    compared, such as other data, is said below the table. A line that cannot be used, or runs that are not finished, are
    said there too, and in a warning.

    Nothing in a folder is run. An initializer or a layer of your own comes back as its name, with its curves and its
    predictions. Where the folder's command names a file of yours, and the predictions are not in the folder, run_files=True
    is needed. `data` is the pair (train, test), for a folder whose data are neither in it nor where they were.
    """
    found, sentences = read_folders([folder, *more], data, flag("run_files", run_files))
    for sentence in sentences:
        warnings.warn(sentence, stacklevel=2)
    found.notes = [*(f"{sentence}." for sentence in sentences), *found.notes]
    return found


def read_folders(folders: Sequence[str | Path], data: Any = None, run_files: bool = False) -> tuple[Comparison, list[str]]:
    """The result of one folder or several, and a sentence for each line left out and for runs that are not finished."""
    names, parts, sentences = names_of(folders), {}, []
    for name, folder in zip(names, folders, strict=True):
        parts[name], more = read_folder(folder, data, run_files)
        sentences += more
    found = joined(parts) if len(parts) > 1 else parts[names[0]]
    whole = Comparison(found.runs, found.results, found.train, rows=found.rows, classes=found.classes)
    whole.notes = found.notes
    if "predicted" in vars(found):
        whole.predicted = found.predicted
    if "predicted_losses" in vars(found):
        whole.predicted_losses = found.predicted_losses
    return whole, sentences


def compare(
    inits: Mapping[str, InitLike] | Sequence[InitLike],
    *,
    hidden: Sequence[int] | Sequence[Sequence[int]] | None = None,
    activation: Callable[[], Layer] | Sequence[Callable[[], Layer]] | None = None,
    bias_init: InitLike | Sequence[InitLike] | None = None,
    network: Maker | Sequence[Maker] | None = None,
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

    The network is a multi-layer perceptron with the widths `hidden` (four times 100), an `activation` (ReLU) and the biases
    `bias_init` (0). Or `network` makes it: a function that is called with init=… and seed=… and returns any Network, such
    as sn.simple_convnet, or def make(init, seed): return sn.Network([…], seed). If it has an argument `images`, it gets a
    batch of inputs too. Where its network takes no rows, it gets the images of MNIST as (28, 28, 1). The spread of images
    is measured and predicted on as many of them as theory can pair, the first 79 of MNIST.

    Each other setting may be a list of values (`hidden` a list of lists): then there is a run for each combination. `jobs`
    is the number of processes that share the runs (1). `executor` is any concurrent.futures.Executor, such as loky's, or a
    Dask client, which then does the runs: at most `jobs` at a time, if that is given. The bytes of a result depend on
    neither. A script that gives a ProcessPoolExecutor keeps its own work under `if __name__ == "__main__":`. Raises
    InputError if an argument is wrong, a run fails, or a run cannot be sent to another process.
    """
    if executor is not None and (isinstance(executor, type) or not hasattr(executor, "submit")):
        raise InputError(f"executor is {shown(executor)}, but a concurrent.futures.Executor is needed")
    progress = flag("progress", progress)
    jobs = None if jobs is None else whole("jobs", jobs, most=1000)
    source = fitting(Source.of(data), network)
    train, test = source.load()
    runs = grid(
        inits,
        train,
        test,
        hidden=hidden,
        activation=activation,
        bias_init=bias_init,
        network=network,
        optimizer=optimizer,
        lr=lr,
        batch_size=batch_size,
        steps=steps,
        epochs=epochs,
        seeds=seeds,
    )
    pool: Any = processes(jobs or 1, source) if executor is None else nullcontext(pool_of(executor, jobs))
    results, predictions = [], Predictions(runs)
    with Progress(sum(run.steps for run in runs), len(runs), quiet=not progress) as bar, pool as workers:
        try:
            for outcome in perform_all(runs, source, bar, workers, predictions=predictions):
                if isinstance(outcome, Failure):
                    raise InputError(f"the run {outcome.run.label}, seed {outcome.run.seed} failed: {outcome.error}")
                results.append(outcome)
        except WorkersLost as error:
            raise InputError(f"{error}: start the workers again, and compare again") from error
    return Comparison(runs, results, train, predictions)
