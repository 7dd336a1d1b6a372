"""scratchnet spread: before any training, what theory expects of a network beside what is there."""

import argparse
import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scratchnet.cli.common import load_data, show, try_out
from scratchnet.cli.values import activation, from_file, initializers, integer, real, widths
from scratchnet.experiment import grid
from scratchnet.experiment.store import Folder, new_folder
from scratchnet.initializers import Fans, initializer
from scratchnet.layers import Affine, Layer
from scratchnet.meanfield import depth_scale
from scratchnet.network import ROWS, Network
from scratchnet.optimizers import OPTIMIZERS
from scratchnet.spread import Spread, measure_spread
from scratchnet.support.files import as_csv, as_json, write_whole
from scratchnet.support.validation import InputError, number
from scratchnet.theory import predict_spread

INITS = ("1", "0.01", "book.xavier", "He")


def show_spread(words: argparse.Namespace) -> int:
    """scratchnet spread"""
    seed = integer("--seed", words.seed, 0)
    lr = number("--lr", real("--lr", words.lr), above=0)
    randn = words.input == "randn"
    make = activation(words.activation or ("Sigmoid" if randn else "ReLU"))
    hidden = widths(words.hidden or ("100x5" if randn else "100x4"))
    inits, bias = initializers(words.init or INITS), initializer(words.bias_init)
    if randn:
        if words.data:
            raise InputError("--data gives images, but --input randn asks for random numbers: leave one of them out")
        x, t = np.random.default_rng(seed).standard_normal((1000, 100)), None
        networks = {label: stack(100, hidden, make, init, bias, seed) for label, init in inits.items()}
        title = f"{words.activation or 'Sigmoid'} layers of {', '.join(map(str, hidden))} on randn(1000, 100), seed {seed}"
    else:
        train, test = load_data(words.data)
        settings: dict[str, Any] = {"optimizer": OPTIMIZERS["SGD"](lr), "batch_size": 1, "steps": 1, "epochs": None}
        runs = grid(inits, train, test, hidden=hidden, activation=make, bias_init=bias, seeds=[seed], **settings)
        networks = {run.label: run.network(train) for run in runs}
        x, t = train[:ROWS]
        title = f"Before training, on the first {min(ROWS, len(train)):,} training images, seed {seed}"
    if any(from_file(word) for word in [*(words.init or ()), words.activation or ""]):
        for label, net in networks.items():
            try_out(label, functools.partial(measure_spread, net, x[:2], None if t is None else t[:2]))
    predicted = {label: predict_spread(net, x, t, lr) for label, net in networks.items()}
    measured = {label: measure_spread(net, x, t, lr) for label, net in networks.items()}
    here = {label: place for label, init in inits.items() if (place := size_and_depth(init, hidden))}
    return report_spreads(predicted, measured, Reach(make, bias, here), title, words)


def size_and_depth(init: Any, hidden: Sequence[int]) -> tuple[float, int] | None:
    """σ_w of layers like the last hidden one, and how many hidden layers there are."""
    try:
        fans = Fans(hidden[-1], hidden[-1])
        return init.std(fans) * math.sqrt(fans.fan_in), len(hidden)
    except (AttributeError, IndexError, NotImplementedError):  # a function, no hidden layer, or LSUV
        return None


class Reach:
    """How deep networks of an activation and biases may be, whose (σ_w, depth) are `here`."""

    def __init__(self, make: Callable[[], Layer], bias: Any, here: dict[str, tuple[float, int]]) -> None:
        self.make, self.here = make, here
        self.sigma_b = float(bias.std(Fans(1, 1))) if hasattr(bias, "std") else 0.0

    def in_words(self, label: str) -> str | None:
        if label not in self.here:
            return None
        sigma_w, depth = self.here[label]
        scale = depth_scale(self.make, sigma_w**2, self.sigma_b**2)
        if scale > 1000:
            return (
                f"with σ_w {sigma_w:.3g} it is at the edge of chaos, and reaches to any depth; hidden layers here: {depth}"
            )
        return f"with σ_w {sigma_w:.3g} it reaches to a depth of about 6 ξ = {6 * scale:.0f}; hidden layers here: {depth}"


def stack(n_in: int, hidden: Sequence[int], make: Callable[[], Layer], init: Any, bias: Any, seed: int) -> Network:
    """Affine and activation for each width, and nothing after them: the book's histogram experiment."""
    layers: list[Layer] = []
    for fan_in, fan_out in zip([n_in, *hidden], hidden, strict=False):
        layers += [Affine(fan_in, fan_out, init, bias), make()]
    return Network(layers, seed)


def report_spreads(
    predicted: dict[str, Spread],
    measured: dict[str, Spread],
    reach: Reach,
    title: str,
    words: argparse.Namespace,
) -> int:
    """Write the files, and print the tables with what they mean."""
    from scratchnet import plots

    def figures(new: Any) -> dict[str, Any]:
        each = {label: [spread] for label, spread in measured.items()}
        drawn = {
            "activations": plots.activation_histograms(measured, title, new(), predicted),
            "spread": plots.spread_by_depth(each, title, new(), predicted),
        }
        if any(spread.first_loss is not None for spread in measured.values()):
            drawn["update_ratios"] = plots.update_ratios(each, title, new(), predicted)
            drawn["singular_values"] = plots.singular_values(measured, title, new(), predicted)
        if reach.here:
            drawn["trainability"] = plots.trainability(reach.make, reach.here, reach.sigma_b, figure=new())
        return drawn

    folder = Folder(words.out or new_folder()).make()
    rows = {
        kind: [{"initializer": label, "spread": kind, **row} for label, one in spreads.items() for row in one.as_rows()]
        for kind, spreads in (("predicted", predicted), ("measured", measured))
    }
    write_whole(folder / "spread.csv", as_csv([*rows["predicted"], *rows["measured"]]))
    files = [folder / "spread.csv"]
    for name, figure in figures(lambda: None).items():
        files += plots.save(figure, folder / name)
    if words.json:
        report = {
            **rows,
            "first_loss": {label: [predicted[label].first_loss, measured[label].first_loss] for label in measured},
            "outlook": {label: spread.outlook() for label, spread in predicted.items()},
            "reach": {label: reach.in_words(label) for label in predicted},
            "findings": {label: spread.findings() for label, spread in predicted.items()},
            "files": [str(file) for file in files],
            "out": str(folder),
        }
        print(as_json(report))
    else:
        for label, spread in predicted.items():
            told = [f"{label} {spread.outlook()}", reach.in_words(label), *spread.findings()]
            print(f"{label}\n{spread.beside(measured[label])}\n")
            print("".join(f"* {sentence}\n" for sentence in told if sentence))
        print(f"{folder}: {', '.join(file.name for file in files)}")
    if words.show:
        show(figures)
    return 0
