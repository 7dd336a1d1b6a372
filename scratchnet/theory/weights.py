"""The laws of weights and biases: mean, variance, and how heavy the tails are. Read next: `norms`."""

import math
from typing import Any

import numpy as np

from scratchnet.initializers import (
    Constant,
    DeltaOrthogonal,
    Dirac,
    Identity,
    Initializer,
    Sparse,
    UniformBetween,
    draw_weights,
    normal,
    truncated,
    uniform,
)
from scratchnet.layers import Convolution, Layer
from scratchnet.spread import root_mean_square
from scratchnet.support.streams import stream
from scratchnet.support.validation import Array, InputError
from scratchnet.theory.signal import OutOfReach, Signal

NOT_NORMAL = 0.5  # excess kurtosis beyond which sums are not taken for normal numbers
ENOUGH = 1_000_000  # numbers that a law is known from
FLAT = 0.3  # the same, for sums that are flatter than normal numbers
FEW_CHANNELS = 1.0  # the same, for convolutions with groups


def factor_of_draw(layer: Layer, layer_name: str, name: str, seed: int) -> float | None:
    """What a parameter is multiplied by after the seed has drawn it, usually 1; None if it is no multiple of its draw."""
    values, spec, full_name = getattr(layer, name).astype(np.float64), layer.specs[name], f"{layer_name}.{name}"
    dtype = getattr(layer, name).dtype
    try:
        drawn = draw_weights(full_name, spec.init, spec.shape, spec.fans, stream(seed, full_name), dtype).astype(np.float64)
    except InputError:  # of an initializer that a file has only the name of
        return None
    if np.array_equal(values, drawn):
        return 1.0
    unit = root_mean_square(drawn)
    if not unit:
        return None
    factor = float(np.vdot(values, drawn / unit) / np.vdot(drawn, drawn / unit))
    rounding = 16 * float(np.finfo(dtype).eps) * abs(factor) * float(np.abs(drawn).max(initial=0))
    return factor if np.abs(values - factor * drawn).max(initial=0) <= rounding else None


def drawn_values(layer: Layer, layer_name: str, name: str, seed: int, factor: float | None) -> Array:
    """A parameter of another network: its law's numbers times this factor or, if that is None, its own ones shuffled."""
    values, spec, full_name = getattr(layer, name).astype(np.float64), layer.specs[name], f"{layer_name}.{name}"
    rng = stream(seed, full_name)
    if factor is None:
        return rng.permutation(values.ravel()).reshape(values.shape)
    return factor * draw_weights(full_name, spec.init, spec.shape, spec.fans, rng, np.float64)


def weight_variance(layer: Layer) -> float:
    """The variance of the law that a weight is drawn from. Its numbers must be independent, with mean 0."""
    values, spec = layer.W.astype(np.float64), layer.specs["W"]  # type: ignore[attr-defined]
    constant = values.any() and not np.ptp(values)
    # The mean of a small Identity or Dirac is too near 0 to show.
    constant = constant or isinstance(spec.init, Identity | Dirac)
    if constant or abs(values.mean()) > 6 * root_mean_square(values) / math.sqrt(values.size) or law_mean(layer, "W"):
        raise OutOfReach("its W is not random about 0")
    if not is_ours(spec.init) and hangs_together(some_draws(layer, "W")):
        raise OutOfReach("the numbers in its W are not independent of one another")
    return weight_rms(layer, "W") ** 2


def bias_moments(layer: Any) -> tuple[float, float]:
    """Mean and variance of the law of the biases; those of their values if they are not as the law draws them."""
    b = layer.b.astype(np.float64)
    if not np.ptp(b):
        return float(b[0]), 0.0
    mean, own = law_mean(layer, "b"), float(b.mean())
    if abs(own - mean) > 6 * float(b.std()) / math.sqrt(b.size):
        return own, float(b.var())
    square = root_mean_square(some_draws(layer, "b")) ** 2 - mean**2 if mean else weight_rms(layer, "b") ** 2
    return mean, max(square, 0.0)


