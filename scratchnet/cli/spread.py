"""scratchnet spread: what theory predicts for a network before any training, beside what is measured."""

import argparse
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from scratchnet.cli.sizes import check_memory
from scratchnet.cli.values import by_label, try_out
from scratchnet.cli.windows import can_show, show_in_windows
from scratchnet.data import Dataset
from scratchnet.experiment import Source, grid
from scratchnet.experiment.networks import fitting
from scratchnet.experiment.store import Folder, new_folder
from scratchnet.experiment.texts import stable_repr
from scratchnet.initializers import Fans, Zeros
from scratchnet.layers import Affine, Layer, ReLU, Sigmoid
from scratchnet.meanfield import depth_scale
from scratchnet.network import Network
from scratchnet.optimizers import SGD
from scratchnet.spread import Spread, measure_spread
from scratchnet.support.files import as_csv, as_json, write_whole
from scratchnet.support.readers_file import FILES
from scratchnet.support.tables import short, visible
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import InputError
from scratchnet.support.wording import subject
from scratchnet.theory import LossPrediction, predict_spread, predict_training


def show_spread(args: argparse.Namespace) -> int:
    """scratchnet spread"""
    randn = args.input == "randn"
    activation = args.activation or (Sigmoid if randn else ReLU)
    hidden = args.hidden if args.hidden is not None else [100] * (5 if randn else 4)
    bias_init = args.bias_init or Zeros()
    inits = by_label(args.init)
    if randn:
        if args.network:
            raise InputError("--network takes images, but --input randn asks for random numbers: leave one of them out")
        check_memory(100, [hidden], 0)
        if args.data:
            raise InputError("--data gives images, but --input randn asks for random numbers: leave one of them out")
        x, t = np.random.default_rng(args.seed).standard_normal((1000, 100)), None
        networks = {label: stack(100, hidden, activation, init, bias_init, args.seed) for label, init in inits.items()}
        kind = stable_repr(activation)
        title = f"{kind} layers of {', '.join(map(str, hidden))} on randn(1000, 100), seed {args.seed}"
    else:
        train, test = fitting(Source(args.data), args.network).load()
        if not args.network:
            check_memory(math.prod(train.images.shape[1:]), [hidden], train.classes)
        training: dict[str, Any] = {"optimizer": SGD(args.lr), "batch_size": 1, "steps": 1, "epochs": None}
        network: dict[str, Any] = {"hidden": args.hidden, "activation": args.activation, "bias_init": args.bias_init}
        network["network"] = args.network
        runs = grid(inits, train, test, seeds=[args.seed], **network, **training)
        networks = {run.label: run.network(train) for run in runs}
        x, t = runs[0].probe(train)
        title = f"Before training, on the first {len(x):,} training images, seed {args.seed}"
    if FILES:  # a reader's file was loaded
        for label, net in networks.items():
            try_out(label, functools.partial(measure_spread, net, x[:2], None if t is None else t[:2]))
    args.show = args.show and can_show()
    with one_blas_thread():  # more would cost more than they gain on a thousand rows
        predicted = {label: predict_spread(net, x, t, args.lr) for label, net in networks.items()}
        measured = {label: measure_spread(net, x, t, args.lr) for label, net in networks.items()}
    losses = {} if randn else predicted_losses(networks, train, args.lr)
    depths = TrainableDepths(activation, bias_init, hidden, {} if args.network else inits)
    write_and_print(predicted, measured, losses, depths, title, args)
    return 0


def predicted_losses(networks: Mapping[str, Network], train: Dataset, lr: float) -> dict[str, LossPrediction]:
    """The loss that theory expects with SGD of this rate, batches of 128 and 2,000 steps, as `compare` has them."""
    return {label: predict_training(net, train, SGD(lr), min(128, len(train)), 2000) for label, net in networks.items()}


def stack(n_in: int, hidden: Sequence[int], activation: Callable[[], Layer], init: Any, bias: Any, seed: int) -> Network:
    """Affine and activation for each width, and nothing after them: the book's histogram experiment."""
    layers: list[Layer] = []
    for fan_in, fan_out in zip([n_in, *hidden], hidden, strict=False):
        layers += [Affine(fan_in, fan_out, init, bias), activation()]
    return Network(layers, seed)


