"""Is the predicted loss curve right, for as long as it says it is? Predicted against measured on MNIST.

Writes docs/loss_curves.md and .png. From the project's folder, in ten minutes on one core:

    .venv/bin/python studies/loss_curves.py

The limit of ρ was chosen on CHOSEN; the errors that count are those on FRESH. A measured loss is the mean over seeds, and
over 3 % of the steps before and after. The seeds have batches of their own too, so the standard error counts those.
"""

import argparse
import json
import math
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

import scratchnet as sn
from scratchnet import plots
from scratchnet.support.threads import one_blas_thread
from scratchnet.theory.training import GREATEST, HARMLESS, LIMIT, NOISE, ROWS

SEEDS, STEPS, BATCH = 8, 2000, 128
INITS = {
    "He": sn.He(),
    "LeCun": sn.LeCun(),
    "Xavier": sn.Xavier(),
    "Orthogonal": sn.Orthogonal(),
    "ExactGain": None,  # of the activation
    "std 0.01": sn.Normal(0.01),
    "std 0.03": sn.Normal(0.03),
    "PyTorch": sn.TorchDefault(),
}
# activation, initializer, width, hidden layers, optimizer, kind
BOOK = [("ReLU", init, 100, 4, "SGD(0.01)", "mlp") for init in ("std 0.01", "LeCun", "He", "PyTorch")]
FRESH = [
    ("ReLU", "He", 120, 3, "SGD(0.01)", "mlp"),
    ("ReLU", "He", 80, 6, "SGD(0.01)", "mlp"),
    ("ReLU", "He", 50, 2, "SGD(0.02)", "mlp"),
    ("ReLU", "He", 400, 3, "SGD(0.005)", "mlp"),
    ("ReLU", "He", 250, 1, "SGD(0.05)", "mlp"),
    ("ReLU", "LeCun", 150, 2, "SGD(0.02)", "mlp"),
    ("ReLU", "LeCun", 80, 5, "SGD(0.03)", "mlp"),
    ("ReLU", "LeCun", 300, 4, "SGD(0.05)", "mlp"),
    ("ReLU", "Xavier", 60, 3, "SGD(0.05)", "mlp"),
    ("ReLU", "Xavier", 200, 2, "SGD(0.01)", "mlp"),
    ("ReLU", "Orthogonal", 150, 5, "SGD(0.02)", "mlp"),
    ("ReLU", "std 0.03", 150, 4, "SGD(0.1)", "mlp"),
    ("ReLU", "std 0.01", 100, 3, "SGD(0.05)", "mlp"),
    ("ReLU", "PyTorch", 80, 3, "SGD(0.1)", "mlp"),
    ("ReLU", "PyTorch", 200, 4, "SGD(0.03)", "mlp"),
    ("LeakyReLU", "LeCun", 120, 3, "SGD(0.03)", "mlp"),
    ("ELU", "Xavier", 80, 4, "SGD(0.02)", "mlp"),
    ("ELU", "Orthogonal", 200, 2, "SGD(0.01)", "mlp"),
    ("SELU", "LeCun", 150, 4, "SGD(0.005)", "mlp"),
    ("SELU", "Xavier", 60, 2, "SGD(0.02)", "mlp"),
    ("GELU", "He", 120, 3, "SGD(0.03)", "mlp"),
    ("GELU", "LeCun", 200, 4, "SGD(0.02)", "mlp"),
    ("GELU", "ExactGain", 80, 5, "SGD(0.01)", "mlp"),
    ("GELU", "PyTorch", 100, 2, "SGD(0.1)", "mlp"),
    ("SiLU", "He", 150, 2, "SGD(0.02)", "mlp"),
    ("SiLU", "LeCun", 100, 3, "SGD(0.05)", "mlp"),
    ("Mish", "LeCun", 80, 2, "SGD(0.05)", "mlp"),
    ("Tanh", "LeCun", 200, 5, "SGD(0.01)", "mlp"),
    ("Tanh", "Xavier", 60, 3, "SGD(0.02)", "mlp"),
    ("Tanh", "ExactGain", 100, 2, "SGD(0.02)", "mlp"),
    ("Tanh", "PyTorch", 150, 4, "SGD(0.05)", "mlp"),
    ("Tanh", "std 0.03", 100, 3, "SGD(0.05)", "mlp"),
    ("Sigmoid", "LeCun", 200, 2, "SGD(0.05)", "mlp"),
    ("Sigmoid", "Xavier", 100, 1, "SGD(0.2)", "mlp"),
    ("Softsign", "Xavier", 150, 2, "SGD(0.05)", "mlp"),
    ("Softplus", "std 0.03", 100, 3, "SGD(0.02)", "mlp"),
    ("ReLU", "He", 150, 2, "Momentum(0.002)", "mlp"),
    ("ReLU", "Xavier", 80, 4, "Momentum(0.003)", "mlp"),
    ("GELU", "LeCun", 100, 2, "Momentum(0.005)", "mlp"),
    ("Tanh", "Xavier", 100, 3, "Nesterov(0.002)", "mlp"),
    ("ReLU", "PyTorch", 150, 3, "Nesterov(0.01)", "mlp"),
    ("ReLU", "He", 150, 3, "SGD(0.005)", "residual"),
    ("GELU", "LeCun", 100, 2, "SGD(0.02)", "residual"),
    ("Tanh", "Xavier", 80, 4, "SGD(0.01)", "residual"),
    ("ReLU", "LeCun", 150, 2, "SGD(0.02)", "LayerNorm"),
    ("GELU", "LeCun", 100, 3, "SGD(0.01)", "LayerNorm"),
]
CHOSEN = "seventy other settings, of the same activations and of 30 to 1,000 units in 1 to 8 hidden layers"


