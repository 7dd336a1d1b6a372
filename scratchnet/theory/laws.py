"""The law that a parameter is drawn from, in numbers. Those of a reader's own initializer come from many draws.

Read next: `weights`.
"""

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.initializers import Constant, Initializer, UniformBetween, draw_weights, normal, truncated, uniform
from scratchnet.layers import Layer
from scratchnet.spread import root_mean_square
from scratchnet.support.streams import stream
from scratchnet.support.validation import Array, InputError

ENOUGH = 500_000  # numbers that a law is known from
DRAWS = 400  # of one parameter, at most


@dataclass(frozen=True)
class Law:
    """The law of one number of a parameter.

    mean          0 if it is nearer to 0 than chance can tell
    kurtosis      mean fourth power of the deviation from the mean, over the square of the variance: 3 for normal numbers
    square        mean square; None if the initializer's `std` says it
    independent   whether the numbers are independent of one another
    has_variance  False if single numbers make up most of the square of many
    """

    mean: float = 0.0
    kurtosis: float = 3.0
    square: float | None = None
    independent: bool = True
    has_variance: bool = True


def law_of(layer: Layer, name: str) -> Law:
    """The law of a layer's parameter."""
    spec = layer.specs[name]
    init = spec.init
    ours = isinstance(init, Initializer) and type(init).__module__.startswith("scratchnet.")
    draw = getattr(init, "draw", normal)
    if ours and draw in (normal, uniform, truncated):
        mean = init.value if isinstance(init, Constant) else 0.0
        square = None
        if isinstance(init, UniformBetween):
            mean = (init.low + init.high) / 2
            square = init.std(spec.fans) ** 2 + mean**2  # type: ignore[arg-type]
        return Law(mean, {uniform: 1.8, truncated: 2.37}.get(draw, 3.0), square)
    try:
        return law_of_draws(init, spec.shape, spec.fans)
    except TypeError:  # an initializer without a hash
        return law_of_draws.__wrapped__(init, spec.shape, spec.fans)
    except InputError:  # a file has only the name of this initializer
        return law_of_numbers(getattr(layer, name).astype(np.float64)[None])


@functools.lru_cache(maxsize=64)
def law_of_draws(init: Any, shape: tuple[int, ...], fans: Any) -> Law:
    draws = min(max(ENOUGH // max(math.prod(shape), 1), 1), DRAWS)
    drawn = [draw_weights("a parameter", init, shape, fans, stream(0, f"law{i}"), np.float64) for i in range(draws)]
    return law_of_numbers(np.array(drawn))


def law_of_numbers(drawn: Array) -> Law:
    """The law that some parameters (draws, *shape) come from."""
    size = root_mean_square(drawn)
    if not size:
        return Law(square=0.0)
    mean = float(drawn.mean())
    mean = mean if abs(mean) > 6 * size / math.sqrt(drawn.size) else 0.0
    squares = ((drawn - mean) / size) ** 2
    variance = float(squares.mean())
    kurtosis = float((squares**2).mean()) / variance**2 if variance > 1e-12 else 3.0
    has_variance = bool(squares.max() < 0.1 * squares.sum()) or drawn.size < 100
    matrices = drawn.reshape(len(drawn), -1, drawn.shape[-1]) / size
    independent = drawn.ndim < 3 or not has_variance or are_independent(matrices)
    return Law(mean, kurtosis, size**2, independent, has_variance)


def are_independent(W: Array) -> bool:
    """Are the rows and columns of weights (draws, n_in, n_out) of one size, and no directions larger than by chance?"""
    squares = W**2
    kurtosis = min(float((squares**2).mean()), W.size / 10)
    for axis in (1, 2):
        means = squares.mean(axis=axis)
        expected = (kurtosis - 1) / W.shape[axis]
        if means.var() > expected * (1 + 12 / math.sqrt(means.size)) + 1e-4:
            return False
    if kurtosis > 4:
        return True  # large directions are then those of single large weights
    v = np.random.default_rng(0).standard_normal((len(W), W.shape[2], 1))
    for _ in range(20):
        v = W.swapaxes(1, 2) @ (W @ (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-300)))
    largest = float(np.sqrt(np.linalg.norm(v, axis=1)).mean())
    rows, columns = W.shape[1:]
    edge = math.sqrt(rows) + math.sqrt(columns)  # of singular values, Marchenko & Pastur 1967
    return largest <= edge + 3 * min(rows, columns) ** (-1 / 6)
