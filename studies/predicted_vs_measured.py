"""Does the theory hold? Predicted against measured spreads, on the book's twelve histograms and on MNIST networks.

Writes docs/predicted_vs_measured.md and .png. From the project's folder, in a quarter of an hour on two cores:

    .venv/bin/python studies/predicted_vs_measured.py

Predicted squares are means over networks. So measured squares are averaged over seeds, until the standard error of each
layer's root and of the first loss is a third of its tolerance, or until the most seeds allowed. A band is for single
networks: each of the first twenty is counted.
"""

import argparse
import itertools
import math
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.support.threads import one_blas_thread

ACTIVATIONS = {"ReLU": sn.ReLU, "Tanh": sn.Tanh, "Sigmoid": sn.Sigmoid, "GELU": sn.GELU, "SELU": sn.SELU}
INITS = {
    "std 0.01": sn.Normal(0.01),
    "LeCun": sn.LeCun(),
    "Xavier": sn.Xavier(),
    "He": sn.He(),
    "Orthogonal": sn.Orthogonal(),
}
BOOK = {"std 1": sn.Normal(1), "std 0.01": sn.Normal(0.01), "1/n": sn.LeCun(), "He": sn.He()}
FORWARD = ("std", "within_std")
LOSS = 0.03
TOLERANCE = {"std": 0.10, "within_std": 0.10, "grad_rms": 0.10, "dw_rms": 0.25}
NAMES = {"std": "pooled std", "within_std": "within std", "grad_rms": "δ", "dw_rms": "dW"}
SMALLEST = 1e-11  # of an output's rms: a smaller within_std is lost in the rounding of float64


def squares(spread, layers, quantity):
    return np.array([getattr(spread[name], quantity) ** 2 for name in layers])


def compare(make, x, t, tolerances, most_seeds):
    """Predict, measure over seeds, and compare; returns a dictionary of plain numbers."""
    predicted = sn.predict_spread(make(0), x, t)
    quantities = list(tolerances)
    layers = {
        quantity: [
            layer.name
            for layer in predicted.layers
            if getattr(layer, quantity) and (quantity != "within_std" or layer.within_std > SMALLEST * layer.rms)
        ]
        for quantity in quantities
    }
    spreads, worst = [], math.inf
    for seed in range(most_seeds):
        spreads.append(sn.measure_spread(make(seed), x, t))
        if seed >= 9 and seed % 5 == 4:
            values = {q: np.array([squares(spread, layers[q], q) for spread in spreads]) for q in quantities}
            errors = {q: v.std(axis=0, ddof=1) / v.mean(axis=0) / math.sqrt(len(v)) / 2 for q, v in values.items()}
            worst = max(float(error.max()) / tolerances[q] for q, error in errors.items())
            if t is not None and not predicted.notes:
                losses = [spread.first_loss for spread in spreads]
                worst = max(worst, float(np.std(losses, ddof=1)) / math.sqrt(len(losses)) / LOSS)
            if worst <= 1 / 3:
                break
    measured = {q: np.sqrt(np.mean([squares(spread, layers[q], q) for spread in spreads], axis=0)) for q in quantities}
    expected = {q: np.array([getattr(predicted[name], q) for name in layers[q]]) for q in quantities}
    in_band = {q: [0, 0] for q in (*FORWARD, "grad_rms")}
    for q, spread in itertools.product(in_band, spreads[:20]):
        for name in layers.get(q, []):
            if q in predicted[name].bands:
                low, high = predicted[name].bands[q]
                in_band[q][0] += low <= getattr(spread[name], q) <= high
                in_band[q][1] += 1
    found = {
        "seeds": len(spreads),
        "error": worst,
        "deviation": {q: float(np.abs(expected[q] / measured[q] - 1).max()) for q in quantities},
        "in_band": in_band,
        "notes": list(predicted.notes),
        "std": [expected["std"].tolist(), measured["std"].tolist()],
    }
    if t is not None:
        w_rms = np.array([spreads[0][name].w_rms for name in layers["dw_rms"]])
        ratios = np.log10(0.01 * expected["dw_rms"] / w_rms), np.log10(0.01 * measured["dw_rms"] / w_rms)
        found["ratio"] = [ratios[0].tolist(), ratios[1].tolist()]
        losses = [spread.first_loss for spread in spreads]
        found["loss"] = [predicted.first_loss, float(np.mean(losses)), float(np.std(losses) / math.sqrt(len(losses)))]
    return found


