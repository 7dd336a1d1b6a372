"""Does the theory hold? Predicted against measured spreads, on the book's twelve histograms and on MNIST networks.

Writes docs/predicted_vs_measured.md and .png. From the project's folder, in a quarter of an hour on two cores:

    .venv/bin/python studies/predicted_vs_measured.py

With --only kinds it runs the networks of studies/kinds.py alone, and writes their table into the page that is there. That
takes about six minutes on one core. With --only mnist it runs all others.

Predicted squares are means over networks. So measured squares are averaged over seeds, until the standard error of each
layer's root and of the first loss is a third of its tolerance, or until the most seeds allowed. A band is for single
networks: each of the first twenty is counted.
"""

import argparse
import itertools
import math
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from kinds import KINDS

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


KIND_TOLERANCE = {**TOLERANCE, "rank": 0.25}
HOLDS = 0.90, 0.99  # of single networks' layers
NO_WARNING = "sampled", "backward is not the slope"  # what these notes say makes no number wrong


def mean_square_root(found, quantity):
    """The mean over networks that the prediction is for: of squares, or of 1/rank."""
    unit = found.max() or 1.0  # so that no square is beyond floats
    return 1 / np.mean(1 / found) if quantity == "rank" else unit * math.sqrt(np.mean((found / unit) ** 2))


def kind_of_network(name):
    """One row of the table of kinds."""
    began, one = time.process_time(), KINDS[name]
    x, t = one.data()
    seeds = 60 if x.ndim == 4 or len(one.make(0).layers) > 50 else 250
    with one_blas_thread(), np.errstate(all="ignore"):
        predicted = sn.predict_spread(one.make(0), x, t)
        first = 1000 * list(KINDS).index(name)  # so that not all kinds have the same draws
        own = [0] if one.one_network else range(first, first + seeds)
        measured = [sn.measure_spread(one.make(seed), x, t) for seed in own]
    flagged = any(not any(words in note for words in NO_WARNING) for note in predicted.notes)
    deviation, holds, silent = dict.fromkeys(KIND_TOLERANCE, 0.0), {}, []
    for layer, quantity in itertools.product(predicted.layers, KIND_TOLERANCE):
        expected, found = getattr(layer, quantity), [getattr(spread[layer.name], quantity) for spread in measured]
        if any(value is None for value in found):
            continue
        if expected is None:
            silent.append(layer.name)
        elif quantity != "within_std" or expected > SMALLEST * layer.rms:
            mean = mean_square_root(np.array(found), quantity)
            difference = abs(expected / mean - 1) if mean else float(expected != 0)
            deviation[quantity] = max(deviation[quantity], difference if math.isfinite(difference) else math.inf)
    for quantity in ("std", "within_std", "grad_rms"):
        hits = [
            value is not None and layer.bands[quantity][0] <= value <= layer.bands[quantity][1]
            for layer in predicted.layers
            if quantity in layer.bands
            for value in (getattr(spread[layer.name], quantity) for spread in measured)
        ]
        holds[quantity] = float(np.mean(hits)) if hits else None
    stops = any("stops" in note for note in predicted.notes)
    return {
        "name": name,
        "seeds": seeds,
        "flagged": flagged,
        "stops": stops,
        "deviation": deviation,
        "holds": holds,
        "silent": bool(silent) and not flagged,
        "seconds": time.process_time() - began,
    }


def failures(one):
    """What is beyond its tolerance in a row without a note."""
    if one["flagged"]:
        return set()
    wrong = {q for q, tolerance in KIND_TOLERANCE.items() if one["deviation"][q] > tolerance}
    held = {f"{q} band" for q in ("std", "grad_rms") if one["holds"][q] is not None}
    wrong |= {q for q in held if not HOLDS[0] <= one["holds"][q.removesuffix(" band")] <= HOLDS[1]}
    return wrong | ({"silent"} if one["silent"] else set())


def report_of_kinds(kinds):
    rows = []
    for one in kinds:
        wrong = failures(one)

        def cell(text, quantity, wrong=wrong):
            return f"**{text}**" if quantity in wrong else text

        deviations = ["-" if one["stops"] else cell(f"{one['deviation'][q]:.3f}", q) for q in KIND_TOLERANCE]
        held = {q: "-" if holds is None else f"{100 * holds:.0f} %" for q, holds in one["holds"].items()}
        name = one["name"] + (" °" if one["flagged"] else "")
        rows.append([cell(name, "silent"), *deviations, *(cell(held[q], f"{q} band") for q in held)])
    failing = [one["name"] for one in kinds if failures(one)]
    said = f"{len(kinds) - len(failing)} of {len(kinds)} rows are within these tolerances or have a note"
    header = ["kind", *NAMES.values(), "rank", *(f"band of {name}" for name in ("std", "within", "δ"))]
    return f"""## Kinds

Networks of many kinds, each a case of its neighbours (`studies/kinds.py`): {kinds[0]["seeds"]} networks of each, 60 of those
for images or of many layers; {sum(one["seconds"] for one in kinds) / 60:.0f} minutes on one core. The columns are the
largest relative deviation over layers, of the mean over networks, and the share of single networks' layers within the 95 %
bands. ° marks rows where `Spread.notes` itself says that numbers are not reliable; - stands where theory stops with a note,
or where nothing varies. Bold is beyond
{", ".join(f"{KIND_TOLERANCE[q]:.2f} ({n})" for q, n in (*NAMES.items(), ("rank", "rank")))}, or a band of std or δ that
holds less than {100 * HOLDS[0]:.0f} or more than {100 * HOLDS[1]:.0f} %, without such a note.
{said}{"; not so: " + "; ".join(failing) if failing else ""}.

{table(header, rows)}
"""


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

{by_depth(lambda one: f"{one['loss'][0]:.3f}, {one['loss'][1]:.3f}")}"""


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
    parser.add_argument("--only", choices=["mnist", "kinds"], help="keep the page's other part as it is")
    options = parser.parse_args()
    page = Path(f"{options.stem}.md")
    command = ".venv/bin/python studies/predicted_vs_measured.py"
    networks, heading, kinds = page.read_text().partition("## Kinds") if options.only else ("", "", "")
    kinds = heading + kinds
    with ProcessPoolExecutor() as pool:
        if options.only != "kinds":
            nets = itertools.product(ACTIVATIONS, INITS, options.depths)
            settings = itertools.product(("Sigmoid", "Tanh", "ReLU"), BOOK, options.widths)
            books = pool.map(book, [(*setting, options.seeds) for setting in settings])
            found = pool.map(mnist, [(*net, options.rows, options.seeds) for net in nets])
            results = {"rows": options.rows, "seeds": options.seeds, "book": list(books), "mnist": []}
            for one in found:
                results["mnist"].append(one)
                print(one["activation"], one["init"], one["depth"], one["seeds"], one["deviation"], flush=True)
            networks = report(results, command)
            plots.save(figure(results), options.stem)
        if options.only != "mnist":
            kinds = report_of_kinds(list(pool.map(kind_of_network, KINDS)))
    page.write_text(f"{networks.rstrip()}\n\n{kinds.rstrip()}\n")


if __name__ == "__main__":
    main()