def network(setting, seed):
    kind, init, width, depth, _, build = setting
    kind = getattr(sn, kind)
    init = sn.ExactGain(kind) if init == "ExactGain" else INITS[init]
    bias = sn.TorchDefault() if isinstance(init, sn.TorchDefault) else sn.Zeros()
    if build == "residual":
        blocks = [
            sn.Residual([sn.Affine(width, width, init, bias), kind(), sn.Affine(width, width, 0.5 / math.sqrt(width))])
            for _ in range(depth)
        ]
        layers = [sn.Affine(784, width, init, bias), *blocks, kind(), sn.Affine(width, 10, init, bias)]
        return sn.Network(layers, seed)
    normalization = sn.LayerNorm if build == "LayerNorm" else None
    return sn.mlp(784, [width] * depth, 10, kind, init, bias, seed, normalization=normalization)


def window(curves, step):
    """Mean, and standard error over the seeds, of what was measured around a step."""
    around = step * 3 // 100
    of_seeds = curves[:, max(step - around, 0) : step + around + 1].mean(axis=1)
    return float(of_seeds.mean()), float(of_seeds.std(ddof=1)) / math.sqrt(len(of_seeds))


def run(setting):
    """Predict and measure one setting; returns a dictionary of plain numbers."""
    from scratchnet.optimizers import optimizer

    train, _ = sn.load_mnist()
    with one_blas_thread():
        predicted = sn.predict_training(network(setting, 0), train, optimizer(setting[4]), BATCH, STEPS)
        until = predicted.until or 0
        steps = min(STEPS, 3 * until + 20)
        curves = []
        for seed in range(SEEDS):
            trainer = sn.Trainer(network(setting, seed), optimizer(setting[4]), batch_size=BATCH, seed=seed)
            curves.append(trainer.fit(train, steps=steps + 1, progress=False).loss)
    curves = np.array(curves)
    at = sorted({0, *np.unique(np.geomspace(1, steps, 60).round().astype(int)).tolist()} | {until})
    measured = [window(curves, step) for step in at]
    inside = [i for i, step in enumerate(at) if step <= until and step * 1.03 < len(curves[0])]
    errors = [predicted.at(at[i]) / measured[i][0] - 1 for i in inside]
    return {
        "setting": list(setting),
        "until": until,
        "predicted": [list(predicted.steps), list(predicted.loss), list(predicted.std)],
        "measured": [at, [mean for mean, _ in measured], [error for _, error in measured]],
        "error": max(errors, key=abs),
        "standard_error": max(measured[i][1] / measured[i][0] for i in inside),
    }


def title(one):
    kind, init, width, depth, optimizer, build = one["setting"]
    blocks = f"{depth} × {width}" if build == "mlp" else f"{depth} × {width} {build}"
    return f"{kind}, {init}, {blocks}, {optimizer}"


def draw(found):
    """A panel for each setting: what was measured in colour, what was predicted in black, to its end."""
    columns = 7
    rows = math.ceil(len(found) / columns)
    figure = plots.new_figure(16, 1.95 * rows, None)
    for i, one in enumerate(found):
        axes = figure.add_subplot(rows, columns, i + 1)
        at, mean, error = (np.array(numbers, float) for numbers in one["measured"])
        steps, loss, _ = one["predicted"]
        axes.plot(at + 1, mean, color=plots.COLOURS[0 if i < len(BOOK) else 1], linewidth=2.5)
        axes.fill_between(at + 1, mean - 2 * error, mean + 2 * error, color="grey", alpha=0.4, linewidth=0)
        axes.plot(np.array(steps) + 1, loss, color="black", linewidth=1.2)
        axes.plot(one["until"] + 1, loss[-1], "o", color="black", markersize=3.5)
        axes.set_xscale("log")
        axes.set_ylim(min(mean) - 0.05, max(mean) + 0.05)
        axes.set_title(title(one), fontsize=6.5)
        axes.tick_params(labelsize=6.5)
    figure.supxlabel("step + 1")
    figure.supylabel("training loss")
    figure.suptitle(f"Measured (mean of {SEEDS} networks) and predicted before training (black, to the step it answers for)")
    return figure