class TrainableDepths:
    """How deep a network with each initializer may be and still train: about 6 ξ, with mean-field theory's depth scale ξ.

    `points` maps the label of an initializer to (σ_w, number of hidden layers), where both are defined.
    """

    def __init__(self, activation: Callable[[], Layer], bias: Any, hidden: Sequence[int], inits: Mapping[str, Any]) -> None:
        self.activation = activation
        self.sigma_b = float(bias.std(Fans(1, 1))) if hasattr(bias, "std") else 0.0
        self.points: dict[str, tuple[float, int]] = {}
        for label, init in inits.items():
            try:
                fans = Fans(hidden[-1], hidden[-1])
                self.points[label] = init.std(fans) * math.sqrt(fans.fan_in), len(hidden)
            except (AttributeError, IndexError, NotImplementedError):  # a function, no hidden layer, or LSUV
                continue

    def sentence(self, label: str) -> str | None:
        """How far the signal reaches with this initializer; None where σ_w is not defined."""
        if label not in self.points:
            return None
        sigma_w, depth = self.points[label]
        scale = depth_scale(self.activation, sigma_w**2, self.sigma_b**2)
        if scale > 1000:
            anywhere = "it is at the edge of chaos, and reaches to any depth"
            return f"with σ_w {short(sigma_w)} {anywhere}; hidden layers here: {depth}"
        return f"with σ_w {short(sigma_w)} it reaches to a depth of about 6 ξ = {6 * scale:.0f}; hidden layers here: {depth}"


def write_and_print(
    predicted: dict[str, Spread],
    measured: dict[str, Spread],
    losses: dict[str, LossPrediction],
    depths: TrainableDepths,
    title: str,
    args: argparse.Namespace,
) -> None:
    """Write spread.csv and the figures, and print the tables with what they mean."""
    from scratchnet import plots

    def draw(new: Callable[[], Any]) -> dict[str, Any]:
        each = {label: [spread] for label, spread in measured.items()}
        figures = {
            "activations": plots.activation_histograms(measured, title, new(), predicted),
            "spread": plots.spread_by_depth(each, title, new(), predicted),
        }
        if any(spread.first_loss is not None for spread in measured.values()):
            figures["update_ratios"] = plots.update_ratios(each, title, new(), predicted)
            figures["singular_values"] = plots.singular_values(measured, title, new(), predicted)
        if depths.points:
            figures["trainability"] = plots.trainability(depths.activation, depths.points, depths.sigma_b, figure=new())
        return figures

    results = Folder(args.out or new_folder())
    folder = results.path
    rows = {
        kind: [{"initializer": label, "spread": kind, **row} for label, one in spreads.items() for row in one.as_rows()]
        for kind, spreads in (("predicted", predicted), ("measured", measured))
    }
    with results.locked():
        write_whole(folder / "spread.csv", as_csv([*rows["predicted"], *rows["measured"]]))
        files = [folder / "spread.csv"]
        for name, figure in draw(lambda: None).items():
            files += plots.save(figure, folder / name, args.svg)
    if args.json:
        report = {
            **rows,
            "first_loss": {label: [predicted[label].first_loss, measured[label].first_loss] for label in measured},
            "outlook": {label: spread.outlook() for label, spread in predicted.items()},
            "loss": {label: one.sentence() for label, one in losses.items()},
            "reach": {label: depths.sentence(label) for label in predicted},
            "findings": {label: spread.findings() for label, spread in predicted.items()},
            "files": [str(file) for file in files],
            "out": str(folder),
        }
        print(as_json(report))
    else:
        for label, spread in predicted.items():
            loss = [f"{label}: {one.sentence()}" for one in [losses.get(label)] if one]
            sentences = [f"{subject(label)} {spread.outlook()}", *loss, depths.sentence(label), *spread.findings()]
            print(f"{label}\n{spread.beside(measured[label])}\n")
            print("".join(f"* {sentence}\n" for sentence in sentences if sentence))
        print(f"{visible(str(folder))}: {', '.join(file.name for file in files)}")
    if args.show:
        show_in_windows(draw)
