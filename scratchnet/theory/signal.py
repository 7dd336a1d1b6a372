"""What theory knows of the numbers at one place of a network whose weights have not been drawn yet.

A `Signal` goes from layer to layer, and each layer's `Step` says what the layer makes of it. Read next: `activations`.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from scratchnet.support.validation import Array
from scratchnet.theory.finite import UnitSample, more_squared_cosine
from scratchnet.theory.pairs import Pairs

BEYOND = "its numbers are too large or too small for floats"


class OutOfReach(Exception):
    """Theory cannot follow the signal through a layer; the message says why. `layer` is its name, once it is known."""

    def __init__(self, why: str, layer: str = "") -> None:
        super().__init__(why)
        self.layer = layer


class Unknown(OutOfReach):
    """A layer's inputs hold the input of a residual branch, and what it makes of that is not known."""


@dataclass(frozen=True)
class Signal:
    """Averages over the units of a wide layer, for B inputs, at P places (P = 1 except for images).

    q        mean square of the units, for each input (P, B)
    d        half the mean squared distance of two inputs, as Pairs (P, B, B); their mean product is k = ½ (q_i + q_j) − d
    mean     mean of the units (P, B)
    units    number of units at a place
    grid     (height, width) of an image, whose P places are treated separately; None for rows
    independent  the number of units that are independent of one another, if it is not `units`: behind a Flatten the
             channels, and infinity if the numbers are known
    kurtosis  mean fourth power of the units of an input, over the square of their mean square
    kept     the share of the numbers that a Dropout has let through
    normal   True if each unit is a normal number, independent of the other units: then an activation may follow
    over_batch  x behind a BatchNorm, whose ε makes up 1 − x of σ² + ε: each unit then has nearly the same variance over the
             inputs, and is not quite a normal number
    normed   True if the units of each input have mean 0 and variance 1, but for one scale and shift, in every network

    The rest is for layers of finite width, whose averages differ from network to network:

    log_covariance         covariance (2, 2), over networks, of ln q and ln d as the next weights receive them
    log_variance_pooled    variance, over networks, of ln(pooled variance) as measured over these n units
    log_variance_within    variance, over networks, of ln(variance within units) as measured over these n units
    excess_squared_cosine  mean squared cosine of two units, as functions of the inputs, minus that of an infinite width
    """

    q: Array
    d: Pairs
    mean: Array
    units: int
    grid: tuple[int, int] | None = None
    kurtosis: float = 3.0
    independent: float = 0.0
    kept: float = 1.0
    normal: bool = False
    over_batch: float = 0.0
    normed: bool = False
    log_covariance: Array = field(default_factory=lambda: np.zeros((2, 2)))
    log_variance_pooled: float = 0.0
    log_variance_within: float = 0.0
    excess_squared_cosine: float = 0.0

    @classmethod
    def from_values(cls, values: Array) -> "Signal":
        """The signal of known numbers: rows (B, n), or images (B, height, width, n)."""
        return signal_of_bytes(values.tobytes(), values.shape, values.dtype)

    @classmethod
    def compute(cls, values: Array) -> "Signal":
        grid = values.shape[1:-1] if values.ndim == 4 else None
        by_place = values.reshape(len(values), -1, values.shape[-1]).swapaxes(0, 1).astype(np.float64)
        q = (by_place**2).mean(axis=2)
        d = by_place @ by_place.swapaxes(1, 2)
        d *= -1 / by_place.shape[2]
        d += q[:, :, None] / 2
        d += q[:, None, :] / 2
        np.maximum(d, 0, out=d)
        d[:, range(len(values)), range(len(values))] = 0
        kurtosis = kurtosis_of(by_place.reshape(-1, by_place.shape[2]).T)
        return cls(q, Pairs.of(d), by_place.mean(axis=2), by_place.shape[2], grid, kurtosis, math.inf)

    @property
    def products(self) -> Array:
        """k = E h_i h_j (P, B, B)"""
        return (self.q[:, :, None] + self.q[:, None, :]) / 2 - self.d.array

    @property
    def covariance(self) -> Array:
        """The products (P, B, B) without the means: of a unit with itself, for two inputs."""
        return self.products - self.mean[:, :, None] * self.mean[:, None, :]

    def first(self, rows: int) -> "Signal":
        """The signal of the first few inputs alone."""
        return replace(
            self,
            q=self.q[:, :rows],
            d=Pairs.of(self.d.block(slice(None), slice(rows), slice(rows))),
            mean=self.mean[:, :rows],
        )

    @cached_property
    def sample(self) -> UnitSample:
        return UnitSample(self.q, self.d, self.mean, self.excess_squared_cosine, self.over_batch)

    def with_measured(self, log_variance_pooled: float, log_variance_within: float) -> "Signal":
        """The same signal with these two variances, and with the same sample."""
        out = replace(self, log_variance_pooled=log_variance_pooled, log_variance_within=log_variance_within)
        vars(out)["sample"] = self.sample
        return out

    @property
    def width_log_covariance(self) -> Array:
        """What random weights that read n normal units add to the log covariance; that of an activation includes it."""
        if not self.normal:
            return np.zeros((2, 2))
        covariance = self.sample.share_covariance / self.units
        if self.normed:  # q is then fixed, and d is one of directions: its share less that of q
            return np.diag([0.0, covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]])
        return covariance

    def width_excess(self, before: float | None = None) -> float:
        """What averaging over these n normal units adds to excess_squared_cosine; that of an activation includes it."""
        if not self.normal:
            return 0.0
        squared_cosine = 1 / (self.rank() or math.inf) if before is None else before
        return more_squared_cosine(squared_cosine, float(self.sample.share_covariance[1, 1]), self.units)

    @property
    def within_square(self) -> float:
        """The variance of a unit across inputs, averaged over units and places: the mean of d over all pairs."""
        return self.d.mean

    @property
    def between_square(self) -> float:
        """The variance, over these n units, of each unit's mean over the inputs. The places of an image go together."""
        degrees = 1.0 if self.normed else 1 - 1 / (self.independent or self.units)
        return max(float(self.q.mean() - self.mean.mean() ** 2) - self.within_square, 0) * degrees

    @property
    def correlation(self) -> float | None:
        """Mean cosine of two inputs, all places taken together."""
        q = self.q.sum(axis=0)
        nonzero = q > 0
        rows = int(nonzero.sum())
        if rows < 2:
            return None
        direction = np.where(nonzero, 1 / np.sqrt(np.where(nonzero, q, 1)), 0)
        distances = self.d.factor * float((self.d.table.array @ direction @ direction).sum())
        products = float(direction.sum() * (direction @ q)) - distances
        return min(max((products - rows) / (rows * (rows - 1)), -1.0), 1.0)  # rounding, and interpolation between sizes

    def rank(self, excess: float = 0.0) -> float | None:
        """(Σ λ)² / Σ λ² of the units' covariance; `excess` is added to excess_squared_cosine."""
        if self.grid or not self.d.mean:
            return None
        trace = self.q.shape[1]  # in units of the mean of d, as the sum of squares
        return 1 / (self.d.table.sum_of_centred_squares / trace**2 + self.excess_squared_cosine + excess)

    def centred(self) -> Array:
        """Mean products (P, B, B) of the units after their means over the inputs are subtracted."""
        rows = self.d.row_means[:, :, None]
        return rows + rows.swapaxes(1, 2) - self.d.array - rows.mean(axis=1, keepdims=True)


