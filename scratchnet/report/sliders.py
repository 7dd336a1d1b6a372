"""What the page must know to predict by itself, while its reader moves a slider: the activation as tables, and the inputs.

The page's script walks through a network as `theory` does: forward with q, the mean square of the units for each group of
inputs, and d, half the mean squared distance of two inputs of one class and of two classes; back with G, the mean product
of two inputs' gradients. What an activation does to these are averages over normal numbers, taken here from its own
forward and backward, so a reader's own activation is served too.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scratchnet.experiment import Result
from scratchnet.layers import Affine
from scratchnet.meanfield import Elementwise, MeanField, TwoInputs
from scratchnet.meanfield.one_input import normal_nodes
from scratchnet.network import ROWS
from scratchnet.spread import diagnosis
from scratchnet.support.validation import Array, InputError
from scratchnet.theory.output import first_loss
from scratchnet.theory.rules import weight_rms

SIZES = np.arange(-12.0, 4.01, 0.1)  # of ln √q
SCORES = np.arange(-7.0, 9.01, 0.25)  # of ln √q at the scores
UNLIKE = np.linspace(0, 1, 9)  # √(1 − c), for the correlation c of two inputs' scores
GROUPS = 16  # of inputs, by size
DRAWS = 2048
MOST_ACTIVATIONS = 6
SAME = 1e-3  # relative
LAWS: dict[str, Callable[[int, int], float]] = {
    "std": lambda n_in, n_out: 1.0,
    "fan_in": lambda n_in, n_out: 1 / math.sqrt(n_in),
    "fan_avg": lambda n_in, n_out: math.sqrt(2 / (n_in + n_out)),
}


def trial(result: Result) -> dict[str, Any]:
    """The tables for the activations of the runs, the inputs, and for each label where its sliders stand."""
    x, t = result.train[:ROWS]
    first = {label: next(run for run in result.runs if run.label == label) for label in result.by_label}
    tables: list[dict[str, Any]] = []
    known: dict[tuple[Any, ...], int] = {}
    settings = []
    for label, run in first.items():
        net = run.network(result.train)
        affine = [layer for layer in net.layers if isinstance(layer, Affine)]
        bias = [bias_law(layer) for layer in affine]
        shift = bias[0][0]
        kind = (repr(net.layers[1]) if run.hidden else "none", run.activation, shift)
        if kind not in known and len(known) < MOST_ACTIVATIONS and run.hidden:
            try:
                tables.append(activation_table(run.activation, shift))
            except InputError:  # it looks at more than one unit at once: no slider for this
                continue
            known[kind] = len(tables) - 1
        if kind not in known or any(mean != shift for mean, _ in bias):
            continue
        w_rms = [weight_rms(layer, "W") for layer in affine]
        law, size = law_of(w_rms, [layer.W.shape for layer in affine])
        settings.append(
            {
                "label": label,
                "activation": known[kind],
                "hidden": list(run.hidden),
                "bias": [variance for _, variance in bias],
                "lr": run.optimizer.lr,
                "plain": type(run.optimizer).__name__ == "SGD",
                "law": law,
                "size": size,
            }
        )
    return {
        "activations": tables,
        "settings": settings,
        "best": next((i for i, one in enumerate(settings) if one["label"] == result.ranking[0]), 0),
        "inputs": inputs(x.reshape(len(x), -1).astype(np.float64), t),
        "scores": score_tables(result.classes),
        "classes": result.classes,
        "bounds": {name: getattr(diagnosis, name) for name in ("SAME", "SLOW", "FAST", "HUGE", "WELL")},
    }


def bias_law(layer: Affine) -> tuple[float, float]:
    """Mean and variance of a layer's biases: a constant, or numbers about 0."""
    b = layer.b.astype(np.float64)
    return (float(b[0]), 0.0) if np.ptp(b) == 0 else (0.0, weight_rms(layer, "b") ** 2)


