"""Tables for theory in the page: what it needs to predict by itself while a reader moves a slider.

The script walks through a network as `theory` does. Forward: q is the mean square of the units for each group of inputs,
and d is half the mean squared distance of two inputs, of the same class and of different classes. Backward: G is the mean
product of two inputs' gradients. What an activation does to these are averages over normal numbers. They are computed here,
as tables, from the activation's own forward and backward, so a reader's own activation works too. Read next: `component`,
then theory.js, which uses the tables.
"""

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from scratchnet.layers import Affine
from scratchnet.meanfield import Elementwise, MeanField, TwoInputs, depth_scale
from scratchnet.meanfield.one_input import normal_nodes
from scratchnet.meanfield.two_inputs import scales
from scratchnet.optimizers import Optimizer
from scratchnet.spread import LayerSpread, Spread, diagnosis
from scratchnet.spread.diagnosis import step_words
from scratchnet.spread.steps import expected_moves, step_of
from scratchnet.support.validation import Array
from scratchnet.theory import LossPrediction
from scratchnet.theory.output import first_loss
from scratchnet.theory.predict import OWN_SHARE
from scratchnet.theory.weights import weight_rms

SIZE_STEP, SCORE_STEP = 0.1, 0.25
SIZES = np.arange(-12.0, 4.01, SIZE_STEP)  # ln √q
SCORES = np.arange(-7.0, 9.01, SCORE_STEP)  # ln √q of the scores
UNLIKENESS = np.linspace(0, 1, 9)  # √(1 − c), for two inputs whose scores have the correlation c
DW_LOW, DW_HIGH, DW_STEP = -40.0, 12.0, 1.0  # ln rms(dW)
PAIR_EVERY = 3  # a table of pairs is smoother
LOSS_POINTS = 100  # of a predicted loss
XI = np.arange(-1.5, 1.01, 0.05)  # log10 σ_w
GROUPS = 16  # of inputs, by size
DRAWS = 2048
SAME_SIZE = 1e-3  # relative
LAWS: dict[str, Callable[[int, int], float]] = {
    "std": lambda n_in, n_out: 1.0,
    "fan_in": lambda n_in, n_out: 1 / math.sqrt(n_in),
    "fan_avg": lambda n_in, n_out: math.sqrt(2 / (n_in + n_out)),
}


def theory_tables(x: Array, t: Array, classes: int) -> dict[str, Any]:
    """What theory needs of the inputs x (N, D) with the labels t, whatever the network is."""
    return {
        "inputs": input_statistics(x.reshape(len(x), -1).astype(np.float64), t),
        "scores": score_tables(classes),
        "classes": classes,
        "bounds": {name: getattr(diagnosis, name) for name in ("SAME", "SLOW", "FAST", "HUGE", "WELL")}
        | {"OWN_SHARE": OWN_SHARE},
    }


def step_table(optimizer: Optimizer) -> dict[str, Any]:
    """ln of the first step's rms at each ln rms(dW), by the optimizer's own step.

    `moves` is None for an optimizer with hooks, which may look at all weights together, or for one that fails.
    """
    step = step_of(optimizer.fresh())
    assert step is not None
    dw = np.exp(np.arange(DW_LOW, DW_HIGH + DW_STEP / 2, DW_STEP))
    layers = [LayerSpread(str(i), w_rms=1.0, dw_rms=float(one)) for i, one in enumerate(dw)]
    moves = None
    if not optimizer.hooks:
        try:
            found = expected_moves(optimizer.fresh(), layers, {layer.name: ("W", (1000, 1)) for layer in layers})
            moves = significant(safe_log([found[layer.name] for layer in layers]))
        except Exception:  # of an optimizer of the reader's own
            moves = None
    words = {"words": step_words(Spread(layers, step=step)), "later": math.log10(step.settled)}
    return {"low": DW_LOW, "step": DW_STEP, "moves": moves, "lr": optimizer.lr, **words}


def bias_moments(layer: Affine) -> tuple[float, float]:
    """Mean and variance of a layer's biases: a constant, or numbers around 0."""
    b = layer.b.astype(np.float64)
    return (float(b[0]), 0.0) if np.ptp(b) == 0 else (0.0, weight_rms(layer, "b") ** 2)


def weight_law(w_rms: Sequence[float], shapes: Sequence[tuple[int, int]]) -> tuple[str | None, float | None]:
    """The law in LAWS that all weights of a network follow, and its factor; (None, None) if there is none."""
    for name, law in LAWS.items():
        factors = np.array([rms / law(*shape) for rms, shape in zip(w_rms, shapes, strict=True)])
        if factors.min() > 0 and np.ptp(factors) <= SAME_SIZE * factors.max():
            return name, float(np.exp(np.log(factors).mean()))
    return None, None


