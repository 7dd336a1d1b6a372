"""What an activation does to a signal of normal numbers, by averages of its own forward and backward. Read next: `rules`."""

import math
from collections.abc import Callable

import numpy as np

from scratchnet.layers import Layer
from scratchnet.layers.smooth import normal_cdf
from scratchnet.meanfield import Elementwise, MeanField, TwoInputs
from scratchnet.meanfield.one_input import normal_nodes
from scratchnet.spread import NEAR_BOUND
from scratchnet.support.quadrature import bisect
from scratchnet.support.validation import Array, InputError
from scratchnet.theory.finite import Sample, pooled_share, shares
from scratchnet.theory.signal import OutOfReach, Signal, Step

SMALL = 0.02  # a relative change of q or d, to see how the activation takes it


def activation(layer: Layer, s: Signal) -> Step:
    """q ← E φ(√q z)²,  d ← ½ E (φ(u) − φ(v))²;    G ← G · E φ'(u) φ'(v)"""
    try:
        phi = Elementwise(layer, s.units)
    except InputError as error:
        raise OutOfReach(f"there is no rule for {type(layer).__name__}, and it is no activation") from error
    if not s.normal:
        raise OutOfReach("its inputs are no sums over random weights")
    shift = float(s.mean.flat[0])
    q = np.maximum(s.q - shift**2, 0)
    averages = Averages(phi, q, s.d, shift)
    d, slopes = averages.maps.distances_and_slopes(q, s.d)
    sample = Sample(s)
    h = phi.values(sample.z)
    tilt = averages.tilt(sample.of_inputs(q), sample.of_pairs(s.d))
    own = shares(h) / s.units
    wobble = tilt[:2] @ s.wobble @ tilt[:2].T + own
    pooled = tilt[2] @ s.wobble @ tilt[2] + pooled_share(h) / s.units
    # Products that are off by chance go through the slopes, and count as a share of distances.
    kept = (float(slopes.mean()) * s.d.mean() / d.mean()) ** 2 if s.chance and d.any() else 0.0
    out = Signal(
        averages.second_moment(q),
        d,
        averages.mean(q),
        s.units,
        s.grid,
        wobble=wobble,
        seen=(float(pooled), float(wobble[1, 1])),
        chance=s.chance * kept + (1 / s.units + float(own[1, 1])),
    )

    def gradient_wobble(G: Array) -> float:
        return float(sample.gradient_share(G, phi.slopes(sample.z)) / s.units + tilt[3] @ s.wobble @ tilt[3])

    r = np.sqrt(q)
    zero = regions(phi, lambda out: out == 0, float(r.max()))
    saturated = None
    if layer.bounds:
        low, high = layer.bounds
        flat = regions(phi, lambda out: np.abs(out - (low + high) / 2) > NEAR_BOUND * (high - low) / 2, float(r.max()))
        saturated = share_within(flat, r, shift)
    return Step(
        out,
        lambda G: (G * slopes, None),
        gradient_wobble,
        phi.values(sample.even),
        zero=share_within(zero, r, shift),
        dead=None if s.grid else share_dead(zero, r[0], s.correlation or 0.0, shift),
        saturated=saturated,
    )


class Averages:
    """Averages of φ for any q (P, B), by way of the few sizes that are tabulated."""

    def __init__(self, phi: Elementwise, q: Array, d: Array, shift: float) -> None:
        self.shift, self.field = shift, MeanField(phi)
        r = np.sqrt(q)
        moving = r[r > 0] if r.any() else r
        sizes = float(moving.min()) * (1 - SMALL), float(moving.max()) * (1 + SMALL)
        farthest = float(d.max()) / max(2 * sizes[0] ** 2, 1e-300)  # of s², at most
        self.maps = TwoInputs(phi, sizes, math.sqrt(min(1.0, farthest)) * (1 + SMALL), shift)

    def over_sizes(self, f: Callable[[Array, float], Array], q: Array) -> Array:
        still = f(np.zeros(1), self.shift)  # the sizes are those of what moves
        return np.where(q == 0, still, self.maps.between(np.sqrt(q)) @ f(self.maps.sizes**2, self.shift))

    def mean(self, q: Array) -> Array:
        return self.over_sizes(self.field.mean, q)

    def second_moment(self, q: Array) -> Array:
        return np.maximum(self.over_sizes(self.field.second_moment, q), self.mean(q) ** 2)

    def logarithms(self, q: Array, d: Array) -> Array:
        """ln of the mean square, of the variance within units, of the pooled variance and of the mean squared slope."""
        square = self.second_moment(q).mean()
        within = self.maps.distances_and_slopes(q, d)[0].mean()
        slope = self.over_sizes(self.field.squared_slope, q).mean()
        return np.log(np.maximum([square, within, square - self.mean(q).mean() ** 2, slope], 1e-300))

    def tilt(self, q: Array, d: Array) -> Array:
        """How these four (rows) change with ln q and with ln d (columns)."""
        up, down = 1 + SMALL, 1 - SMALL
        by_q = self.logarithms(q * up, d) - self.logarithms(q * down, d)
        by_d = self.logarithms(q, d * up) - self.logarithms(q, d * down)
        return np.stack([by_q, by_d], axis=1) / (2 * SMALL)


def regions(phi: Elementwise, holds: Callable[[Array], Array], size: float) -> list[tuple[float, float]]:
    """The stretches of x where holds(φ(x)), within 12 times the greatest size."""
    x = np.linspace(-12, 12, 4801) * max(size, 1e-150)
    inside = np.concatenate([[False], holds(phi.values(x)), [False]])

    def edge(i: int) -> float:
        """Between x[i − 1] and x[i]; beyond the ends there is nothing."""
        if i in (0, len(x)):
            return math.inf * (1 if i else -1)
        return bisect(lambda at: 1.0 if holds(phi.values(np.array([at])))[0] else -1.0, x[i - 1], x[i])

    edges = [edge(int(i)) for i in np.flatnonzero(inside[1:] != inside[:-1])]
    return list(zip(edges[::2], edges[1::2], strict=True))


def share_within(stretches: list[tuple[float, float]], r: Array, shift: float) -> float:
    """The share of the numbers r z + shift that lie within them."""
    r = np.maximum(r, 1e-150)
    return float(sum((normal_cdf((high - shift) / r) - normal_cdf((low - shift) / r)).mean() for low, high in stretches))


def share_dead(zero: list[tuple[float, float]], r: Array, correlation: float, shift: float) -> float | None:
    """E Πᵢ Φ((τ/rᵢ − √c z) / √(1 − c)): the share of units whose input is below τ for every one of the batch.

    τ is where the output stops being 0, and every two inputs have the correlation c of the mean two.
    """
    if not zero or share_within(zero, r, shift) < 1e-12:
        return 0.0
    (low, high), *others = zero
    if others or low > -math.inf:
        return None
    if high == math.inf:
        return 1.0
    c = min(max(correlation, 0.0), 1 - 1e-12)
    z, w = normal_nodes()
    few = np.quantile(r, (np.arange(16) + 0.5) / 16)  # sizes that stand for those of all inputs
    below = ((high - shift) / np.maximum(few, 1e-150) - math.sqrt(c) * z[:, None]) / math.sqrt(1 - c)
    with np.errstate(divide="ignore", under="ignore"):
        return float(w @ np.exp(len(r) * np.log(normal_cdf(below)).mean(axis=1)))
