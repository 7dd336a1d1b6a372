"""Does the theory hold? Predicted against measured spreads, on the book's twelve histograms and on MNIST networks.

Writes docs/predicted_vs_measured.md and .png. From the project's folder, in half an hour or so:

    .venv/bin/python tests/studies/predicted_vs_measured.py

The predicted squares are means over networks, so squares are averaged over seeds until their standard error is a third of
the tolerance, or there are 200 seeds. The band is for single networks: each of the first twenty counts.
"""

import argparse
import itertools
import json
import math
import time
from pathlib import Path

import numpy as np

import scratchnet as sn
from scratchnet.pieces import one_blas_thread

ACTIVATIONS = {"ReLU": sn.ReLU, "Tanh": sn.Tanh, "Sigmoid": sn.Sigmoid, "GELU": sn.GELU, "SELU": sn.SELU}
INITS = {
    "std 0.01": sn.Normal(0.01),
    "LeCun": sn.LeCun(),
    "Xavier": sn.Xavier(),
    "He": sn.He(),
    "Orthogonal": sn.Orthogonal(),
}
BOOK = {"std 1": sn.Normal(1), "std 0.01": sn.Normal(0.01), "1/n": sn.LeCun(), "He": sn.He()}
QUANTITIES = {"std": 0.10, "within_std": 0.10, "grad_rms": 0.10, "dw_rms": 0.25}
BANDED = ("std", "within_std", "grad_rms")


def squares(spread: sn.Spread, layers: list[str], quantity: str) -> np.ndarray:
    return np.array([(getattr(spread[name], quantity) or 0.0) ** 2 for name in layers])


def average(make, x, t, layers, tolerances, most):
    """Spreads of so many seeds that every mean square is known to a third of its tolerance. Returns spreads, and errors."""
    spreads = []
    for seed in range(most):
        spreads.append(sn.measure_spread(make(seed), x, t))
        if seed >= 9 and (seed + 1) % 5 == 0:
            worst = 0.0
            for quantity, tolerance in tolerances.items():
                values = np.array([squares(one, layers, quantity) for one in spreads])
                means = np.maximum(values.mean(axis=0), 1e-300)
                errors = values.std(axis=0, ddof=1) / means / math.sqrt(len(spreads)) / 2  # of the rms, relative
                worst = max(worst, float(np.where(values.any(axis=0), errors, 0).max() / tolerance))
            if worst <= 1 / 3:
                break
    return spreads, worst


def compare(predicted, spreads, layers, quantities):
    """For each quantity, relative deviations layer by layer of √mean square, predicted over measured."""
    found = {}
    for quantity in quantities:
        there = [name for name in layers if getattr(predicted[name], quantity)]
        if not there:
            continue
        measured = np.sqrt(np.mean([squares(one, there, quantity) for one in spreads], axis=0))
        said = np.array([getattr(predicted[name], quantity) for name in there])
        with np.errstate(divide="ignore"):
            found[quantity] = dict(zip(there, (said / measured - 1).tolist(), strict=True))
    return found


def in_bands(predicted, spreads, layers):
    """(within, of) over layers and single networks, for each quantity that has a band."""
    counts = {}
    for quantity in BANDED:
        hits = [
            predicted[name].bands[quantity][0] <= (getattr(one[name], quantity) or 0.0) <= predicted[name].bands[quantity][1]
            for one in spreads[:20]
            for name in layers
            if quantity in predicted[name].bands
        ]
        counts[quantity] = (sum(hits), len(hits))
    return counts


def book(width, seeds, depth=5):
    rows = []
    x = np.random.default_rng(0).standard_normal((1000, width))
    for (kind, activation), (label, init) in itertools.product(
        {k: ACTIVATIONS[k] for k in ("Sigmoid", "Tanh", "ReLU")}.items(), BOOK.items()
    ):

        def make(seed, init=init, activation=activation):
            layers = [layer for _ in range(depth) for layer in (sn.Affine(width, width, init), activation())]
            return sn.Network(layers, seed, np.float64)

        predicted = sn.predict_spread(make(0), x)
        names = [layer.name for layer in predicted.activations]
        tolerance = 0.1 if width < 1000 else 0.02
        spreads, worst = average(make, x, None, names, dict.fromkeys(("std", "within_std"), tolerance), seeds)
        deviations = compare(predicted, spreads, names, ("std", "within_std"))
        rows.append(
            {
                "activation": kind,
                "init": label,
                "width": width,
                "seeds": len(spreads),
                "error": worst,
                "deviations": deviations,
                "bands": in_bands(predicted, spreads, names),
                "notes": predicted.notes,
            }
        )
        print(
            width,
            kind,
            label,
            len(spreads),
            *(f"{q} {max(map(abs, d.values())):.3f}" for q, d in deviations.items()),
            flush=True,
        )
    return rows


def mnist(depths, width, rows_used, most):
    train, _ = sn.load_mnist()
    x, t = train[:rows_used]
    rows = []
    for (kind, activation), (label, init), depth in itertools.product(ACTIVATIONS.items(), INITS.items(), depths):
        wide = width if depth < 10 else 4 * width

        def make(seed, init=init, activation=activation, depth=depth, wide=wide):
            return sn.mlp(784, [wide] * depth, 10, activation, init, seed=seed, dtype=np.float64)

        begun = time.perf_counter()
        predicted = sn.predict_spread(make(0), x, t)
        seconds = time.perf_counter() - begun
        names = [layer.name for layer in predicted.layers]
        spreads, worst = average(make, x, t, names, QUANTITIES, most)
        deviations = compare(predicted, spreads, names, QUANTITIES)
        ratios = [
            predicted[name].update_ratio
            - math.log10(0.01 * math.sqrt(np.mean([squares(s, [name], "dw_rms") for s in spreads])) / spreads[0][name].w_rms)
            for name in names
            if predicted[name].update_ratio is not None
        ]
        loss = float(np.mean([one.first_loss for one in spreads]))
        rows.append(
            {
                "activation": kind,
                "init": label,
                "depth": depth,
                "width": wide,
                "seeds": len(spreads),
                "error": worst,
                "deviations": deviations,
                "bands": in_bands(predicted, spreads, names),
                "ratio": max(map(abs, ratios)),
                "loss": [
                    predicted.first_loss,
                    loss,
                    float(np.std([one.first_loss for one in spreads]) / math.sqrt(len(spreads))),
                ],
                "notes": predicted.notes,
                "seconds": seconds,
            }
        )
        worst_of = " ".join(f"{q} {max(map(abs, d.values())):.3f}" for q, d in deviations.items())
        print(
            f"{kind:8}{label:11}{depth:3}{wide:5}{len(spreads):4} err {worst:.2f} {worst_of} ratio {rows[-1]['ratio']:.3f} "
            f"loss {predicted.first_loss:.3f} {loss:.3f} bands {rows[-1]['bands']} {len(predicted.notes)} {seconds:.1f}s",
            flush=True,
        )
    return rows


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--depths", nargs="+", type=int, default=[1, 2, 5, 10, 20])
    words.add_argument("--rows", type=int, default=400)
    words.add_argument("--seeds", type=int, default=200)
    words.add_argument("--out", default="docs/predicted_vs_measured")
    given = words.parse_args()
    with one_blas_thread():
        results = {
            "book": book(100, given.seeds) + book(1000, min(given.seeds, 10)),
            "mnist": mnist(given.depths, 100, given.rows, given.seeds),
        }
    Path(f"{given.out}.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main()