def activation_table(activation: Any, shift: float) -> dict[str, Any]:
    """For u = √q z + shift, at each size √q:

    ln_variance   ln E (φ(u) − E φ(u))²,   mean   E φ(u),   ln_slope   ln E φ'(u)²
    angular       D = d · angular(θ), where two inputs of one size meet at the angle θ
    slopes        E φ'(u) φ'(v), both as coefficients of the Chebyshev polynomials Tₙ(2θ/π − 1)
    xi            the depth scale ξ at each σ_w in 10^XI: after ξ layers, two inputs are e times closer to their end

    angular and slopes have each PAIR_EVERY-th size; only one, if they are the same for all sizes.
    """
    phi = Elementwise(activation)
    field = MeanField(phi)
    q, sizes = np.exp(2 * SIZES), np.exp(SIZES)
    z, w = normal_nodes()
    values = phi.values(sizes[:, None] * z + shift)
    mean = values @ w
    same = shift == 0 and scales(phi, sizes)
    pairs = [TwoInputs(phi, (size, size), 1.0, shift) for size in sizes[: 1 if same else None : PAIR_EVERY]]
    return {
        "name": phi.name,
        "shift": shift,
        "low": SIZES[0],
        "step": SIZE_STEP,
        "every": PAIR_EVERY,
        "mean": significant(mean),
        "ln_variance": significant(safe_log(np.square(values - mean[:, None]) @ w)),
        "ln_slope": significant(safe_log(field.squared_slope(q, shift))),
        "angular": [significant(pair.angular[:, 0, 0], 7) for pair in pairs],
        "slopes": [significant(pair.slopes[:, 0, 0], 7) for pair in pairs],
        "xi": [] if shift else significant([depth_scale(activation, 10 ** (2 * power)) for power in XI], 4),
    }


# Several pages of one process have the same activations: those that are classes, which never change, are computed once.
table_of_class = functools.lru_cache(maxsize=32)(activation_table)


def input_statistics(x: Array, t: Array) -> dict[str, Any]:
    """Mean squares of groups of inputs of similar size; half the mean squared distance and the share of each kind of pair.

    The kinds are: an input with itself, with another of its class, with one of another class.
    """
    squares = np.array_split(np.sort((x**2).mean(axis=1)), min(GROUPS, len(x)))
    products = x @ x.T / x.shape[1]
    d = np.maximum((np.diagonal(products)[:, None] + np.diagonal(products)) / 2 - products, 0)
    same, itself = t[:, None] == t, np.eye(len(t), dtype=bool)
    kinds = [itself, same & ~itself, ~same]
    return {
        "n": x.shape[1],
        "rows": len(x),
        "squares": significant([float(group.mean()) for group in squares]),
        "counts": [len(group) for group in squares],
        "distances": [float(d[kind].mean()) if kind.any() else 0.0 for kind in kinds],
        "shares": [float(kind.mean()) for kind in kinds],
    }


def loss_curves(predicted: Mapping[str, LossPrediction]) -> dict[str, dict[str, list[float]]]:
    """Theory's loss by step for each label that it has an answer for, up to the step at which the answer ends."""
    curves = {}
    for label, one in predicted.items():
        if one.until is not None:
            chosen = np.unique(np.linspace(0, len(one.steps) - 1, LOSS_POINTS).round().astype(int))
            steps, losses = [one.steps[i] for i in chosen], significant([one.loss[i] for i in chosen], 4)
            curves[label] = {"steps": steps, "losses": losses}
    return curves


@functools.cache
def score_tables(classes: int) -> dict[str, Any]:
    """For scores of variance q: ln of the first loss, and E p·p' of two inputs whose scores have the correlation c."""
    half = np.random.default_rng(0).standard_normal((2, DRAWS // 2, classes))
    one, two = np.concatenate([half, -half], axis=1).swapaxes(1, 2)
    c = (1 - UNLIKENESS**2)[:, None, None]
    scores = c * one + np.sqrt(1 - c * c) * two  # (correlations, classes, draws); the first has the correlation 1
    scores -= scores.max(axis=1, keepdims=True)
    agreement = []
    for size in np.exp(SCORES):
        p = np.exp(size * scores)
        p /= p.sum(axis=1, keepdims=True)
        agreement.append(significant((p[0] * p).sum(axis=(1, 2)) / DRAWS, 7))
    return {
        "low": SCORES[0],
        "step": SCORE_STEP,
        "ln_loss": significant([safe_log(first_loss(np.array([size**2]), classes)) for size in np.exp(SCORES)]),
        "agreement": agreement,
    }


def safe_log(values: Any) -> Array:
    return np.log(np.maximum(values, 1e-300))


def significant(values: Any, digits: int = 8) -> list[float]:
    """Numbers with this many significant digits, which keeps the page small."""
    return [float(f"{value:.{digits}g}") for value in values]