def book(setting):
    """The book's histograms: randn(1000, width) through five layers of that width."""
    kind, label, width, seeds = setting
    x = np.random.default_rng(0).standard_normal((1000, width))
    tolerance = 0.1 if width < 1000 else 0.02

    def make(seed):
        layers = [layer for _ in range(5) for layer in (sn.Affine(width, width, BOOK[label]), ACTIVATIONS[kind]())]
        return sn.Network(layers, seed, np.float64)

    with one_blas_thread():
        found = compare(make, x, None, dict.fromkeys(FORWARD, tolerance), seeds)
    return {"activation": kind, "init": label, "width": width, **found}


def mnist(setting):
    """A network on the first images of MNIST: 100 units wide, or 400 from a depth of ten layers on."""
    kind, label, depth, rows, seeds = setting
    width = 100 if depth < 10 else 400
    x, t = sn.load_mnist()[0][:rows]

    def make(seed):
        return sn.mlp(784, [width] * depth, 10, ACTIVATIONS[kind], INITS[label], seed=seed, dtype=np.float64)

    with one_blas_thread():
        found = compare(make, x, t, TOLERANCE, seeds)
    return {"activation": kind, "init": label, "depth": depth, "width": width, **found}


def share(counts):
    return f"{100 * counts[0] / counts[1]:.0f} %" if counts[1] else "-"


def table(header, rows):
    lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def total(results, quantity):
    return [sum(one["in_band"][quantity][k] for one in results) for k in (0, 1)]


def report(results, command):
    books, nets = results["book"], results["mnist"]
    inits = list(dict.fromkeys((one["activation"], one["init"]) for one in nets))
    depths = sorted({one["depth"] for one in nets})
    place = {(one["activation"], one["init"], one["depth"]): one for one in nets}

    def by_depth(write):
        rows = []
        for activation, init in inits:
            cells = []
            for depth in depths:
                one = place[activation, init, depth]
                cells.append(write(one) + (" °" if one["notes"] else ""))
            rows.append([activation, init, *cells])
        return table(["activation", "weights", *(f"depth {depth}" for depth in depths)], rows)

    def outside(write, bound):
        return lambda one: f"**{write(one):.3f}**" if write(one) > bound else f"{write(one):.3f}"

    def ratio_off(one):
        return max(abs(a - b) for a, b in zip(*one["ratio"], strict=True))

    def loss_off(one):
        return abs(one["loss"][0] - one["loss"][1])

    def book_cell(activation, init, width):
        one = next(o for o in books if (o["activation"], o["init"], o["width"]) == (activation, init, width))
        return [f"{one['deviation'][q]:.3f}" for q in FORWARD] + [share(one["in_band"]["std"])]

    widths = sorted({one["width"] for one in books})
    book_rows = [
        [activation, init, *itertools.chain(*(book_cell(activation, init, width) for width in widths))]
        for activation, init in dict.fromkeys((one["activation"], one["init"]) for one in books)
    ]
    book_header = [f"{what}, width {width}" for width in widths for what in ("pooled", "within", "in band")]
    quiet = [one for one in nets if not one["notes"]]
    bands = "; ".join(
        f"{name} {share(total(nets, q))}"
        for q, name in (("std", "pooled std"), ("within_std", "within std"), ("grad_rms", "δ"))
    )
    worst = {q: max(one["deviation"][q] for one in quiet) for q in TOLERANCE}
    known, worst_error = sum(one["error"] <= 1 / 3 for one in nets), max(one["error"] for one in nets)
    summary = ", ".join(f"{100 * worst[q]:.1f} % ({name})" for q, name in NAMES.items())
    return f"""# Predicted against measured

Made by `{command}`.
A prediction uses nothing that was drawn: the inputs, the laws of the weights and the activation. Measured values are roots
of mean squares over seeds, as many as bring their standard error (and that of the first loss) below a third of the
tolerance, {results["seeds"]} at most: enough for {known} of {len(nets)} MNIST settings; at worst it is {worst_error:.2f}.
° marks settings where `Spread.notes` itself says that theory leaves its bounds.

![Predicted against measured std and steps](predicted_vs_measured.png)

In short, over the {len(quiet)} MNIST settings of {len(nets)} without such a note the worst layer of any is off by
{summary}; log10(step/W) by {max(map(ratio_off, quiet)):.3f}, the first loss by {max(map(loss_off, quiet)):.3f}.
Of all layers of single networks the 95 % bands hold {bands}.

## The book's histograms

randn(1000, width) through five layers. The largest relative deviation over the five layers, and how many single networks'
layers lie in the band of the pooled std.

{table(["activation", "weights", *book_header], book_rows)}

## MNIST, {results["rows"]} images: pooled and within std, largest relative deviation over layers

{by_depth(lambda one: f"{one['deviation']['std']:.3f}, {one['deviation']['within_std']:.3f}")}

## Layers of single networks in the band of the std

{by_depth(lambda one: share(one["in_band"]["std"]))}

## Rms of δ, largest relative deviation (bold beyond .10)

{by_depth(outside(lambda one: one["deviation"]["grad_rms"], 0.10))}

## Rms of dW, largest relative deviation (bold beyond .25)

{by_depth(outside(lambda one: one["deviation"]["dw_rms"], 0.25))}

## log10 of the update-to-weight ratio, largest difference (bold beyond .15)

{by_depth(outside(ratio_off, 0.15))}

## First loss, predicted and measured

{by_depth(lambda one: f"{one['loss'][0]:.3f}, {one['loss'][1]:.3f}")}
"""