def law_of(w_rms: Sequence[float], shapes: Sequence[tuple[int, int]]) -> tuple[str | None, float | None]:
    """By which law the sizes of a network's weights go, and the number in it."""
    for name, law in LAWS.items():
        sizes = np.array([rms / law(*shape) for rms, shape in zip(w_rms, shapes, strict=True)])
        if sizes.min() > 0 and np.ptp(sizes) <= SAME * sizes.max():
            return name, float(np.exp(np.log(sizes).mean()))
    return None, None


def activation_table(activation: Any, shift: float) -> dict[str, Any]:
    """For u = √q z + shift, at each size √q:

    ln_variance   ln E (φ(u) − E φ(u))²,   mean   E φ(u),   ln_slope   ln E φ'(u)²
    angular       D = d · angular(θ), where two inputs of one size meet at the angle θ
    slopes        E φ'(u) φ'(v), both as coefficients of Chebyshev's polynomials Tₙ(2θ/π − 1)
    """
    phi = Elementwise(activation)
    field = MeanField(phi)
    q = np.exp(2 * SIZES)
    z, w = normal_nodes()
    values = phi.values(np.sqrt(q)[:, None] * z + shift)
    mean = values @ w
    pairs = [TwoInputs(phi, (size, size), 1.0, shift) for size in np.sqrt(q)]
    return {
        "name": phi.name,
        "shift": shift,
        "low": SIZES[0],
        "step": 0.1,
        "mean": digits(mean),
        "ln_variance": digits(logarithm(np.square(values - mean[:, None]) @ w)),
        "ln_slope": digits(logarithm(field.squared_slope(q, shift))),
        "angular": [digits(pair.angular[:, 0, 0], 7) for pair in pairs],
        "slopes": [digits(pair.slopes[:, 0, 0], 7) for pair in pairs],
    }


def inputs(x: Array, t: Array) -> dict[str, Any]:
    """Mean squares of groups of inputs, by size; half the mean squared distance of two inputs, and how many such pairs."""
    square = np.sort((x**2).mean(axis=1))
    products = x @ x.T / x.shape[1]
    d = np.maximum((np.diagonal(products)[:, None] + np.diagonal(products)) / 2 - products, 0)
    same, itself = t[:, None] == t, np.eye(len(t), dtype=bool)
    kinds = {"self": itself, "same": same & ~itself, "other": ~same}
    return {
        "n": x.shape[1],
        "rows": len(x),
        "squares": digits([float(part.mean()) for part in np.array_split(square, min(GROUPS, len(square)))]),
        "counts": [len(part) for part in np.array_split(square, min(GROUPS, len(square)))],
        "distances": [float(d[kind].mean()) if kind.any() else 0.0 for kind in kinds.values()],
        "shares": [float(kind.mean()) for kind in kinds.values()],
    }


def score_tables(classes: int) -> dict[str, Any]:
    """For scores of variance q: the ln of the first loss, and E p·p' of two inputs whose scores have the correlation c."""
    rng = np.random.default_rng(0)
    half = rng.standard_normal((2, DRAWS // 2, classes))
    one, two = np.concatenate([half, -half], axis=1)
    agreement = []
    for size in np.exp(SCORES):
        p = softmax(size * one)
        row = []
        for unlike in UNLIKE:
            c = 1 - unlike**2
            row.append(float((p * softmax(size * (c * one + math.sqrt(1 - c * c) * two))).sum() / DRAWS))
        agreement.append(digits(row, 7))
    return {
        "low": SCORES[0],
        "step": 0.25,
        "ln_loss": digits([math.log(first_loss(np.array([size**2]), classes)) for size in np.exp(SCORES)]),
        "agreement": agreement,
    }


def softmax(scores: Array) -> Array:
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def logarithm(values: Any) -> Array:
    return np.log(np.maximum(values, 1e-300))


def digits(values: Any, count: int = 8) -> list[float]:
    """So many significant digits, which is what the page's size can bear."""
    return [float(f"{value:.{count}g}") for value in values]
