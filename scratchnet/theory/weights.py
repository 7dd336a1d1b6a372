"""The laws of weights and biases: their variance, and how heavy their tails are. Read next: `norms`."""

import math
from typing import Any

import numpy as np

from scratchnet.initializers import DeltaOrthogonal, Dirac, Identity, Sparse
from scratchnet.layers import Convolution, Layer
from scratchnet.spread import root_mean_square
from scratchnet.support.validation import InputError
from scratchnet.theory.signal import OutOfReach, Signal

NOT_NORMAL = 0.5  # excess kurtosis beyond which sums are not taken for normal numbers
FEW_CHANNELS = 1.0  # the same, for convolutions with groups


def parameter_variance(layer: Layer, name: str) -> float:
    """The variance of the law that a parameter is drawn from. The law's mean must be 0."""
    values = getattr(layer, name).astype(np.float64)
    constant = values.any() and not np.ptp(values)
    # The mean of a small Identity or Dirac is too near 0 to show.
    constant = constant or isinstance(layer.specs[name].init, Identity | Dirac)
    if constant or abs(values.mean()) > 6 * root_mean_square(values) / math.sqrt(values.size):
        raise OutOfReach(f"its {name} is not random about 0")
    return weight_rms(layer, name) ** 2


def of_tails(layer: Any, s: Signal) -> dict[str, Any]:
    """What a Step has in addition if few large weights make up most of a layer's sums."""
    excess = excess_kurtosis(layer)
    tails = excess * s.kurtosis / layer.W[..., 0].size
    of_gradient = 3 * excess / layer.W.size
    note = (
        "a few large weights make up most of each sum, so outputs are not normal numbers, and from here on sizes are "
        "predicted to a factor only"
    )
    if of_groups(layer, s) > FEW_CHANNELS:
        tails = math.inf
        note = (
            "each output reads few channels, and its gradient depends on these, so from here on sizes and dW are predicted "
            "to a factor only"
        )
    return {"note": note if tails > NOT_NORMAL else None, "gradient_log_variance": lambda gradient, places: of_gradient}


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