def figure(results):
    drawn = plots.new_figure(10, 4.8, None)
    left, right = drawn.subplots(1, 2)
    for i, kind in enumerate(ACTIVATIONS):
        nets = [one for one in results["mnist"] if one["activation"] == kind]
        marks = {"linestyle": "", "markersize": 3.5, "alpha": 0.6, "color": plots.COLOURS[i], "marker": plots.MARKERS[i]}
        for axes, what in ((left, "std"), (right, "ratio")):
            pairs = np.concatenate([np.array(one[what]) for one in nets], axis=1)
            axes.plot(*pairs, label=kind, **marks)
    left.set(xscale="log", yscale="log", xlabel="predicted", ylabel="measured", title="std of every layer's outputs")
    right.set(xlabel="predicted", ylabel="measured", title="log10 of every weight's first step over its size")
    for axes in (left, right):
        limits = [min(axes.get_xlim()[0], axes.get_ylim()[0]), max(axes.get_xlim()[1], axes.get_ylim()[1])]
        axes.plot(limits, limits, color="grey", linewidth=1, zorder=0)
        axes.grid(alpha=0.3)
    drawn.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=5, markerscale=1.5)
    drawn.suptitle(f"{len(results['mnist'])} MNIST networks, depth 1 to 20, before training: a dot for each layer")
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--depths", nargs="+", type=int, default=[1, 2, 5, 10, 20])
    parser.add_argument("--rows", type=int, default=400, help="images")
    parser.add_argument("--seeds", type=int, default=60, help="at most")
    parser.add_argument("--widths", nargs="+", type=int, default=[100, 1000], help="of the book's histograms")
    parser.add_argument("--stem", default="docs/predicted_vs_measured")
    options = parser.parse_args()
    nets = itertools.product(ACTIVATIONS, INITS, options.depths)
    with ProcessPoolExecutor() as pool:
        settings = itertools.product(("Sigmoid", "Tanh", "ReLU"), BOOK, options.widths)
        books = pool.map(book, [(*setting, options.seeds) for setting in settings])
        found = pool.map(mnist, [(*net, options.rows, options.seeds) for net in nets])
        results = {"rows": options.rows, "seeds": options.seeds, "book": list(books), "mnist": []}
        for one in found:
            results["mnist"].append(one)
            print(one["activation"], one["init"], one["depth"], one["seeds"], one["deviation"], flush=True)
    Path(f"{options.stem}.md").write_text(report(results, ".venv/bin/python studies/predicted_vs_measured.py"))
    plots.save(figure(results), options.stem)


if __name__ == "__main__":
    main()