def is_ours(init: Any) -> bool:
    """Is it one of this library's initializers, with a law of this library?"""
    ours = isinstance(init, Initializer) and type(init).__module__.startswith("scratchnet.")
    return ours and getattr(init, "draw", normal) in (normal, uniform, truncated)


def some_draws(layer: Layer, name: str) -> Array:
    """Numbers of a parameter's law, drawn once or more often: (draws, *shape)."""
    spec = layer.specs[name]
    draws = min(max(ENOUGH // math.prod(spec.shape), 1), 1000)
    try:
        return np.array(
            [draw_weights(name, spec.init, spec.shape, spec.fans, stream(0, f"{name}{i}"), float) for i in range(draws)]
        )
    except InputError:  # of an initializer that a file has only the name of
        return getattr(layer, name).astype(np.float64)[None]


def law_mean(layer: Layer, name: str) -> float:
    """The mean of a parameter's law; 0 if it is nearer to 0 than matters."""
    init = layer.specs[name].init
    if isinstance(init, UniformBetween):
        return (init.low + init.high) / 2
    if isinstance(init, Constant):
        return init.value
    if is_ours(init):
        return 0.0
    drawn = some_draws(layer, name)
    mean = float(drawn.mean())
    return mean if abs(mean) > 6 * root_mean_square(drawn) / math.sqrt(drawn.size) else 0.0


def hangs_together(draws: Array) -> bool:
    """Do weights (draws, …, n_out) have rows or columns of different sizes, or directions larger than chance makes them?"""
    W = draws.reshape(len(draws), -1, draws.shape[-1])
    size = root_mean_square(W)
    if not size:
        return False
    squares = (W / size) ** 2
    kurtosis = min(float((squares**2).mean()), W.size / 10)
    for axis in (1, 2):  # the means of rows, and of columns, deviate as much as those of independent numbers
        means = squares.mean(axis=axis)
        expected = (kurtosis - 1) / W.shape[axis]
        if means.var() > expected * (1 + 12 / math.sqrt(means.size)) + 1e-4:
            return True
    if kurtosis > 4:
        return False
    v = np.random.default_rng(0).standard_normal((len(W), W.shape[2], 1))
    for _ in range(20):
        v = W.swapaxes(1, 2) @ (W @ (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-300)))
    largest = np.sqrt(np.linalg.norm(v, axis=1)).mean()
    rows, columns = W.shape[1:]
    edge = math.sqrt(rows) + math.sqrt(columns)
    return bool(largest > size * (edge + 3 * min(rows, columns) ** (-1 / 6)))


def of_tails(layer: Any, s: Signal) -> dict[str, Any]:
    """What a Step has in addition if a layer's sums are few numbers. Raises OutOfReach if they are not normal numbers."""
    excess = excess_kurtosis(layer)
    tails = excess * s.kurtosis / layer.W[..., 0].size
    if of_groups(layer, s) > FEW_CHANNELS:
        raise OutOfReach("each output reads few channels, and its gradient depends on these")
    note = None
    if tails > NOT_NORMAL:
        if has_variance(layer):
            raise OutOfReach("a few large weights make up most of each sum, so outputs are not normal numbers")
        note = (
            "a few large weights make up most of each sum, so outputs are not normal numbers, and from here on sizes are "
            "predicted to a factor only"
        )
    of_gradient = 3 * excess / layer.W.size
    return {"note": note, "gradient_log_variance": lambda gradient, places: of_gradient}


def has_variance(layer: Layer) -> bool:
    """Do no single numbers make up most of the square of many weights, as they do if a law has no variance?"""
    if is_ours(layer.specs["W"].init):
        return True
    squares = some_draws(layer, "W").ravel() ** 2
    return bool(squares.max(initial=0) < 0.1 * squares.sum())


def check_sums(layer: Any, s: Signal, share_of_bias: float) -> None:
    """Raise OutOfReach if a sum of few weights, or the bias, makes outputs flatter than normal numbers."""
    excess = (1 - share_of_bias) ** 2 * min(law_kurtosis(layer, "W") - 3, 0.0) * s.kurtosis / layer.W[..., 0].size
    if share_of_bias:
        excess += share_of_bias**2 * (law_kurtosis(layer, "b") - 3)
    if abs(excess) > FLAT:
        raise OutOfReach("its outputs are sums of few numbers, which are not normal numbers")


def law_kurtosis(layer: Layer, name: str) -> float:
    """The mean fourth power of numbers of the law over the square of their variance: 3 if they are normal."""
    init = layer.specs[name].init
    if is_ours(init):
        return {uniform: 1.8, truncated: 2.37}.get(getattr(init, "draw", normal), 3.0)
    values = some_draws(layer, name)
    values -= values.mean()
    size = root_mean_square(values)
    return float(((values / size) ** 4).mean()) if size else 3.0


def of_groups(layer: Any, s: Signal) -> float:
    """The excess kurtosis that outputs have because each group has channels of its own, of different mean squares."""
    return 3 * (s.kurtosis - 1) * getattr(layer, "groups", 1) / layer.n_in if getattr(layer, "groups", 1) > 1 else 0.0


def excess_kurtosis(layer: Any) -> float:
    """Mean fourth power of the weights over the square of their mean square, less the 3 of normal ones; 0 unless large.

    By the initializer's law if it is Sparse, else by what was drawn, so beyond what chance makes of normal numbers.
    """
    values, spec = layer.W.astype(np.float64), layer.specs["W"]
    square = root_mean_square(values) ** 2
    if isinstance(spec.init, DeltaOrthogonal):
        return 0.0  # its zeros are in the rule of the window
    if isinstance(spec.init, Sparse):
        return max(3 * layer.W[..., 0].size / spec.init.nonzeros - 3, 0.0)
    excess = float(((values**2 / square) ** 2).mean()) - 3 if square else 0.0
    return excess if excess > max(1.0, 10 * math.sqrt(24 / values.size)) else 0.0


def weight_rms(layer: Layer, name: str) -> float:
    """The std of the initializer's law while the parameter is as it was drawn, else the rms of its values."""
    values = getattr(layer, name).astype(np.float64)
    rms = root_mean_square(values)
    if not rms:
        return 0.0  # also where the law's numbers are too small for the layer's dtype
    spec = layer.specs[name]
    try:
        std = float(spec.init.std(spec.fans))
    except (AttributeError, InputError, TypeError, NotImplementedError):
        return rms
    return std if abs(rms - std) <= 10 * std / math.sqrt(values.size) else rms


def passes_on(layer: Any) -> float | None:
    """The gain, if the weight is one number times the identity, so that outputs are inputs times it; else None."""
    if isinstance(layer, Convolution):
        same_places = layer.stride == 1 and layer.size == 2 * layer.pad + 1 and layer.groups == 1
        matrix = layer.W[layer.pad, layer.pad] if same_places else layer.W[0, 0, :0]
    else:
        matrix = layer.W
    if not isinstance(layer.specs["W"].init, Identity | Dirac) or matrix.ndim != 2 or len(set(matrix.shape)) > 1:
        return None
    gain = float(matrix[0, 0])
    alike = np.count_nonzero(layer.W) == len(matrix) and (matrix == gain * np.eye(len(matrix))).all()
    return gain if alike else None


def by_window_place(layer: Convolution) -> list[float]:
    """For each place in the window the variance of its weights, relative to the mean over places."""
    if not isinstance(layer.specs["W"].init, DeltaOrthogonal) or not layer.W.any():
        return [1.0] * layer.size**2
    squares = (layer.W.astype(np.float64) ** 2).mean(axis=(2, 3)).ravel()
    return [float(share) for share in squares / squares.mean()]


def common_value(layer: Layer, name: str) -> float:
    """The value of gamma or beta, which all units share before training."""
    values = getattr(layer, name)
    if np.ptp(values):
        raise OutOfReach(f"its {name} differs from unit to unit")
    return float(values[0])