def kurtosis_of(h: Array) -> float:
    """Of units h (units, inputs), the mean over inputs."""
    square = (h**2).mean(axis=0)
    used = square > 0
    return float((((h[:, used] ** 2 / square[used]) ** 2).mean(axis=0)).mean()) if used.any() else 3.0


@functools.lru_cache(maxsize=3)  # several networks are predicted for the same inputs
def signal_of_bytes(values: bytes, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Signal:
    return Signal.compute(np.frombuffer(values, dtype).reshape(shape))


def unknown(covariance: Array) -> Array:
    raise Unknown("its inputs hold the input of a residual branch, and what it makes of that is not known")


def unchanged(covariance: Array) -> Array:
    return covariance


Passed = Callable[[Array], Array] | None  # None if nothing is left of a covariance


@dataclass(frozen=True)
class Step:
    """What a layer makes of a signal.

    out                    the signal after the layer
    backward               takes G (P, B, B), the mean over units of the product of two inputs' gradients after the layer;
                           returns the same before the layer, without `factor`, and the mean square of the weight's
                           gradient (None without a weight). G may also be that of the first few inputs alone
    factor                 by which all numbers of G are multiplied on their way back
    gradient_log_variance  takes gradients (inputs, units) of the signal's sample, and at how many places they are
                           independent; returns the variance, over networks, that the layer adds to the ln of the
                           gradient's mean square
    values                 outputs of some units, for a histogram
    excess_squared_cosine  what measuring over these n units adds to the signal's
    of_scores              by which G grows more if the gradient's sum over units is 0, as that of the scores is
    before_norm            by which a BatchNorm before this layer passes back more, since the slopes go with its outputs
    note                   a sentence about the numbers
    counts_units           True if gradient_log_variance holds the part that the number of units has
    covariance             takes the covariances (P, B, B) of an earlier signal (rows) with the layer's inputs (columns);
                           returns those with its outputs. None if random weights leave nothing of them
    gradient_covariance    the same for a gradient further on (rows) and the gradient after the layer (columns), on its way
                           back through the layer
    excess_passed          by which the layer multiplies the excess mean squared cosine of gradients on their way back
    zero, dead, saturated  shares as in LayerSpread
    """

    out: Signal
    backward: Callable[[Array], tuple[Array, float | None]]
    gradient_log_variance: Callable[[Array, int], float] = lambda gradient, places: 0.0
    values: Array | None = None
    excess_squared_cosine: float = 0.0
    zero: float | None = None
    dead: float | None = None
    saturated: float | None = None
    factor: float = 1.0
    of_scores: float = 1.0
    note: str | None = None
    counts_units: bool = False
    covariance: Passed = unknown
    gradient_covariance: Passed = unknown
    excess_passed: float = 1.0
    before_norm: float = 1.0

    def with_sample(self) -> "Step":
        """The step with a histogram's values and the excess squared cosine of its n units, if its outputs are normal."""
        if not self.out.normal:
            return self
        return replace(self, values=self.out.sample.quantiles, excess_squared_cosine=self.out.width_excess())


def same_step(s: Signal, multiplier: float = 1.0) -> Step:
    """The step of a layer that multiplies each number by one multiplier; the signal s is the one after it."""

    def scaled(covariance: Array) -> Array:
        return multiplier * covariance

    return Step(s, lambda G: (G, None), factor=multiplier**2, covariance=scaled, gradient_covariance=scaled)
