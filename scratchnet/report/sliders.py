"""The data for "Try it": what the page needs to predict by itself while a reader moves a slider.

The script walks through a network as `theory` does. Forward: q is the mean square of the units for each group of inputs,
and d is half the mean squared distance of two inputs, of the same class and of different classes. Backward: G is the mean
product of two inputs' gradients. What an activation does to these are averages over normal numbers. They are computed here,
as tables, from the activation's own forward and backward, so a reader's own activation works too. Read next: `page`, then
theory.js, which uses the tables.
"""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scratchnet.experiment import Result, Run
from scratchnet.layers import Affine
from scratchnet.meanfield import Elementwise, MeanField, TwoInputs
from scratchnet.meanfield.one_input import normal_nodes
from scratchnet.meanfield.two_inputs import scales
from scratchnet.network import ROWS
from scratchnet.optimizers import Optimizer
from scratchnet.report.averages import initial_spreads, rounded, seed_mean
from scratchnet.spread import LayerSpread, Spread, diagnosis, is_plain
from scratchnet.spread.diagnosis import step_words
from scratchnet.spread.steps import expected_moves, step_of
from scratchnet.support.threads import one_blas_thread
from scratchnet.support.validation import Array, InputError
from scratchnet.theory.output import first_loss
from scratchnet.theory.weights import weight_rms

SIZE_STEP, SCORE_STEP = 0.1, 0.25
SIZES = np.arange(-12.0, 4.01, SIZE_STEP)  # ln √q
SCORES = np.arange(-7.0, 9.01, SCORE_STEP)  # ln √q of the scores
UNLIKENESS = np.linspace(0, 1, 9)  # √(1 − c), for two inputs whose scores have the correlation c
DW_LOW, DW_HIGH, DW_STEP = -40.0, 12.0, 1.0  # ln rms(dW)
GROUPS = 16  # of inputs, by size
DRAWS = 2048
MAX_ACTIVATIONS = 6
SAME_SIZE = 1e-3  # relative
LAWS: dict[str, Callable[[int, int], float]] = {
    "std": lambda n_in, n_out: 1.0,
    "fan_in": lambda n_in, n_out: 1 / math.sqrt(n_in),
    "fan_avg": lambda n_in, n_out: math.sqrt(2 / (n_in + n_out)),
}


def slider_data(result: Result) -> dict[str, Any]:
    """Tables of the runs' activations, the inputs, and for each label where its sliders start and what was measured.

    A label has sliders only if its network can be made, its activation is elementwise and all its biases have the same mean.
    There are none if the runs have different data.
    """
    x, t = result.train[:ROWS]
    one_set = len({run.data for run in result.runs}) == 1
    tables: list[dict[str, Any]] = []
    table_of: dict[tuple[Any, ...], int] = {}
    settings = []
    for run in first_runs(result) if one_set else []:
        if run.own:  # the sliders know multi-layer perceptrons alone
            continue
        try:
            with one_blas_thread():  # as in the runs: an orthogonal matrix takes several times as long with more
                net = run.network(result.train)
        except InputError:  # read from a folder, with an initializer or an activation that the folder only names
            continue
        affine = [layer for layer in net.layers if isinstance(layer, Affine)]
        biases = [bias_moments(layer) for layer in affine]
        shift = biases[0][0]
        key = (repr(net.layers[1]) if run.hidden else "none", run.activation, shift)
        if key not in table_of and len(table_of) < MAX_ACTIVATIONS and run.hidden:
            try:
                tables.append(activation_table(run.activation, shift))
            except InputError:  # the activation is not elementwise
                continue
            table_of[key] = len(tables) - 1
        if key in table_of and all(mean == shift for mean, _ in biases):
            variances = [variance for _, variance in biases]
            settings.append(slider_setting(run, affine, variances) | {"activation": table_of[key]})
    return {
        "activations": tables,
        "settings": settings,
        "best": next((i for i, setting in enumerate(settings) if setting["label"] == result.ranking[0]), 0),
        "inputs": input_statistics(x.reshape(len(x), -1).astype(np.float64), t),
        "scores": score_tables(result.classes),
        "classes": result.classes,
        "bounds": {name: getattr(diagnosis, name) for name in ("SAME", "SLOW", "FAST", "HUGE", "WELL")},
        "measured": {label: measured_means(spreads) for label, spreads in initial_spreads(result).items()},
    }


def first_runs(result: Result) -> list[Run]:
    """The first run of each label."""
    return [next(run for run in result.runs if run.label == label) for label in result.by_label]


def slider_setting(run: Run, affine: Sequence[Affine], bias_variances: list[float]) -> dict[str, Any]:
    law, size = weight_law([weight_rms(layer, "W") for layer in affine], [layer.W.shape for layer in affine])
    return {
        "label": run.label,
        "hidden": list(run.hidden),
        "bias": bias_variances,
        "lr": run.optimizer.lr,
        "step": None if is_plain(run.optimizer) else step_table(run.optimizer),
        "law": law,
        "size": size,
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
    return {"low": DW_LOW, "step": DW_STEP, "moves": moves, **words}


def measured_means(spreads: Sequence[Spread]) -> dict[str, list[float | None]]:
    """What was measured before training, layer by layer, as the mean over seeds."""
    activations = [layer.name for layer in spreads[0].activations]
    weights = [layer.name for layer in spreads[0].layers if layer.w_rms is not None]
    quantities = {"std": activations, "within_std": activations, "grad_rms": activations, "update_ratio": weights}
    return {name: [rounded(seed_mean(spreads, layer, name)) for layer in layers] for name, layers in quantities.items()}


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
    """
    phi = Elementwise(activation)
    field = MeanField(phi)
    q, sizes = np.exp(2 * SIZES), np.exp(SIZES)
    z, w = normal_nodes()
    values = phi.values(sizes[:, None] * z + shift)
    mean = values @ w
    pairs = [
        TwoInputs(phi, (size, size), 1.0, shift) for size in (sizes[:1] if shift == 0 and scales(phi, sizes) else sizes)
    ]
    pairs *= len(sizes) // len(pairs)
    return {
        "name": phi.name,
        "shift": shift,
        "low": SIZES[0],
        "step": SIZE_STEP,
        "mean": significant(mean),
        "ln_variance": significant(safe_log(np.square(values - mean[:, None]) @ w)),
        "ln_slope": significant(safe_log(field.squared_slope(q, shift))),
        "angular": [significant(pair.angular[:, 0, 0], 7) for pair in pairs],
        "slopes": [significant(pair.slopes[:, 0, 0], 7) for pair in pairs],
    }


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
