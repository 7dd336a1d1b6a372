"""Two inputs: how far apart a wide layer's outputs are, if what goes into a unit is u for one input and v for the other.

u and v are normal numbers of variances q₁ and q₂. Half their mean squared distance is d = ½ E(u − v)²; an activation makes
D = ½ E(φ(u) − φ(v))² of it. These are distances, not correlations: after some layers a distance may be 10⁻²⁰, which a
correlation of nearly 1 cannot hold. Read next: `scratchnet.theory.pairs`.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from scratchnet.meanfield.one_input import Elementwise, MeanField, normal_nodes
from scratchnet.support.quadrature import bisect, legendre
from scratchnet.support.validation import Array, number

ANGLES, DISTANCES, SIZES = 24, 14, 8
BLOCK = 1 << 15  # numbers that are computed at once, so that they stay in the cache
SMALL = 1e-10  # Chebyshev coefficients that are left out, relative to the greatest


@functools.lru_cache(maxsize=32)  # each has 110 kB, and each layer has angles of its own
def plane_nodes(theta: float) -> tuple[Array, Array]:
    """Nodes u and weights w with E f(u, v) = Σ w f(u, u[MIRROR]) for u and v of variance 1 and correlation cos θ.

    u = ρ cos(ψ − θ/2), v = ρ cos(ψ + θ/2). The panels of the direction ψ end where u or v is 0, since activations have
    kinks there. With each ψ there is −ψ, where u and v change places: so v has the numbers of u, in another order.
    """
    quarter = math.pi / 2
    edges = (-quarter - theta / 2, -quarter + theta / 2, quarter - theta / 2, quarter + theta / 2, 3 * quarter - theta / 2)
    psi, w_psi = legendre(edges, ANGLES)
    rho, w_rho = legendre(RADII, RADIAL)
    weights = np.outer(w_rho * rho * np.exp(-rho * rho / 2), w_psi / (2 * math.pi))
    return np.outer(rho, np.cos(psi - theta / 2)).ravel(), weights.ravel()


RADII, RADIAL = (0.0, 0.03, 0.2, 1.0, 2.5, 4.5, 9.0), 12
# The first panel of ψ and the third are each other's mirror image, the second and the fourth are their own.
MIRROR = np.arange((len(RADII) - 1) * RADIAL * 4 * ANGLES).reshape(-1, 4, ANGLES)[:, [2, 1, 0, 3], ::-1].ravel()


class TwoInputs:
    """An activation's map of two inputs, D and the mean product of slopes, for sizes √q within `sizes`.

    With r = √q₁, p = √q₂, cos θ the correlation of u and v and s = sin θ/2:

        d = ½ (r − p)² + 2 r p s²
        D = ½ (r − p)² radial(r, p) + 2 r p s² angular(r, p, θ)
        slopes(r, p, θ) = E φ'(u) φ'(v)        angular(θ) = ∫ slopes(ϑ) sin ϑ dϑ / 2s²,  ϑ from 0 to θ

    The last follows from dE φ(u)φ(v)/dc = r p E φ'(u)φ'(v) (Price's theorem). All three are smooth, even if φ has a kink at
    0 (ReLU's slopes are (π − θ)/2π). So 14 Chebyshev points in θ, up to s = `farthest`, and 8 in r and p give five digits or
    more, and four where one input is three times another. Where φ(a x) = a φ(x) for every a > 0, as with ReLU, the three do
    not depend on r and p, and one size is enough.
    """

    def __init__(self, phi: Elementwise, sizes: tuple[float, float], farthest: float = 1.0, shift: float = 0.0) -> None:
        low, high = sizes
        self.sizes = low + (high - low) * chebyshev_points(1 if high - low <= 1e-9 * high else SIZES)
        self.widest = 2 * math.asin(min(max(farthest, 1e-9), 1.0))
        z, w = normal_nodes()
        self.same_at_all_sizes = shift == 0 and scales(phi, self.sizes)
        r = (self.sizes[:1] if self.same_at_all_sizes else self.sizes)[:, None]
        f, df = phi.values(r * z + shift), phi.slopes(r * z + shift)
        with np.errstate(divide="ignore", invalid="ignore"):
            radial = np.square(f[:, None] - f) @ w / (r - r.T) ** 2
        np.fill_diagonal(radial, (df * z) ** 2 @ w)
        self.mean_slopes, self.slope_at_rest = df @ w, float(phi.slopes(np.array([shift]))[0])
        self.from_rest = np.square((f - phi.values(np.array([shift]))) / np.maximum(r, 1e-300)) @ w / 2
        slopes = []
        for t in chebyshev_points(DISTANCES):
            u, w = plane_nodes(self.widest * t)
            slopes_at_u = phi.slopes(r * u + shift)
            slopes.append((slopes_at_u * w) @ slopes_at_u[:, MIRROR].T)
        self.radial = radial[None]
        self.slopes = chebyshev_coefficients(np.stack(slopes))
        tau, w = legendre((0.0, 1.0), DISTANCES)
        angular = []
        for t in chebyshev_points(DISTANCES):
            theta = self.widest * t
            integral = np.tensordot(w * np.sin(theta * tau), chebyshev_values(self.slopes, t * tau), 1)
            angular.append(theta * integral / (2 * math.sin(theta / 2) ** 2))
        self.angular = chebyshev_coefficients(np.stack(angular))

    @functools.cached_property
    def _powers(self) -> tuple[Array, Array]:
        return powers(self.angular), powers(self.slopes)

    def interpolation_weights(self, r: Array) -> Array:
        """(…, sizes): the weight of each tabulated size in the value at a size r, by Lagrange's polynomials."""
        if len(self.sizes) == 1:
            return np.ones((*r.shape, 1))
        itself = np.eye(len(self.sizes), dtype=bool)
        gaps = np.where(itself, 1, self.sizes[:, None] - self.sizes)
        return np.where(itself, 1, (r[..., None, None] - self.sizes) / gaps).prod(axis=-1)

    def distances_and_slopes(self, q: Array, d: Array) -> tuple[Array, Array]:
        """D and E φ'φ' of all pairs, (P, B, B) each, for q (P, B) and d (P, B, B), which is symmetric.

        Works in blocks that fit in the cache, and computes each pair once: what is below the diagonal is copied.
        """
        r = np.sqrt(q)
        at_zero = r == 0  # black pixels, say: there φ and its slope are those at 0 itself, also if 0 is a kink
        if self.same_at_all_sizes:
            weights = np.ones((*r.shape, 1))
        else:
            weights = self.interpolation_weights(np.where(at_zero, self.sizes[0], r))
        angular_map, slopes_map = self._powers
        places, rows = q.shape
        many_places, some_rows = max(1, BLOCK // max(rows * rows, 1)), max(1, BLOCK // max(rows, 1))
        distances, slopes = np.empty_like(d), np.empty(d.shape, np.float32)
        for p in range(0, places, many_places):
            for i in range(0, rows, some_rows):
                end = i + some_rows
                block = np.s_[p : p + many_places, i:end, i:]
                r_i, r_j = r[p : p + many_places, i:end, None], r[p : p + many_places, None, i:]
                ends = weights[p : p + many_places, i:end], weights[p : p + many_places, i:].swapaxes(-1, -2)
                radial = np.square(r_i - r_j)
                radial *= 0.5
                angular = d[block] - radial
                np.maximum(angular, 0, out=angular)
                x = angular / np.maximum(2 * r_i * r_j, 1e-300)
                np.arcsin(np.minimum(np.sqrt(x, out=x), 1, out=x), out=x)
                x *= 4 / self.widest
                x -= 1
                np.minimum(x, 1, out=x)  # 2 θ / widest − 1
                radial *= polynomial(self.radial, *ends, x)
                angular *= polynomial(angular_map, *ends, x)
                radial += angular
                distances[block] = np.maximum(radial, 0, out=radial)  # rounding makes a distance of 0 negative
                slopes[block] = polynomial(slopes_map, *ends, x)
                above, below = np.s_[p : p + many_places, i:end, end:], np.s_[p : p + many_places, end:, i:end]
                distances[below], slopes[below] = distances[above].swapaxes(1, 2), slopes[above].swapaxes(1, 2)
        if at_zero.any():
            from_rest = q * (weights @ self.from_rest)
            slope = np.where(at_zero, self.slope_at_rest, weights @ self.mean_slopes)
            either = at_zero[:, :, None] | at_zero[:, None, :]
            slopes = np.where(either, slope[:, :, None] * slope[:, None, :], slopes)
            distances = np.where(either, from_rest[:, :, None] + from_rest[:, None, :], distances)  # one of them is 0
        return distances, slopes


def scales(phi: Elementwise, sizes: Array) -> bool:
    """Whether φ(r z) = r φ(z) at these sizes r, up to rounding."""
    z, _ = normal_nodes()
    f = phi.values(sizes[:, None] * z) / np.maximum(sizes, 1e-300)[:, None]
    return bool(np.ptp(f, axis=0).max() <= 1e-13 * np.abs(f).max())


def powers(coefficients: Array) -> Array:
    """The coefficients of 1, x, x², … in place of T₀(x), T₁(x), …, without the last ones if they are very small."""
    sizes = np.abs(coefficients).reshape(len(coefficients), -1).max(axis=1)
    kept = coefficients[: 1 + int(np.flatnonzero(sizes >= SMALL * sizes.max())[-1])]
    return np.tensordot(powers_of_chebyshev(len(kept)), kept, 1)


@functools.cache
def powers_of_chebyshev(count: int) -> Array:
    """Column n has the coefficients of Tₙ(x) in 1, x, x², …:  Tₙ = 2x Tₙ₋₁ − Tₙ₋₂"""
    columns = np.eye(count)
    for n in range(2, count):
        columns[:, n] = 2 * np.roll(columns[:, n - 1], 1) - columns[:, n - 2]
    return columns


def polynomial(table: Array, weights_i: Array, weights_j: Array, x: Array) -> Array:
    """Σₙ xⁿ Σ weights_i table[n] weights_j, by Horner's rule."""
    if table.shape[1:] == (1, 1):
        out = np.full_like(x, table[-1, 0, 0])
        for coefficient in table[-2::-1, 0, 0]:
            out *= x
            out += coefficient
        return out
    out = weights_i @ table[-1] @ weights_j
    for coefficients in table[-2::-1]:
        out *= x
        out += weights_i @ coefficients @ weights_j
    return out


def chebyshev_points(count: int) -> Array:
    """Points in [0, 1] at which a polynomial interpolates a smooth function well."""
    return np.full(1, 0.5) if count == 1 else (1 - np.cos(math.pi * (np.arange(count) + 0.5) / count)) / 2


def chebyshev_coefficients(values: Array) -> Array:
    """The coefficients (points, …) of T₀(2t − 1), T₁(2t − 1), … from the values (points, …) at chebyshev_points."""
    points = chebyshev_points(len(values))
    basis = np.polynomial.chebyshev.chebvander(2 * points - 1, len(values) - 1)
    return np.linalg.solve(basis, values.reshape(len(values), -1)).reshape(values.shape)


def chebyshev_values(coefficients: Array, t: Array) -> Array:
    """The values (t, …) at any t, from the coefficients."""
    basis = np.polynomial.chebyshev.chebvander(2 * t - 1, len(coefficients) - 1)
    return np.tensordot(basis, coefficients, 1)


def correlation_fixed_point(phi: Elementwise, sigma_w2: float, q: float) -> tuple[float, float]:
    """(c*, slope at c*): the correlation that all pairs of inputs approach in a deep network with that q, and how fast.

    If χ₁ ≤ 1, c* = 1: all inputs become alike. Otherwise c* is where a layer keeps the distance, σ_w² D = d. The slope is
    σ_w² E φ'(u) φ'(v).
    """
    size = (math.sqrt(q), math.sqrt(q))
    chi_1 = sigma_w2 * float(MeanField(phi).squared_slope(q))
    if chi_1 <= 1 + 1e-9:
        return 1.0, chi_1

    def growth_and_slope(s: float, maps: TwoInputs) -> tuple[float, float]:
        d = 2 * q * s * s
        distance, slopes = maps.distances_and_slopes(np.full((1, 1), q), np.full((1, 1, 1), d))
        return sigma_w2 * float(distance[0, 0, 0]) / d, sigma_w2 * float(slopes[0, 0, 0])

    maps = TwoInputs(phi, size)
    s = bisect(lambda s: growth_and_slope(s, maps)[0] - 1, 1e-9, 1.0)
    return 1 - 2 * s * s, growth_and_slope(s, TwoInputs(phi, size, s))[1]


def depth_scale(activation: Any, sigma_w2: float, sigma_b2: float = 0.0) -> float:
    """ξ = −1 / ln(σ_w² E φ'φ' at c*): after each ξ layers the correlation of two inputs is e times closer to c*.

    Networks train to a depth of about 6 ξ (Schoenholz et al. 2017). If q has no fixed point (ReLU with σ_w² ≠ 2), ξ is
    1 / |ln χ₁|, the number of layers after which the signal has grown or shrunk e times. inf at criticality.
    """
    field = MeanField(activation)
    sigma_w2, sigma_b2 = number("sigma_w2", sigma_w2, least=0), number("sigma_b2", sigma_b2, least=0)
    return depth_scale_at(field, sigma_w2, field.fixed_point(sigma_w2, sigma_b2))


def depth_scale_at(field: MeanField, sigma_w2: float, q: float) -> float:
    """ξ where the fixed point q is known."""
    if q in (0, math.inf):
        slope = field.chi_1(sigma_w2, 1e-16 if q == 0 else 1e16)
    else:
        slope = correlation_fixed_point(field.phi, sigma_w2, q)[1]
    if slope <= 0:
        return 0.0
    return math.inf if abs(slope - 1) < 1e-9 else 1 / abs(math.log(slope))
