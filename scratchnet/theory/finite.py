"""Layers of finite width: how much the averages over n units differ from network to network.

Some units are drawn from the theory's own normal numbers. The variance of one unit's share in an average, divided by n, is
the variance of the average; and the layers add up (for the square of ReLU's outputs about 5/n each, Hanin & Rolnick 2018).
Read next: `signal`.
"""

import functools
import math
from functools import cached_property

import numpy as np

from scratchnet.support.validation import Array
from scratchnet.theory.pairs import Pairs

INPUTS, UNITS = 100, 1024
ROUNDING = 1e-12  # a log variance below it is one of rounding
MANY_UNITS = 8192  # whose means deviate so little that it does not matter


class UnitSample:
    """Units drawn from a normal signal: z (inputs, units), for some of its inputs and the place of median size.

    q, d, mean, excess_squared_cosine and over_batch are those of the signal.
    """

    def __init__(self, q: Array, d: Pairs, mean: Array, excess_squared_cosine: float = 0.0, over_batch: float = 0.0) -> None:
        self.over_batch = over_batch
        self.place = int(np.argsort(q.mean(axis=1))[len(q) // 2])
        count = q.shape[1]
        self.inputs = np.unique(np.linspace(0, count - 1, min(count, INPUTS)).astype(int))
        self.q, self.d, self.mean = self.select(q), self.select_pairs(d), mean[self.place, 0]
        self.previous_units = as_units(excess_squared_cosine)

    @cached_property
    def z(self) -> Array:
        if not self.over_batch:
            return self.normal_z
        change = self.normal_z - self.normal_z.mean(axis=0)
        variance = change.var(axis=0)
        change /= np.sqrt(np.maximum(self.over_batch * variance + (1 - self.over_batch) * variance.mean(), 1e-300))
        return change * math.sqrt(self.d.mean() / max(change.var(axis=0).mean(), 1e-300)) + self.mean.mean()

    @cached_property
    def normal_z(self) -> Array:
        products = (self.q[0, :, None] + self.q[0]) / 2 - self.d[0] - self.mean**2
        return normal_numbers(products, self.previous_units) + self.mean

    @cached_property
    def quantiles(self) -> Array:
        """Outputs (inputs, 400) at the middles of 400 equal shares of probability, for a histogram."""
        return np.outer(np.sqrt(np.maximum(self.q[0] - self.mean**2, 0)), normal_quantiles()) + self.mean

    @cached_property
    def share_covariance(self) -> Array:
        return share_covariance(self.z)

    def select(self, a: Array) -> Array:
        """(1, inputs) of a (P, B): these inputs, at this place alone."""
        return a[self.place, self.inputs][None]

    def select_pairs(self, a: Pairs) -> Array:
        """(1, inputs, inputs) of (P, B, B). A gradient after a Flatten has one place for all."""
        return a.block(min(self.place, len(a.table.array) - 1), *np.ix_(self.inputs, self.inputs))[None]

    def gradient(self, G: Pairs, excess_squared_cosine: float = 0.0) -> Array:
        """Gradients (inputs, units) of these units: normal numbers, whose mean products are G, or deviate by this excess.

        Those of a unit are independent of its outputs z, which come from the same numbers in the opposite order.
        """
        return normal_numbers(self.select_pairs(G)[0], as_units(excess_squared_cosine))[:, ::-1]


def log_variance_of_mean(shares: Array, units: int) -> float:
    """Variance of ln of the mean over n units, drawn from these. Few of them may have nearly all, so not simply var / n."""
    if units > UNITS:
        return float((shares / shares.mean()).var()) / units if shares.any() else 0.0
    means = shares[np.random.default_rng(0).integers(len(shares), size=(400, units))].mean(axis=1)
    return float(np.log(means).var()) if means.all() else 0.0


def as_units(excess_squared_cosine: float) -> int | None:
    """The number of units that have this excess, None if there are so many that it does not matter."""
    return max(1, round(1 / excess_squared_cosine)) if excess_squared_cosine * MANY_UNITS > 1 else None


def more_squared_cosine(before: float, share_variance: float, units: float) -> float:
    """What averaging over n units adds to the mean squared cosine c of two inputs: (1 + v)(1 − c) / (n + v).

    In units of their mean trace squared, the products h hᵀ / n of n units have E tr (h hᵀ/n)² = (1 − 1/n) c + (1 + v) / n,
    and the trace has the variance v / n, where v is that of one unit's share.
    """
    return (1 + share_variance) * max(1 - before, 0.0) / (units + share_variance)


def gradient_share_variance(gradient: Array) -> float:
    """Variance, over units, of one unit's share in the mean square of gradients (inputs, units)."""
    share = (gradient**2).mean(axis=0)
    mean = float(share.mean())
    return float((share / mean).var()) if mean else 0.0


@functools.cache
def normal_quantiles() -> Array:
    """Quantiles of N(0, 1) at the middles of 400 equal shares of probability."""
    from statistics import NormalDist  # slow to import

    return np.array([NormalDist().inv_cdf((i + 0.5) / 400) for i in range(400)])


def normal_numbers(products: Array, previous_units: int | None = None) -> Array:
    """Normal numbers (inputs, units) with these mean products; the same numbers in each call.

    With `previous_units`, the mean products are those of one network: means over that many units, so they deviate a little.
    """
    return normal_root(products) @ independent_numbers(len(products), previous_units)


def normal_root(products: Array) -> Array:
    """R = Rᵀ with R R = products: symmetric, since an eigenvector has no sign of its own."""
    values, vectors = np.linalg.eigh(products)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


@functools.lru_cache(maxsize=8)
def independent_numbers(inputs: int, previous_units: int | None) -> Array:
    """Normal numbers (inputs, units) with mean products 1 of an input with itself and 0 of two inputs."""
    rng = np.random.default_rng(0 if previous_units is None else previous_units)
    if previous_units is None:
        return rng.standard_normal((inputs, UNITS))
    numbers = rng.standard_normal((previous_units, UNITS))
    return rng.standard_normal((inputs, previous_units)) @ numbers / math.sqrt(previous_units)


def shares(h: Array) -> Array:
    """(3, units) of units h (inputs, units): their shares in mean square, in variance within units and pooled."""
    square, mean = (h**2).mean(axis=0), h.mean(axis=0)
    within, pooled = h.var(axis=0), square - 2 * h.mean() * mean
    sums = square.mean(), within.mean(), h.var()
    parts = zip((square, within, pooled), sums, strict=True)
    return np.array([part / total if total else np.zeros_like(part) for part, total in parts])


def share_covariance(h: Array) -> Array:
    """Covariance (2, 2), over units h (inputs, units), of their shares in mean square and in within-unit variance."""
    return np.cov(shares(h)[:2])


def pooled_share_variance(h: Array) -> float:
    """Variance, over units, of their shares in the pooled variance."""
    return float(shares(h)[2].var())


def band(square: float, log_variance: float) -> tuple[float, float] | None:
    """The limits between which 95 % of networks have √square.

    `square` is the mean over networks, and ln square is normal with this variance: its mean is then half the variance lower
    than ln of the mean.
    """
    if not (0 < square < math.inf and ROUNDING < log_variance < math.inf):
        return None
    middle, half = math.log(square) - log_variance / 2, 1.96 * math.sqrt(log_variance)
    return math.exp(max((middle - half) / 2, -700)), math.exp(min((middle + half) / 2, 700))
