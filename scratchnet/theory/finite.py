"""Layers of finite width: by how much the averages over n units differ from network to network.

Some units are drawn from the theory's own normal numbers. How much one unit's share in an average varies, over n, is how
much the average does; and the layers add up (for the square of ReLU's outputs about 5/n each, Hanin & Rolnick 2018).
"""

import math

import numpy as np

from scratchnet.arguments import Array
from scratchnet.theory.signal import Signal

INPUTS, UNITS = 100, 1024


class Sample:
    """Units drawn from a normal signal, z (inputs, units), for some of its inputs and a place of middle size."""

    def __init__(self, s: Signal) -> None:
        self.place = int(np.argsort(s.q.mean(axis=1))[len(s.q) // 2])
        count = s.q.shape[1]
        self.inputs = np.unique(np.linspace(0, count - 1, min(count, INPUTS)).astype(int))
        mean = s.mean[self.place, 0]
        self.z = normal_numbers(self.of_pairs(s.products)[0] - mean**2) + mean

    def of_inputs(self, a: Array) -> Array:
        """(P, B) for these inputs and this place alone."""
        return a[self.place, self.inputs][None]

    def of_pairs(self, a: Array) -> Array:
        """(P, B, B) for these inputs and this place alone; a gradient behind a Flatten has one place for all."""
        return a[min(self.place, len(a) - 1)][np.ix_(self.inputs, self.inputs)][None]

    def gradient_share(self, G: Array, slopes: Array | float = 1.0) -> float:
        """How much one unit's share varies in the mean square of gradients that have gone through these slopes."""
        share = ((normal_numbers(self.of_pairs(G)[0], seed=1) * slopes) ** 2).mean(axis=0)
        return float(share.var() / max(share.mean() ** 2, 1e-300))


def normal_numbers(products: Array, seed: int = 0) -> Array:
    """Normal numbers (inputs, units) with these mean products; the same ones each time."""
    values, vectors = np.linalg.eigh(products)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ np.random.default_rng(seed).standard_normal((len(products), UNITS))


def shares(h: Array) -> Array:
    """Covariance (2, 2), over units h (inputs, units), of their shares in mean square and in within-unit variance."""
    parts = (h**2).mean(axis=0), h.var(axis=0)
    return np.cov([part / max(part.mean(), 1e-300) for part in parts])


def pooled_share(h: Array) -> float:
    """Variance, over units, of their shares in the pooled variance."""
    share = (h**2).mean(axis=0) - 2 * h.mean() * h.mean(axis=0)
    return float(share.var()) / max(float(h.var()), 1e-300) ** 2


def band(square: float, variance: float) -> tuple[float, float] | None:
    """Within which 95 % of networks have √square, if ln square has this variance: its mean is then half of it lower."""
    if not (0 < square < math.inf and 0 < variance < math.inf):
        return None
    middle, half = math.log(square) - variance / 2, 1.96 * math.sqrt(variance)
    return math.exp(max((middle - half) / 2, -700)), math.exp(min((middle + half) / 2, 700))
