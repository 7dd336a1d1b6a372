"""Weights and biases as they are drawn, or as they were changed: mean, variance, and how heavy the tails are.

Read next: `norms`.
"""

import math
from typing import Any

import numpy as np

from scratchnet.initializers import DeltaOrthogonal, Dirac, Identity, Sparse, draw_weights
from scratchnet.layers import Convolution, Layer
from scratchnet.spread import root_mean_square
from scratchnet.support.streams import stream
from scratchnet.support.validation import Array, InputError
from scratchnet.theory.laws import law_of
from scratchnet.theory.signal import OutOfReach, Signal

NOT_NORMAL = 0.5  # excess kurtosis beyond which sums are not taken for normal numbers
FLAT = 0.3  # the same, for sums that are flatter than normal numbers
FEW_OUTPUTS = 6  # channels
FEW_UNITS = 1.0  # variance of the mean square of a layer's inputs, relative to its square
FEW_KEPT = 0.2  # the same, over masks of Dropout
FEW_CHANNELS = 1.0  # the same, for convolutions with groups


def factor_of_draw(layer: Layer, layer_name: str, name: str, seed: int) -> float | None:
    """What a parameter is multiplied by after the seed has drawn it, usually 1; None if it is no multiple of its draw."""
    array, spec, full_name = getattr(layer, name), layer.specs[name], f"{layer_name}.{name}"
    try:
        drawn = draw_weights(full_name, spec.init, spec.shape, spec.fans, stream(seed, full_name), array.dtype)
    except InputError:  # a file has only the name of this initializer
        return None
    if np.array_equal(array, drawn):
        return 1.0
    values, drawn, dtype = array.astype(np.float64), drawn.astype(np.float64), array.dtype
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


def weight_variance(layer: Any) -> float:
    """The variance of the law that a weight is drawn from. Its numbers must be independent, with mean 0."""
    values, law = layer.W.astype(np.float64), law_of(layer, "W")
    constant = values.any() and not np.ptp(values)
    # The mean of a small Identity or Dirac is too near 0 to show.
    constant = constant or isinstance(layer.specs["W"].init, Identity | Dirac)
    if constant or law.mean or abs(values.mean()) > 6 * root_mean_square(values) / math.sqrt(values.size):
        raise OutOfReach("its W is not random about 0")
    if not law.independent:
        raise OutOfReach("the numbers in its W are not independent of one another")
    return weight_rms(layer, "W") ** 2


def bias_moments(layer: Any) -> tuple[float, float]:
    """Mean and variance of the law of the biases; those of their values if they are not as the law draws them."""
    b = layer.b.astype(np.float64)
    if not np.ptp(b):
        return float(b[0]), 0.0
    law, own = law_of(layer, "b"), float(b.mean())
    if abs(own - law.mean) > 6 * float(b.std()) / math.sqrt(b.size):
        return own, float(b.var())
    if law.mean and law.square is not None:
        return law.mean, max(law.square - law.mean**2, 0.0)
    return 0.0, weight_rms(layer, "b") ** 2


def of_tails(layer: Any, s: Signal) -> dict[str, Any]:
    """What a Step has in addition if a layer's sums are few numbers. Raises OutOfReach if they are not normal numbers."""
    excess = excess_kurtosis(layer)
    tails = excess * s.kurtosis / layer.W[..., 0].size
    if of_groups(layer, s) > FEW_CHANNELS:
        raise OutOfReach("each output reads few channels, and its gradient depends on these")
    note = None
    if tails > NOT_NORMAL:
        if law_of(layer, "W").has_variance:
            raise OutOfReach("a few large weights make up most of each sum, so outputs are not normal numbers")
        note = (
            "a few large weights make up most of each sum, so outputs are not normal numbers, and from here on sizes are "
            "predicted to a factor only"
        )
    of_gradient = 3 * excess / layer.W.size
    return {"note": note, "gradient_log_variance": lambda gradient, places: of_gradient}


def check_sums(layer: Any, s: Signal, out: Signal) -> None:
    """Raise OutOfReach if outputs are too few, or sums of too few units, or flatter than normal numbers."""
    if out.grid and len(out.q) > 1 and out.units < FEW_OUTPUTS:
        raise OutOfReach("its places go together, and with few channels their means count")
    summed = layer.W[..., 0].size
    if not s.normal and not math.isinf(s.independent) and (s.kurtosis - 1) / summed > FEW_UNITS:
        raise OutOfReach("its inputs are few units, which now and then are all 0 or all small")
    if s.kurtosis * (1 - s.kept) / summed > FEW_KEPT:
        raise OutOfReach("Dropout leaves it few inputs, and now and then none")
    mean, variance = bias_moments(layer)
    share_of_bias = variance / max(float(out.q.mean()) - mean**2, 1e-300)
    excess = (1 - share_of_bias) ** 2 * min(law_of(layer, "W").kurtosis - 3, 0.0) * s.kurtosis / summed
    if share_of_bias:
        excess += share_of_bias**2 * (law_of(layer, "b").kurtosis - 3)
    if abs(excess) > FLAT:
        raise OutOfReach("its outputs are sums of few numbers, which are not normal numbers")


def of_groups(layer: Any, s: Signal) -> float:
    """The excess kurtosis that outputs have because each group has channels of its own, of different mean squares."""
    return 3 * (s.kurtosis - 1) * getattr(layer, "groups", 1) / layer.n_in if getattr(layer, "groups", 1) > 1 else 0.0


def excess_kurtosis(layer: Any) -> float:
    """Mean fourth power of the weights over the square of their mean square, less the 3 of normal ones; 0 unless large.

    By the initializer's law if it is Sparse or its tails are heavy, else by the numbers in W, beyond what chance makes of
    normal ones.
    """
    values, spec = layer.W.astype(np.float64), layer.specs["W"]
    square = root_mean_square(values) ** 2
    if isinstance(spec.init, DeltaOrthogonal):
        return 0.0  # its zeros are in the rule of the window
    if isinstance(spec.init, Sparse):
        return max(3 * layer.W[..., 0].size / spec.init.nonzeros - 3, 0.0)
    law = law_of(layer, "W").kurtosis - 3
    own = float(((values**2 / square) ** 2).mean()) - 3 if square else 0.0
    excess = law if law > 1 and square else own
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
