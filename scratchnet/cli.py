"""The command line: words to one call each of the package. Exit codes: 0 right, 1 it ran and failed, 2 wrong usage, 130
interrupted. Everything but the results goes to stderr."""

import argparse
import dataclasses
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from scratchnet.arguments import InputError, number
from scratchnet.data import Dataset, load_idx, load_mnist
from scratchnet.experiment import Result, Run, grid, perform_all
from scratchnet.experiment.run import in_words
from scratchnet.experiment.store import Folder, new_folder
from scratchnet.files import as_csv, as_json, write_whole
from scratchnet.initializers import LeCun, initializer
from scratchnet.layers import Affine, Layer
from scratchnet.measure import measure_spread
from scratchnet.network import ROWS, Network
from scratchnet.optimizers import OPTIMIZERS
from scratchnet.options import activation, initializers, integer, optimizer, real, widths
from scratchnet.progress import Progress
from scratchnet.spread import Spread

# The book's experiment. Its "Xavier" is 1/√n, which others call LeCun; Glorot's is --init Xavier.
COMPARE_INITS = ("0.01", "book.xavier", "He")
SPREAD_INITS = ("1", "0.01", "book.xavier", "He")


class Parser(argparse.ArgumentParser):
    """argparse, whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that `words` (sys.argv, if left out) say; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a code page without ± prints a ? and goes on
    arguments = parser().parse_args(words)
    try:
        return arguments.command(arguments)
    except InputError as error:
        print(f"scratchnet {arguments.verb}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    except MemoryError as error:
        print(
            f"scratchnet {arguments.verb}: there is not enough memory ({error}): ask for fewer or smaller", file=sys.stderr
        )
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        print(f"scratchnet {arguments.verb}: {error.strerror or error}: {error.filename}", file=sys.stderr)
        return 1


def parser() -> Parser:
    top = Parser(prog="scratchnet", description="Why W = randn(n_in, n_out) * std? Train on MNIST, and see.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="compare | spread | initializers")
    common = Parser(add_help=False)
    common.add_argument(
        "--init",
        nargs="+",
        metavar="INIT",
        help="initializers: names (He, LeCun, Xavier, book.xavier, TorchDefault, Zeros …), numbers (a std), or calls "
        "such as 'TruncatedNormal(0.02)' or 'He(draw=uniform)'",
    )
    common.add_argument("--bias-init", default="Zeros", metavar="INIT", help="initializer of the biases (Zeros)")
    common.add_argument("--data", metavar="DIR", help="a folder with an IDX set of MNIST's kind (MNIST)")
    common.add_argument("--seed", default="0", metavar="N", help="the first seed (0)")
    common.add_argument("--out", metavar="DIR", help="where to write (runs/<time>)")
    common.add_argument("--json", action="store_true", help="print one JSON object on standard output, nothing else")
    common.add_argument("--quiet", action="store_true", help="no header and no progress")
    common.add_argument("--show", action="store_true", help="open the figures in windows")

    comparison = verbs.add_parser("compare", parents=[common], help="train a network under each initializer and compare")
    comparison.add_argument("--activation", default="ReLU", metavar="NAME", help="ReLU (default), Tanh, 'LeakyReLU(0.2)' …")
    comparison.add_argument("--hidden", nargs="+", default=["100x4"], metavar="N", help="widths: 100 50, or 100x4 (default)")
    comparison.add_argument("--optimizer", default="SGD", metavar="NAME", help="SGD (default), Momentum, Adam …")
    comparison.add_argument("--lr", metavar="X", help="learning rate (SGD .01, Adam .001)")
    comparison.add_argument("--batch-size", default="128", metavar="N", help="images a step (128)")
    length = comparison.add_mutually_exclusive_group()
    length.add_argument("--steps", metavar="N", help="steps of training (2000)")
    length.add_argument("--epochs", metavar="N", help="passes through the training set, in place of --steps")
    comparison.add_argument("--seeds", default="3", metavar="N", help="how many seeds (3)")
    comparison.set_defaults(command=compare)

    spread = verbs.add_parser("spread", parents=[common], help="the spread of activations and gradients before training")
    spread.add_argument("--activation", metavar="NAME", help="ReLU (default with --input mnist), Sigmoid (with randn) …")
    spread.add_argument("--hidden", nargs="+", metavar="N", help="widths (100x4; 100x5 with --input randn)")
    spread.add_argument(
        "--input",
        default="mnist",
        choices=["mnist", "randn"],
        help="mnist: images and labels; randn: the book's histogram experiment, randn(1000, 100) through five layers of 100",
    )
    spread.add_argument("--lr", default="0.01", metavar="X", help="learning rate that step/W is for (.01)")
    spread.set_defaults(command=show_spread)

    listing = verbs.add_parser("initializers", help="list the initializers, their formulas, and what others call them")
    listing.add_argument("--json", action="store_true", help="print one JSON object on standard output, nothing else")
    listing.set_defaults(command=list_initializers)
    return top


def compare(words: argparse.Namespace) -> int:
    """scratchnet compare"""
    train, test = load_data(words.data)
    first, seeds = integer("--seed", words.seed, 0), integer("--seeds", words.seeds, most=10_000)
    runs = grid(
        initializers(words.init or COMPARE_INITS),
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


def show_spread(words: argparse.Namespace) -> int:
    """scratchnet spread"""
    seed = integer("--seed", words.seed, 0)
    lr = number("--lr", real("--lr", words.lr), above=0)
    make = activation(words.activation or ("Sigmoid" if words.input == "randn" else "ReLU"))
    hidden = widths(words.hidden or ["100x5" if words.input == "randn" else "100x4"])
    inits = initializers(words.init or SPREAD_INITS)
    spreads = {}
    if words.input == "randn":
        if words.data:
            raise InputError("--data gives images, but --input randn asks for random numbers: leave one of them out")
        x = np.random.default_rng(seed).standard_normal((1000, 100))
        for label, init in inits.items():
            spreads[label] = measure_spread(stack(100, hidden, make, init, words.bias_init, seed), x)
        title = f"{words.activation or 'Sigmoid'} layers of {', '.join(map(str, hidden))} on randn(1000, 100), seed {seed}"
    else:
        train, test = load_data(words.data)
        for run in grid(
            inits,
            train,
            test,
            hidden=hidden,
            activation=make,
            bias_init=initializer(words.bias_init),
            optimizer=OPTIMIZERS["SGD"](lr),
            batch_size=1,
            steps=1,
            epochs=None,
            seeds=[seed],
        ):
            spreads[run.label] = measure_spread(run.network(train), *train[:ROWS], lr)
        title = f"Before training, on the first {min(ROWS, len(train)):,} training images, seed {seed}"
    return report_spreads(spreads, title, words)


def stack(n_in: int, hidden: Sequence[int], make: Callable[[], Layer], init: Any, bias: str, seed: int) -> Network:
    """Affine and activation for each width, and nothing after them: the book's histogram experiment."""
    layers: list[Layer] = []
    for fan_in, fan_out in zip([n_in, *hidden], hidden, strict=False):
        layers += [Affine(fan_in, fan_out, init, initializer(bias)), make()]
    return Network(layers, seed)


