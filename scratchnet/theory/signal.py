"""What theory knows of the numbers at one place of a network whose weights have not been drawn yet.

A `Signal` goes from layer to layer, and each layer's `Step` says what the layer makes of it. Read next: `activations`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from scratchnet.support.validation import Array

BEYOND = "its numbers are too large or too small for floats"


class OutOfReach(Exception):
    """Theory cannot follow the signal through a layer; the message says why."""


@dataclass(frozen=True)
class Signal:
    """Averages over the units of a wide layer, for B inputs, at P places (P = 1 except for images).

    q        mean square of the units, for each input (P, B)
    d        half the mean squared distance of two inputs (P, B, B); their mean product is k = ½ (q_i + q_j) − d
    mean     mean of the units (P, B)
    units    number of units at a place
    grid     (height, width) of an image, whose P places are treated separately; None for rows
    normal   True if each unit is a normal number, independent of the other units: then an activation may follow

    The rest is for layers of finite width, whose averages differ from network to network:

    log_covariance         covariance (2, 2), over networks, of ln q and ln d as the next weights receive them
    log_variance_pooled    variance, over networks, of ln(pooled variance) as measured over these n units
    log_variance_within    variance, over networks, of ln(variance within units) as measured over these n units
    excess_squared_cosine  mean squared cosine of two units, as functions of the inputs, minus that of an infinite width
    """

    q: Array
    d: Array
    mean: Array
    units: int
    grid: tuple[int, int] | None = None
    normal: bool = False
    log_covariance: Array = field(default_factory=lambda: np.zeros((2, 2)))
    log_variance_pooled: float = 0.0
    log_variance_within: float = 0.0
    excess_squared_cosine: float = 0.0

    @classmethod
    def from_values(cls, values: Array) -> "Signal":
        """The signal of known numbers: rows (B, n), or images (B, height, width, n)."""
        grid = values.shape[1:-1] if values.ndim == 4 else None
        by_place = values.reshape(len(values), -1, values.shape[-1]).swapaxes(0, 1).astype(np.float64)
        q = (by_place**2).mean(axis=2)
        d = (q[:, :, None] + q[:, None, :]) / 2 - by_place @ by_place.swapaxes(1, 2) / by_place.shape[2]
        d = np.maximum(d, 0)
        d[:, *np.diag_indices(len(values))] = 0
        return cls(q, d, by_place.mean(axis=2), by_place.shape[2], grid)

    @cached_property
    def products(self) -> Array:
        """k = E h_i h_j (P, B, B)"""
        return (self.q[:, :, None] + self.q[:, None, :]) / 2 - self.d

    @property
    def within_square(self) -> float:
        """The variance of a unit across inputs, averaged over units and places: the mean of d over all pairs."""
        return float(self.d.mean())

    @property
    def between_square(self) -> float:
        """The variance, over these n units, of each unit's mean over the inputs."""
        return max(float(self.q.mean() - self.mean.mean() ** 2) - self.within_square, 0) * (1 - 1 / self.units)

    @property
    def correlation(self) -> float | None:
        """Mean cosine of two inputs, all places taken together."""
        k, length = self.products.sum(axis=0), np.sqrt(self.q.sum(axis=0))
        nonzero = length > 0
        rows = int(nonzero.sum())
        if rows < 2:
            return None
        direction = np.where(nonzero, 1 / np.where(nonzero, length, 1), 0)
        return float((direction @ k @ direction - rows) / (rows * (rows - 1)))

    def rank(self, excess: float = 0.0) -> float | None:
        """(Σ λ)² / Σ λ² of the units' covariance; `excess` is added to excess_squared_cosine."""
        if self.grid or not self.d.any():
            return None
        products = self.centred()[0]
        products = products / np.trace(products)  # first, since a square of small ones would be 0
        return 1 / (float((products**2).sum()) + self.excess_squared_cosine + excess)

    def centred(self) -> Array:
        """Mean products (P, B, B) of the units after their means over the inputs are subtracted."""
        rows = self.d.mean(axis=2, keepdims=True)
        return rows + rows.swapaxes(1, 2) - self.d - rows.mean(axis=1, keepdims=True)


@dataclass(frozen=True)
class Step:
    """What a layer makes of a signal.

    out                    the signal after the layer
    backward               takes G (P, B, B), the mean over units of the product of two inputs' gradients after the layer;
                           returns the same before the layer, and the mean square of the weight's gradient (None without
                           a weight)
    gradient_log_variance  takes G; returns the variance, over networks, that the layer adds to the ln of the gradient's
                           mean square
    values                 outputs of some units, for a histogram
    excess_squared_cosine  what measuring over these n units adds to the signal's
    zero, dead, saturated  shares as in LayerSpread
    """

    out: Signal
    backward: Callable[[Array], tuple[Array, float | None]]
    gradient_log_variance: Callable[[Array], float] = lambda G: 0.0
    values: Array | None = None
    excess_squared_cosine: float = 0.0
    zero: float | None = None
    dead: float | None = None
    saturated: float | None = None
