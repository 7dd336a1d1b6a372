"""Layers of finite width: by how much the averages over n units differ from network to network.

Some units are drawn from the theory's own normal numbers. How much one unit's share in an average varies, over n, is how
much the average does; and the layers add up (for the square of ReLU's outputs about 5/n each, Hanin & Rolnick 2018).
"""

import functools
import math
from dataclasses import replace

import numpy as np

from scratchnet.support.validation import Array
from scratchnet.theory.signal import Signal, Step

INPUTS, UNITS = 100, 1024


class Sample:
    """Units drawn from a normal signal, z (inputs, units), for some of its inputs and a place of middle size."""

    def __init__(self, s: Signal) -> None:
        self.place = int(np.argsort(s.q.mean(axis=1))[len(s.q) // 2])
        count = s.q.shape[1]
        self.inputs = np.unique(np.linspace(0, count - 1, min(count, INPUTS)).astype(int))
        mean = s.mean[self.place, 0]
        below = max(1, round(1 / s.chance)) if s.chance else None
        self.z = normal_numbers(self.of_pairs(s.products)[0] - mean**2, below) + mean
        # Outputs by even shares of probability, for a histogram.
        self.even = np.outer(np.sqrt(np.maximum(self.of_inputs(s.q)[0] - mean**2, 0)), quantiles()) + mean

    def of_inputs(self, a: Array) -> Array:
        """(P, B) for these inputs and this place alone."""
        return a[self.place, self.inputs][None]

    def of_pairs(self, a: Array) -> Array:
        """(P, B, B) for these inputs and this place alone; a gradient behind a Flatten has one place for all."""
        return a[min(self.place, len(a) - 1)][np.ix_(self.inputs, self.inputs)][None]

    def gradient_share(self, G: Array, slopes: Array | float = 1.0) -> float:
        """How much one unit's share varies in the mean square of gradients that have gone through these slopes."""
        share = ((normal_numbers(self.of_pairs(G)[0]) * slopes) ** 2).mean(axis=0)
        return float((share / max(share.mean(), 1e-300)).var())


def own_wobble(s: Signal) -> Array:
    """What the number of units adds to the wobble, where random weights read normal ones: an activation has it already."""
    return shares(Sample(s).z) / s.units if s.normal else np.zeros((2, 2))


def shown(step: Step) -> Step:
    """With the histogram of outputs that are normal, and what their number adds to the chance in their rank."""
    if not step.out.normal:
        return step
    sample = Sample(step.out)
    return replace(step, values=sample.even, chance=(1 + float(shares(sample.z)[1, 1])) / step.out.units)


@functools.cache
def quantiles() -> Array:
    """Of N(0, 1): the middles of 400 even shares."""
    from statistics import NormalDist  # slow to import

    return np.array([NormalDist().inv_cdf((i + 0.5) / 400) for i in range(400)])


def normal_numbers(products: Array, below: int | None = None) -> Array:
    """Normal numbers (inputs, units) with these mean products; the same ones each time.

    With so many units `below`, the mean products of one network, which are off by chance, since they are means over these.
    """
    values, vectors = np.linalg.eigh(products)
    rng = np.random.default_rng(0 if below is None else below)
    numbers = rng.standard_normal((len(products) if below is None else below, UNITS))
    if below is not None:
        numbers = rng.standard_normal((len(products), below)) @ numbers / math.sqrt(below)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ numbers


def shares(h: Array) -> Array:
    """Covariance (2, 2), over units h (inputs, units), of their shares in mean square and in within-unit variance."""
    parts = (h**2).mean(axis=0), h.var(axis=0)
    return np.cov([part / max(part.mean(), 1e-300) for part in parts])


def pooled_share(h: Array) -> float:
    """Variance, over units, of their shares in the pooled variance."""
    share = (h**2).mean(axis=0) - 2 * h.mean() * h.mean(axis=0)
    return float((share / max(float(h.var()), 1e-300)).var())


def band(square: float, variance: float) -> tuple[float, float] | None:
    """Within which 95 % of networks have √square, if ln square has this variance: its mean is then half of it lower."""
    if not (0 < square < math.inf and 0 < variance < math.inf):
        return None
    middle, half = math.log(square) - variance / 2, 1.96 * math.sqrt(variance)
    return math.exp(max((middle - half) / 2, -700)), math.exp(min((middle + half) / 2, 700))