def report(found):
    fresh = found[len(BOOK) :]
    errors = np.sort([abs(one["error"]) for one in fresh])
    within = {limit: int((errors <= limit).sum()) for limit in (0.03, 0.06, 0.1)}
    rows = []
    for i, one in enumerate(found):
        at, mean, _ = one["measured"]
        end = one["until"]
        cells = [
            "book" if i < len(BOOK) else "fresh",
            title(one),
            f"{end:,}",
            f"{one['predicted'][1][-1]:.3f}",
            f"{mean[at.index(end)]:.3f}",
            f"{one['error']:+.1%}",
        ]
        rows.append("| " + " | ".join(cells) + " |")
    return f"""# The loss curve before training

`sn.predict_training` draws the loss curve from the initializers' laws and the data, before any network is trained, up to a
step that it names itself. Here are {len(fresh)} networks on MNIST that were not used to choose where it stops, and the
book's four. `studies/loss_curves.py` made this page and the figure.

**What it guarantees.** On the {len(fresh)} fresh settings the largest error of the loss, at any step up to the one that
`predict_training` names, is {np.median(errors):.1%} in the median and {errors[-1]:.1%} at most. It is within
3 % in {within[0.03]} of them, within 6 % in {within[0.06]} and within 10 % in {within[0.1]}. Measured losses are means over
{SEEDS} networks, with a standard error of {np.median([one["standard_error"] for one in fresh]):.1%} in the median.

**How it stops.** ρ is how much |∇L|² would grow, relative to itself, if the weights moved as the kernel of the first
weights says. Where ρ passes {LIMIT}, features are learnt, and this theory says no more: most losses then fall faster than
the kernel says. A greater ρ, up to {GREATEST:g}, does not count while the growth has changed the loss by less than
{HARMLESS:.1%}. So a network that hardly learns keeps its curve. These numbers, and the number of rows, were chosen on
{CHOSEN}. The curve also ends where
a single step overshoots, and where the eight networks differ so much that the standard error of their mean is above
{NOISE:.0%}.

**What it costs.** For the book's network a quarter to half a second on one core. It uses {ROWS} images: half are trained on,
half are held out, and in each half a class is about as frequent as in all data. With 500 images the loss at the end is
lower by .2 % in the mean, with 1,400 higher by .5 %. Other images of the same number
move it by some tenths of a per cent in the mean.

**What was tried to go further.** For the book's network with He the loss at step 200 is .76. The kernel alone says 1.26, its
second order 1.15, and the slopes of the first weights with weights that move freely 1.07. So the curve ends where features
begin.

**What theory says beyond.** With ReLU, and as long as biases are 0, d|W|²/dt = −2 Σ D·f in every layer, so all layers gain
the same |W|² (Du et al. 2018). In the book's network with He the five gains are within 3 % of each other after 250 steps,
although its biases have moved by then (`tests/theory/test_training.py`).

**Where it has no answer.** Adam, AdaGrad and RMSprop, learning rates that change, weight decay, other losses than
SoftmaxCrossEntropy, Dropout, BatchNorm, convolutions, and scores whose variance is above 1 at the start: `reason` says so.
A convolution would need a table for each place of an image. That leaves room for some 90 images,
with which the loss of the networks below is off by 3 % in the mean and by 9 % at most; and pooling would need products of
different places.

![Predicted and measured loss curves](loss_curves.png)

| | network and optimizer | answers until step | predicted loss there | measured | largest error up to there |
| --- | --- | ---: | ---: | ---: | ---: |
""" + "\n".join([*rows, ""])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--jobs", type=int, default=1)
    arguments.add_argument("--raw", type=Path, help="a file for the numbers, which are read from it if it is there")
    arguments.add_argument("--out", type=Path, default=Path("docs"))
    args = arguments.parse_args()
    settings = [*BOOK, *FRESH]
    found = json.loads(args.raw.read_text()) if args.raw and args.raw.exists() else []
    missing = [setting for setting in settings if list(setting) not in [one["setting"] for one in found]]
    with ProcessPoolExecutor(args.jobs) as pool:
        for one in pool.map(run, missing):
            found.append(one)
            print(f"{title(one)}: until step {one['until']}, error {one['error']:+.1%}", flush=True)
            if args.raw:
                args.raw.write_text(json.dumps(found))
    order = [list(setting) for setting in settings]
    found.sort(key=lambda one: order.index(one["setting"]))
    (args.out / "loss_curves.md").write_text(report(found), encoding="utf-8")
    plots.save(draw(found), args.out / "loss_curves", svg=False)


if __name__ == "__main__":
    main()