def report_spreads(spreads: dict[str, Spread], title: str, words: argparse.Namespace) -> int:
    from scratchnet import plots

    def figures(new: Any) -> dict[str, Any]:
        return {
            "activations": plots.activation_histograms(spreads, title, new()),
            "spread": plots.spread_by_depth({label: [one] for label, one in spreads.items()}, title, new()),
        }

    folder = Folder(words.out or new_folder()).make()
    rows = [{"initializer": label, **row} for label, spread in spreads.items() for row in spread.as_rows()]
    write_whole(folder / "spread.csv", as_csv(rows))
    files = [folder / "spread.csv"]
    for name, figure in figures(lambda: None).items():
        files += plots.save(figure, folder / name)
    if words.json:
        losses = {label: spread.first_loss for label, spread in spreads.items()}
        report = {"spreads": rows, "first_loss": losses, "files": [str(file) for file in files], "out": str(folder)}
        print(as_json(report))
    else:
        for label, spread in spreads.items():
            print(f"{label}\n{spread}\n")
        print(f"{folder}: {', '.join(file.name for file in files)}")
    if words.show:
        show(figures)
    return 0


def list_initializers(words: argparse.Namespace) -> int:
    """scratchnet initializers"""
    from scratchnet.initializers import catalogue

    print(as_json(catalogue.as_object()) if words.json else catalogue.as_table())
    return 0


def load_data(folder: str | None) -> tuple[Dataset, Dataset]:
    return load_mnist() if folder is None else load_idx(folder)


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


def show(figures: Callable[[Callable[[], Any]], object]) -> None:
    """Draw the figures once more, in windows."""
    import matplotlib
    import matplotlib.pyplot as plt

    figures(plt.figure)
    if matplotlib.get_backend().lower() == "agg":
        print("there is no display to show figures on; they are in the folder above", file=sys.stderr)
    else:
        plt.show()
    plt.close("all")
