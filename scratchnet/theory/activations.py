"""What an activation makes of a signal of normal numbers: averages of its own forward and backward. Read next: `laws`."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from scratchnet.layers import Layer
from scratchnet.layers.smooth import normal_cdf
from scratchnet.meanfield import Elementwise, MeanField, TwoInputs
from scratchnet.meanfield.one_input import normal_density, normal_nodes
from scratchnet.meanfield.two_inputs import MIRROR, plane_nodes
from scratchnet.spread import NEAR_BOUND
from scratchnet.support.validation import Array, InputError
from scratchnet.theory.finite import gradient_share_variance, more_squared_cosine, shares
from scratchnet.theory.pairs import Pairs
from scratchnet.theory.signal import OutOfReach, Signal, Step, kurtosis_of

RELATIVE_STEP = 0.02  # by which q or d is changed for a numeric derivative
SHIFT_OF_MEAN = 0.05  # ln of what the deviations of single networks may add to a mean square, which is left out here
OUTSIDE = 1e-3  # by how much a cosine may be beyond 1
WRONG = 0.02  # by how much an interpolated average may differ from a direct one
INTERPOLATION = "averages of it cannot be interpolated"
FEW_SLOPES = 10  # of all units and inputs
RARE = "nearly all slopes are 0, so a gradient is that of a few units, and only its mean over many networks is predicted"
MISFIT = 0.02  # of the integral of backward and forward, relative to the std of forward


class NotItsSlope(OutOfReach):
    """backward is not the slope of forward, as in a straight-through gradient: distances do not follow from slopes."""


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
    check_slopes(phi, math.sqrt(float(q.max())), shift)
    averages = Averages(phi, q, s.d.greatest, shift)
    distances, slopes = averages.maps.distances_and_slopes(q, s.d.array)
    d, sample = Pairs.of(distances), s.sample
    h = phi.values(sample.z)
    derivatives = averages.log_derivatives(sample.select(q), sample.d)
    check_interpolation(averages, sample.select(q)[0], sample.d[0], sample.select_pairs(d)[0])
    check_mean(derivatives[:2], s.log_covariance)
    sampled = 1 + s.units / h.shape[1] if s.over_batch else 1.0  # then averages are over a sample of units
    of_units = shares(h)
    share_variance = float(of_units[1].var(ddof=1)) * sampled
    if s.normed:  # where units are large the norm has made all of them smaller
        of_units -= derivatives[:3].sum(axis=1)[:, None] * shares(sample.z)[0]
    width_covariance = np.cov(of_units[:2]) / s.units * sampled
    log_covariance = derivatives[:2] @ s.log_covariance @ derivatives[:2].T + width_covariance
    log_variance_pooled = derivatives[2] @ s.log_covariance @ derivatives[2] + float(of_units[2].var()) / s.units * sampled
    # A deviation of the products passes through the slopes, and counts relative to the distances.
    passed_on = (float(slopes.mean()) * s.d.mean / d.mean) ** 2 if s.excess_squared_cosine and d.mean else 0.0
    out = Signal(
        averages.second_moment(q),
        d,
        averages.mean(q),
        s.units,
        s.grid,
        kurtosis_of(phi.values(sample.quantiles).T),
        log_covariance=log_covariance,
        log_variance_pooled=float(log_variance_pooled),
        log_variance_within=float(log_covariance[1, 1]),
        excess_squared_cosine=s.excess_squared_cosine * passed_on,
    )
    own = more_squared_cosine(1 / (out.rank() or math.inf), share_variance, s.units)
    out = replace(out, excess_squared_cosine=out.excess_squared_cosine + own)

    of_slopes = before_norm = 1.0
    if s.over_batch:
        out = out_of_normed(out, h, phi.values(sample.normal_z))
        if len(h) == q.shape[1]:
            normed, usual = (phi.slopes(z) ** 2 for z in (sample.z, sample.normal_z))
            if normed.any() and usual.any():
                of_slopes = float(normed.mean() / usual.mean())
                before_norm = passed_by_norm(normed, sample.z)

    def gradient_log_variance(gradient: Array, places: int) -> float:
        of_unit = phi.slopes(sample.z)
        share = gradient_share_variance(gradient * of_unit)
        if places > 1:  # a unit's slopes go together at all places, its gradients do not
            of_slopes = min(gradient_share_variance(of_unit), share)
            share = of_slopes + (share - of_slopes) / places
        return float(share / s.units + derivatives[3] @ s.log_covariance @ derivatives[3])

    def times_mean_slope(covariance: Array) -> Array:  # Stein: E x φ(u) = E x u · E φ′(u)
        return covariance * averages.mean_slope(q)[:, None, : covariance.shape[2]]

    r, at_rest = np.sqrt(q), float(phi.values(np.array([shift]))[0])  # at rest, where inputs are black
    zero = intervals(phi, lambda out: out == 0, float(r.max()))
    dead = saturated = None
    if not s.grid and (s.correlation or 0.0) < 0 and len(h) == q.shape[1]:  # no cosine of all inputs can be negative
        dead = float((h == 0).all(axis=0).mean())
    elif not s.grid:
        dead = share_dead(zero, r[0], s.correlation or 0.0, shift, at_rest == 0)
    if layer.bounds:
        low, high = layer.bounds

        def near_bound(out: Array) -> Array:
            return np.abs(out - (low + high) / 2) > NEAR_BOUND * (high - low) / 2

        saturated = share_within(intervals(phi, near_bound, float(r.max())), r, shift, bool(near_bound(np.array(at_rest))))
    return Step(
        out,
        lambda G: (G * slopes[:, : G.shape[1], : G.shape[1]], None),
        gradient_log_variance,
        phi.values(sample.quantiles),
        zero=share_within(zero, r, shift, at_rest == 0),
        dead=dead,
        saturated=saturated,
        factor=of_slopes,
        before_norm=before_norm,
        note=RARE if 0 < share_of_slopes(phi, averages, q, shift) * q.size * s.units < FEW_SLOPES else None,
        counts_units=True,
        excess_passed=float(np.vdot(slopes, slopes) / slopes.size / np.einsum("pii->", slopes) ** 2 * slopes[:, 0].size ** 2)
        if slopes.any()
        else 1.0,
        covariance=times_mean_slope,
        gradient_covariance=times_mean_slope,
    )


def check_slopes(phi: Elementwise, size: float, shift: float) -> None:
    """Raise unless forward is an integral of backward, as far as normal numbers of this size reach."""
    size = max(size, 1e-6 * abs(shift), 1e-30)  # a smaller one is lost in the rounding of the shift
    far = 6 * size + abs(shift)
    v = np.linspace(-math.log1p(far), math.log1p(far), 200_001)
    # More points where φ swings fast, and more of them near 0 where it is steep.
    grids = (lambda: np.linspace(-6, 6, 4801) * size + shift, lambda: np.sign(v) * np.expm1(np.abs(v)))
    if any(follows(phi, grid(), size, shift) for grid in grids):
        return
    if size > 1 and follows(phi, np.linspace(-6, 6, 200_001), 1.0, 0.0):
        raise OutOfReach("it swings too fast for its slopes to be averaged")
    raise NotItsSlope("backward is not the slope of forward")


def follows(phi: Elementwise, x: Array, size: float, shift: float) -> bool:
    """Whether φ is an integral of its slopes at these x, up to a small part of its std."""
    f, slopes, steps = phi.values(x), phi.slopes(x), np.diff(x)
    integral = np.concatenate([[0.0], np.cumsum((slopes[1:] + slopes[:-1]) / 2 * steps)])
    w = normal_density((x - shift) / size) * np.append(steps, 0.0)
    misfit = f - integral
    if not np.isfinite(misfit).all():
        return True  # beyond floats, which is said elsewhere
    if not w.sum():
        return False  # no point is near
    w /= w.sum()
    rounding = 1e-14 * float(np.abs(f).max())
    f, misfit = f - w @ f, misfit - w @ misfit
    return bool(w @ misfit**2 <= MISFIT**2 * (w @ f**2) + rounding**2)


def check_interpolation(averages: "Averages", q: Array, before: Array, after: Array) -> None:
    """Raise if interpolated averages differ from direct ones, or if distances contradict sizes.

    q (B) and the distances (B, B) before and after are those of some inputs. The direct averages are of φ itself: for the
    smallest and the largest input and one between, and for the pairs with the smallest, a middle and the largest distance.
    """
    square = averages.second_moment(q)
    r = np.sqrt(square)
    least, greatest = (r[:, None] - r) ** 2 / 2, (r[:, None] + r) ** 2 / 2
    outside = OUTSIDE * np.outer(r, r) + 1e-6 * square.mean()
    if (np.maximum(least - after, after - greatest) > outside).any():
        raise OutOfReach(INTERPOLATION)
    some = np.argsort(q)[[0, len(q) // 2, -1]]
    direct = averages.field.second_moment(q[some], averages.shift)
    pairs = np.flatnonzero(np.triu(before > 0, 1) & (np.minimum(q[:, None], q) > 0))
    pairs = pairs[np.argsort(before.ravel()[pairs])][[0, len(pairs) // 2, -1]] if len(pairs) else pairs
    wrong = np.abs(direct - square[some]) > WRONG * direct
    for pair in pairs:
        i, j = divmod(int(pair), len(q))
        direct_distance = averages.distance(float(q[i]), float(q[j]), float(before[i, j]))
        wrong = np.append(
            wrong, abs(direct_distance - after[i, j]) > WRONG * direct_distance + 1e-12 * (square[i] + square[j])
        )
    if wrong.any():
        raise OutOfReach(INTERPOLATION)


def check_mean(derivatives: Array, log_covariance: Array) -> None:
    """Raise if the mean over networks is far from what the mean q and d give.

    ln q and ln d deviate by ε from network to network, E e^ε = 1, and a mean ∝ e^(gε) is then exp(½ g Σ gᵀ − ½ g diag Σ).
    """
    shift = np.einsum("ki,ij,kj->k", derivatives, log_covariance, derivatives) - derivatives @ np.diag(log_covariance)
    if np.abs(shift).max() > SHIFT_OF_MEAN:
        raise OutOfReach("the mean over networks is far from that of an infinitely wide one")


def share_of_slopes(phi: Elementwise, averages: "Averages", q: Array, shift: float) -> float:
    """E φ′² over the greatest φ′²: the share of units that have a slope, at least."""
    far = math.log1p(6 * math.sqrt(float(q.max())) + abs(shift))
    v = np.linspace(-far, far, 2001)
    greatest = float((phi.slopes(np.sign(v) * np.expm1(np.abs(v))) ** 2).max())
    return float(averages.interpolate(averages.field.squared_slope, q).mean()) / greatest if greatest else 0.0


def passed_by_norm(squared_slopes: Array, z: Array) -> float:
    """Σ φ′² (1 − 1/B − x̂²/B) over Σ φ′² (1 − 2/B): what a BatchNorm passes back of gradients with these slopes, relative to
    what it passes of gradients that have nothing to do with its outputs x̂ (inputs, units)."""
    rows = len(z)
    change = z - z.mean(axis=0)
    passed = 1 - 1 / rows - change**2 / np.maximum(change.var(axis=0), 1e-300) / rows
    return float((squared_slopes * passed).mean() / (squared_slopes.mean() * (1 - 2 / rows))) if rows > 2 else 1.0


def out_of_normed(out: Signal, h_normed: Array, h: Array) -> Signal:
    """The signal of an activation whose inputs have variance 1 over the batch in each unit, from that for normal numbers.

    h_normed and h (inputs, units) are samples of its outputs for the one and the other. For many inputs they are of a part
    of these. Then only the units' means differ.
    """
    between = max(out.q.mean() - out.mean.mean() ** 2 - out.d.mean, 0.0)
    between *= h_normed.mean(axis=0).var() / max(h.mean(axis=0).var(), 1e-300)
    d, mean, r = out.d, out.mean, np.sqrt(out.q)
    if len(h) == out.q.shape[1] and d.mean:
        d, mean = d * (h_normed.var(axis=0).mean() / d.mean), mean + (h_normed.mean() - mean.mean()) * r / r.mean()
        between = h_normed.mean(axis=0).var()
    square = mean.mean() ** 2 + d.mean + between
    return replace(out, q=out.q * (square / out.q.mean()) if out.q.any() else out.q, d=d, mean=mean)


class Averages:
    """Averages of φ for any q (P, B), interpolated between a few sizes √q."""

    def __init__(self, phi: Elementwise, q: Array, greatest: float, shift: float) -> None:
        self.shift, self.field = shift, MeanField(phi)
        r = np.sqrt(q)
        nonzero = r[r > 0] if r.any() else r
        sizes = float(nonzero.min()) * (1 - RELATIVE_STEP), float(nonzero.max()) * (1 + RELATIVE_STEP)
        farthest = greatest / max(2 * sizes[0] ** 2, 1e-300)  # of s², at most
        self.maps = TwoInputs(phi, sizes, math.sqrt(min(1.0, farthest)) * (1 + RELATIVE_STEP), shift)

    def distance(self, q: float, p: float, d: float) -> float:
        """½ E (φ(u) − φ(v))² for u and v of variances q and p with ½ E (u − v)² = d, without interpolation."""
        r, s = math.sqrt(q), math.sqrt(p)
        sine = math.sqrt(min(max((d - (r - s) ** 2 / 2) / (2 * r * s), 0.0), 1.0))
        u, w = plane_nodes.__wrapped__(2 * math.asin(sine))  # not kept
        phi = self.field.phi.values
        return float(np.square(phi(r * u + self.shift) - phi(s * u[MIRROR] + self.shift)) @ w / 2)

    def interpolate(self, average: Callable[[Array, float], Array], q: Array) -> Array:
        """average(q, shift), evaluated only at the few sizes of `maps`, and at 0, which is not among them."""
        at_zero = average(np.zeros(1), self.shift)
        between_sizes = self.maps.interpolation_weights(np.sqrt(q)) @ average(self.maps.sizes**2, self.shift)
        return np.where(q == 0, at_zero, between_sizes)

    def mean(self, q: Array) -> Array:
        return self.interpolate(self.field.mean, q)

    def mean_slope(self, q: Array) -> Array:
        """E φ′"""
        slopes = self.maps.mean_slopes
        weights = np.ones((*q.shape, 1)) if len(slopes) == 1 else self.maps.interpolation_weights(np.sqrt(q))
        return np.where(q == 0, self.maps.slope_at_rest, weights @ slopes)

    def second_moment(self, q: Array) -> Array:
        return np.maximum(self.interpolate(self.field.second_moment, q), self.mean(q) ** 2)

    def logarithms(self, q: Array, d: Array) -> Array:
        """ln of the mean square, of the variance within units, of the pooled variance and of the mean squared slope."""
        square = self.second_moment(q).mean()
        within = self.maps.distances_and_slopes(q, d)[0].mean()
        slope = self.interpolate(self.field.squared_slope, q).mean()
        return np.log(np.maximum([square, within, square - self.mean(q).mean() ** 2, slope], 1e-300))

    def log_derivatives(self, q: Array, d: Array) -> Array:
        """Derivatives (4, 2) of these four logarithms (rows) with respect to ln q and ln d (columns)."""
        up, down = 1 + RELATIVE_STEP, 1 - RELATIVE_STEP
        by_q = self.logarithms(q * up, d) - self.logarithms(q * down, d)
        by_d = self.logarithms(q, d * up) - self.logarithms(q, d * down)
        return np.stack([by_q, by_d], axis=1) / (2 * RELATIVE_STEP)


def intervals(phi: Elementwise, condition: Callable[[Array], Array], size: float) -> list[tuple[float, float]]:
    """The intervals of x where condition(φ(x)) is true, searched for up to |x| = 12 times the greatest size."""
    x = np.linspace(-12, 12, 4801) * (size or 1e-30)
    inside = np.concatenate([[False], condition(phi.values(x)), [False]])

    def edge(i: int) -> float:
        """The edge between x[i − 1] and x[i]; an interval that reaches an end of the search has no edge there."""
        if i in (0, len(x)):
            return math.inf * (1 if i else -1)
        low, high = x[i - 1], x[i]
        for _ in range(8):  # each time to a hundredth
            steps = np.linspace(low, high, 101)
            first = int(np.argmax(condition(phi.values(steps)) == inside[i + 1]))
            low, high = steps[max(first - 1, 0)], steps[first]
        return float(low + high) / 2

    edges = [edge(int(i)) for i in np.flatnonzero(inside[1:] != inside[:-1])]
    return list(zip(edges[::2], edges[1::2], strict=True))


def share_within(ranges: list[tuple[float, float]], r: Array, shift: float, at_rest: bool) -> float:
    """The share of the numbers r z + shift that lie within the ranges; `at_rest` says whether those with r = 0 do."""
    sizes = r[r > 0]
    inside = sum((normal_cdf((high - shift) / sizes) - normal_cdf((low - shift) / sizes)).sum() for low, high in ranges)
    return float((inside + at_rest * (r.size - sizes.size)) / r.size)


def share_dead(zero: list[tuple[float, float]], r: Array, correlation: float, shift: float, at_rest: bool) -> float | None:
    """E Πᵢ Φ((τ/rᵢ − √c z) / √(1 − c)): the share of units whose input is below τ for every row of the batch.

    τ is where the output stops being 0. Every two inputs are given the same correlation c, the mean one.
    """
    share = share_within(zero, r, shift, at_rest)
    r = r[r > 0]
    if not len(r):
        return share
    if share < 1e-12 or not zero or not share_within(zero, r, shift, at_rest):
        return 0.0
    (low, high), *others = zero
    if others or low > -math.inf:
        return None
    if high == math.inf:
        return 1.0
    c = min(max(correlation, 0.0), 1 - 1e-12)
    z, w = normal_nodes()
    sizes = np.quantile(r, (np.arange(16) + 0.5) / 16)  # 16 sizes stand for those of all inputs
    below = ((high - shift) / np.maximum(sizes, 1e-150) - math.sqrt(c) * z[:, None]) / math.sqrt(1 - c)
    with np.errstate(divide="ignore", under="ignore"):
        return float(w @ np.exp(len(r) * np.log(normal_cdf(below)).mean(axis=1)))
