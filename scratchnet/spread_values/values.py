"""The numbers of a spread, measured or predicted, for each layer and for the whole network.

There are two spreads. The *pooled* std takes all inputs and all units together, as the book's histograms do. The *within*
std takes one unit at a time, across inputs. When it is near 0 while the pooled one is not, every input gives the same
output, and the network is dead although its histogram looks fine. Read next: `histogram`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from scratchnet.spread_values.histogram import Histogram
from scratchnet.support.tables import short
from scratchnet.support.validation import Array

NEAR_BOUND = 0.97  # an output is saturated beyond this share of the way from the middle of its range to an end

SQUARED = 1e-100, 1e100  # sizes between which float64 holds the squares, and sums of many

Interval = tuple[float, float]


@dataclass(frozen=True)
class LayerSpread:
    """The spread of one layer's outputs over a batch, and of the gradients there. A value that does not apply is None.

    name           as in the network, "ReLU3"
    mean, std      over all inputs and units (pooled); rms² = mean² + std²
    within_std     √ of the mean over units of the variance across inputs; each place of an image has units of its own
    between_std    std of the units' means; std² = within_std² + between_std²
    correlation    mean cosine between the outputs of two different inputs
    rank           effective rank of the outputs, (Σ λ)² / Σ λ² with the eigenvalues λ of the units' covariance: in how many
                   directions inputs differ; only for rows
    dead           share of units that are 0 for every input (and at every place)
    zero           share of outputs that are 0
    saturated      share of outputs within 1.5 % of an end of a bounded activation's range
    grad_rms       rms of ∂loss/∂output
    dw_rms, w_rms  rms of the weight's gradient and of the weight
    update_ratio   log10 of how far the optimizer's next step moves the weight, relative to its size; for SGD that is
                   log10(lr · dw_rms / w_rms)
    bands          for a prediction: (low, high) of "std", "within_std" and "grad_rms", between which 95 % of networks lie
    histogram      of the outputs for the first inputs, 1,000 at most (100 images)
    """

    name: str
    mean: float | None = None
    std: float | None = None
    rms: float | None = None
    within_std: float | None = None
    between_std: float | None = None
    correlation: float | None = None
    rank: float | None = None
    dead: float | None = None
    zero: float | None = None
    saturated: float | None = None
    grad_rms: float | None = None
    dw_rms: float | None = None
    w_rms: float | None = None
    update_ratio: float | None = None
    bands: Mapping[str, Interval] = field(default_factory=dict, repr=False)
    histogram: Histogram | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        numbers = {f.name: getattr(self, f.name) for f in fields(self) if f.repr and f.name != "name"}
        known = [f"{name}={short(value)}" for name, value in numbers.items() if value is not None]
        return f"LayerSpread({', '.join([repr(self.name), *known])})"

    def in_range(self) -> bool:
        """Are all shares from 0 to 1, all sizes at least 0, and the histogram one that can be drawn?"""
        sizes = (self.std, self.rms, self.within_std, self.between_std, self.rank, self.grad_rms, self.dw_rms, self.w_rms)
        shares = (self.dead, self.zero, self.saturated)
        return (
            all(size is None or size >= 0 for size in sizes)
            and all(share is None or 0 <= share <= 1 for share in shares)
            and (self.histogram is None or self.histogram.in_range())
        )


@dataclass(frozen=True)
class Jacobian:
    """Singular values of ∂scores/∂input at the first input: by how much the network stretches directions of the input.

    `rms` is over n of them, where n is the number of inputs or of scores, whichever is smaller. Theory predicts `rms` only.
    """

    rms: float
    largest: float | None = None
    median: float | None = None
    values: tuple[float, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class OptimizerStep:
    """The optimizer of the update ratios, if it is not plain SGD. After its first steps it moves `settled` times as far."""

    optimizer: str
    settled: float = 1.0


@dataclass(frozen=True)
class SpreadValues:
    """What a Spread holds, without its words and tables: all that `diagnosis` needs.

    layers       a LayerSpread for each layer, in the order of forward
    first_loss   the loss before any update; lr the learning rate of update_ratio; classes the number of classes
    jacobian     of the scores by the first input
    notes        sentences about the numbers: what could not be predicted, and why
    predicted    True for a prediction, False for a measurement
    step         the optimizer of update_ratio; None is plain SGD
    """

    layers: list[LayerSpread]
    first_loss: float | None = None
    lr: float = 0.01
    classes: int | None = None
    jacobian: Jacobian | None = None
    notes: tuple[str, ...] = ()
    predicted: bool = False
    step: OptimizerStep | None = None

    def in_range(self) -> bool:
        """Are there layers with different names, whose numbers are in range?"""
        names = {layer.name for layer in self.layers}
        return 0 < len(names) == len(self.layers) and all(layer.in_range() for layer in self.layers)

    @property
    def activations(self) -> list[LayerSpread]:
        """The layers that have no weight."""
        return [layer for layer in self.layers if layer.w_rms is None]


def root_mean_square(values: Array) -> float:
    """√ of the mean of values², also where the squares leave the floats."""
    unit = unit_of(values)
    return unit * math.sqrt((values**2).mean() if unit == 1 else ((values / unit) ** 2).mean())


def unit_of(values: Array) -> float:
    """A power of two to divide values by before they are squared: 1, unless they are so large or small that it matters."""
    greatest = float(np.abs(values).max(initial=0))
    if greatest == 0 or SQUARED[0] < greatest < SQUARED[1] or not math.isfinite(greatest):
        return 1.0
    return 2.0 ** (math.frexp(greatest)[1] - 1)


def update_ratio(lr: float, dw_rms: float | None, w_rms: float | None) -> float | None:
    """log10(lr · dw_rms / w_rms), or None if one of them is missing, 0 or not finite."""
    if not lr or not dw_rms or not w_rms or not math.isfinite(dw_rms):
        return None
    return math.log10(lr) + math.log10(dw_rms) - math.log10(w_rms)
