"""Layers of finite width: how much the averages over n units differ from network to network.

Some units are drawn from the theory's own normal numbers. The variance of one unit's share in an average, divided by n, is
the variance of the average; and the layers add up (for the square of ReLU's outputs about 5/n each, Hanin & Rolnick 2018).
Read next: `rules`.
"""

import functools
import math
from dataclasses import replace

import numpy as np

from scratchnet.support.validation import Array
from scratchnet.theory.signal import Signal, Step

INPUTS, UNITS = 100, 1024


class UnitSample:
    """Units drawn from a normal signal: z (inputs, units), for some of its inputs and the place of median size.

    `quantiles` (400,) are outputs at the middles of 400 equal shares of probability, for a histogram.
    """

    def __init__(self, s: Signal) -> None:
        self.place = int(np.argsort(s.q.mean(axis=1))[len(s.q) // 2])
        count = s.q.shape[1]
        self.inputs = np.unique(np.linspace(0, count - 1, min(count, INPUTS)).astype(int))
        mean = s.mean[self.place, 0]
        previous_units = max(1, round(1 / s.excess_squared_cosine)) if s.excess_squared_cosine else None
        self.z = normal_numbers(self.select_pairs(s.products)[0] - mean**2, previous_units) + mean
        self.quantiles = np.outer(np.sqrt(np.maximum(self.select(s.q)[0] - mean**2, 0)), normal_quantiles()) + mean

    def select(self, a: Array) -> Array:
        """(1, inputs) of a (P, B): these inputs, at this place alone."""
        return a[self.place, self.inputs][None]

    def select_pairs(self, a: Array) -> Array:
        """(1, inputs, inputs) of a (P, B, B). A gradient after a Flatten has one place for all."""
        return a[min(self.place, len(a) - 1)][np.ix_(self.inputs, self.inputs)][None]

    def gradient_share_variance(self, G: Array, slopes: Array | float = 1.0) -> float:
        """Variance, over units, of one unit's share in the mean square of gradients, after they passed these slopes."""
        share = ((normal_numbers(self.select_pairs(G)[0]) * slopes) ** 2).mean(axis=0)
        mean = float(share.mean())
        return float((share / mean).var()) if mean else 0.0


def width_log_covariance(s: Signal) -> Array:
    """What random weights that read n normal units add to the log covariance; that of an activation includes it."""
    return share_covariance(UnitSample(s).z) / s.units if s.normal else np.zeros((2, 2))


def with_sample(step: Step) -> Step:
    """The step with a histogram's values and the excess squared cosine of its n units, if its outputs are normal."""
    if not step.out.normal:
        return step
    sample = UnitSample(step.out)
    excess = (1 + float(share_covariance(sample.z)[1, 1])) / step.out.units
    return replace(step, values=sample.quantiles, excess_squared_cosine=excess)


@functools.cache
def normal_quantiles() -> Array:
    """Quantiles of N(0, 1) at the middles of 400 equal shares of probability."""
    from statistics import NormalDist  # slow to import

    return np.array([NormalDist().inv_cdf((i + 0.5) / 400) for i in range(400)])


def normal_numbers(products: Array, previous_units: int | None = None) -> Array:
    """Normal numbers (inputs, units) with these mean products; the same numbers in each call.

    With `previous_units`, the mean products are those of one network: means over that many units, so they deviate a little.
    """
    values, vectors = np.linalg.eigh(products)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ independent_numbers(len(products), previous_units)


@functools.lru_cache(maxsize=8)
def independent_numbers(inputs: int, previous_units: int | None) -> Array:
    """Normal numbers (inputs, units) with mean products 1 of an input with itself and 0 of two inputs."""
    rng = np.random.default_rng(0 if previous_units is None else previous_units)
    if previous_units is None:
        return rng.standard_normal((inputs, UNITS))
    numbers = rng.standard_normal((previous_units, UNITS))
    return rng.standard_normal((inputs, previous_units)) @ numbers / math.sqrt(previous_units)


def share_covariance(h: Array) -> Array:
    """Covariance (2, 2), over units h (inputs, units), of their shares in mean square and in within-unit variance."""
    parts = (h**2).mean(axis=0), h.var(axis=0)
    return np.cov([part / max(part.mean(), 1e-300) for part in parts])


def pooled_share_variance(h: Array) -> float:
    """Variance, over units, of their shares in the pooled variance."""
    share = (h**2).mean(axis=0) - 2 * h.mean() * h.mean(axis=0)
    variance = float(h.var())
    return float((share / variance).var()) if variance else 0.0


def band(square: float, log_variance: float) -> tuple[float, float] | None:
    """The limits between which 95 % of networks have √square.

    `square` is the mean over networks, and ln square is normal with this variance: its mean is then half the variance lower
    than ln of the mean.
    """
    if not (0 < square < math.inf and 0 < log_variance < math.inf):
        return None
    middle, half = math.log(square) - log_variance / 2, 1.96 * math.sqrt(log_variance)
    return math.exp(max((middle - half) / 2, -700)), math.exp(min((middle + half) / 2, 700))
