"""What theory knows of the numbers at one place of a network whose weights have not been drawn yet."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from scratchnet.support.validation import Array


class OutOfReach(Exception):
    """Theory does not reach through a layer; the message says why."""


@dataclass(frozen=True)
class Signal:
    """Averages over the units of a wide layer, for B inputs, at P places (P = 1 but for images).

    q        mean square of the units, for each input (P, B)
    d        half the mean squared distance of two inputs (P, B, B); their mean product is k = ½ (q_i + q_j) − d
    mean     mean of the units (P, B)
    units    how many there are at a place
    grid     (height, width) of an image, whose P places are independent looks; None for rows
    normal   is each unit a normal number, independent of the other units: then an activation may come
    wobble   covariance (2, 2), over networks of this width, of ln q and ln d as the weights behind see them
    seen     variance of ln(pooled variance) and of ln(variance within units), over networks, as these n units show them
    chance   mean squared cosine of two units, as functions of the inputs, beyond that of infinitely many units
    """

    q: Array
    d: Array
    mean: Array
    units: int
    grid: tuple[int, int] | None = None
    normal: bool = False
    wobble: Array = field(default_factory=lambda: np.zeros((2, 2)))
    seen: tuple[float, float] = (0.0, 0.0)
    chance: float = 0.0

    @classmethod
    def of(cls, values: Array) -> "Signal":
        """Of numbers that are known: rows (B, n), or images (B, height, width, n)."""
        grid = values.shape[1:-1] if values.ndim == 4 else None
        at = values.reshape(len(values), -1, values.shape[-1]).swapaxes(0, 1).astype(np.float64)
        q = (at**2).mean(axis=2)
        d = (q[:, :, None] + q[:, None, :]) / 2 - at @ at.swapaxes(1, 2) / at.shape[2]
        d = np.maximum(d, 0)
        d[:, *np.diag_indices(len(values))] = 0
        return cls(q, d, at.mean(axis=2), at.shape[2], grid)

    @cached_property
    def products(self) -> Array:
        """k = E h_i h_j (P, B, B)"""
        return (self.q[:, :, None] + self.q[:, None, :]) / 2 - self.d

    @property
    def within_square(self) -> float:
        """The variance of a unit across inputs, in the mean over units and places: the mean of d over all pairs."""
        return float(self.d.mean())

    @property
    def between_square(self) -> float:
        """The variance of so many units' means over the inputs."""
        return max(float(self.q.mean() - self.mean.mean() ** 2) - self.within_square, 0) * (1 - 1 / self.units)

    @property
    def correlation(self) -> float | None:
        """Mean cosine of two inputs, all places taken together."""
        k, length = self.products.sum(axis=0), np.sqrt(self.q.sum(axis=0))
        moving = length > 0
        rows = int(moving.sum())
        if rows < 2:
            return None
        direction = np.where(moving, 1 / np.where(moving, length, 1), 0)
        return float((direction @ k @ direction - rows) / (rows * (rows - 1)))

    def rank(self, chance: float = 0.0) -> float | None:
        """(Σ λ)² / Σ λ² of the units' covariance, with so much of `chance` more."""
        if self.grid or not self.d.any():
            return None
        products = self.centred()[0]
        products = products / np.trace(products)  # first, since a square of small ones would be 0
        return 1 / (float((products**2).sum()) + self.chance + chance)

    def centred(self) -> Array:
        """Products of what differs from the mean over the inputs (P, B, B)."""
        rows = self.d.mean(axis=2, keepdims=True)
        return rows + rows.swapaxes(1, 2) - self.d - rows.mean(axis=1, keepdims=True)


@dataclass(frozen=True)
class Step:
    """What a layer makes of a signal.

    out        the signal behind it
    back       from G (P, B, B), the mean over units of the product of two inputs' gradients behind the layer, to the same
               before it, and to the mean square of the weight's gradient (None where there is no weight)
    wobble     from G to the variance, over networks, of the ln of what the layer makes of the gradient's mean square
    values     outputs of some units, for a histogram
    chance     what these units as they are seen add to the signal's
    zero, dead, saturated: shares as in LayerSpread
    """

    out: Signal
    back: Callable[[Array], tuple[Array, float | None]]
    wobble: Callable[[Array], float] = lambda G: 0.0
    values: Array | None = None
    chance: float = 0.0
    zero: float | None = None
    dead: float | None = None
    saturated: float | None = None
