"""What each kind of layer does to a signal, and to the gradient on its way back.

The backward rules treat gradients as independent of the numbers that went forward: exact for infinitely wide layers, and
right to a few per cent for layers of a hundred units. Read next: `output`.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from scratchnet.initializers import Sparse
from scratchnet.layers import Affine, BatchNorm, Convolution, Dropout, Flatten, Layer, LayerNorm, Scale
from scratchnet.support.validation import Array
from scratchnet.theory.activations import activation
from scratchnet.theory.finite import gradient_share_variance, pooled_share_variance
from scratchnet.theory.norms import batch_norm, layer_norm
from scratchnet.theory.pairs import Pairs
from scratchnet.theory.signal import BEYOND, OutOfReach, Signal, Step, same_step, unchanged
from scratchnet.theory.weights import (
    bias_moments,
    by_window_place,
    excess_kurtosis,
    of_groups,
    of_tails,
    passes_on,
    weight_variance,
)

CANCELLED = 1e-9  # relative to the same sum without pairs: what is left is the error of interpolation and of rounding


def layer_step(layer: Layer, s: Signal) -> Step:
    """What the layer makes of the signal. Raises OutOfReach where theory has no answer."""
    for kind, rule in RULES.items():
        if isinstance(layer, kind):
            return rule(layer, s)
    return activation(layer, s)


def affine(layer: Affine, s: Signal) -> Step:
    """q ← n_in Var(W) q + Var(b),  d ← n_in Var(W) d;    G ← n_out Var(W) G,  dW² = Σ G k"""
    if s.grid:
        raise OutOfReach("it needs rows, but its inputs are images")
    n_in, n_out = layer.W.shape
    gain = passes_on(layer)
    variance = gain**2 / n_in if gain is not None else weight_variance(layer)

    def backward(G: Array) -> tuple[Array, float]:
        rows = G.shape[1]
        distances = s.d.factor * np.vdot(G, s.d.table.array[:, :rows, :rows])
        own = float(np.vdot(np.diagonal(G, axis1=1, axis2=2), s.q[:, :rows]))
        return G, beyond_rounding(float(np.vdot(G.sum(axis=2), s.q[:, :rows]) - distances), own)  # k = ½ (q_i + q_j) − d

    if gain is not None:
        return passed_on(layer, s, gain, backward)
    out = weighted_sum(layer, s, n_in * variance * s.q, s.d * (n_in * variance), n_out, None)
    return replace(normal_step(out, backward, factor=n_out * variance), **of_tails(layer, s))


def convolution(layer: Convolution, s: Signal) -> Step:
    """As affine, summed over the places in the window: each place in it has weights of its own."""
    if s.grid is None:
        raise OutOfReach("it needs images, but its inputs are rows")
    size, stride, pad = layer.size, layer.stride, layer.pad
    n_in, n_out = layer.n_in // layer.groups, layer.n_out // layer.groups
    gain = passes_on(layer)
    variance = gain**2 / n_in if gain is not None else weight_variance(layer)
    shares = by_window_place(layer)
    framed = tuple(side + 2 * pad for side in s.grid)
    grid = tuple((side - size) // stride + 1 for side in framed)

    def windows(frame: Array) -> Iterator[Array]:
        """For each place in the window a view (height', width', …) of the framed image (height, width, …)."""
        for i in range(size):
            for j in range(size):
                yield frame[i : i + stride * (grid[0] - 1) + 1 : stride, j : j + stride * (grid[1] - 1) + 1 : stride]

    def inputs_by_window_place(a: Array) -> list[Array]:
        image = a.reshape(*s.grid, *a.shape[1:])  # type: ignore[misc]
        frame = np.pad(image, [(pad, pad)] * 2 + [(0, 0)] * (a.ndim - 1))
        return [window.reshape(-1, *a.shape[1:]) for window in windows(frame)]

    def backward(G: Array) -> tuple[Array, float]:
        frame = np.zeros((*framed, *G.shape[1:]))
        for share, window in zip(shares, windows(frame), strict=True):
            if share:
                window += share * G.reshape(*grid, *G.shape[1:])
        image = frame[pad : framed[0] - pad, pad : framed[1] - pad]
        k = s.products[:, : G.shape[1], : G.shape[1]]
        by_place = inputs_by_window_place(k)
        own = sum(np.vdot(np.einsum("pii->pi", G), np.einsum("pii->pi", one)) for one in by_place)
        dw_square = float(sum(np.vdot(G, one) for one in by_place)) / size**2
        return image.reshape(-1, *G.shape[1:]), beyond_rounding(dw_square, float(own) / size**2)

    def summed(a: Array) -> Array:
        read = [share * one for share, one in zip(shares, inputs_by_window_place(a), strict=True) if share]
        return n_in * variance * np.sum(read, axis=0)

    if gain is not None:
        return passed_on(layer, s, gain, lambda G: (G, backward(G)[1]))
    q, d = summed(s.q), summed(s.d.array)
    out = weighted_sum(layer, s, q, Pairs.of(d), layer.n_out, grid)
    return replace(normal_step(out, backward, factor=n_out * variance), **of_tails(layer, s))


def passed_on(layer: Any, s: Signal, gain: float, backward: Callable[[Array], tuple[Array, float | None]]) -> Step:
    """The step of a weight that is a multiple of the identity: outputs are inputs times it, plus the bias."""
    bias, variance = bias_moments(layer)
    if variance:
        raise OutOfReach("its biases differ, and its inputs are not random sums")
    mean = gain * s.mean + bias
    step = same_step(replace(s, q=gain**2 * s.q + 2 * bias * gain * s.mean + bias**2, d=s.d * gain**2, mean=mean), gain)
    return replace(step, backward=backward)


def beyond_rounding(dw_square: float, own: float) -> float:
    """Σ G k over all pairs, or NaN if inputs cancel so far that errors are left; `own` is Σ G k of each input alone."""
    return math.nan if abs(dw_square) < CANCELLED * own else dw_square


def weighted_sum(layer: Any, s: Signal, q: Array, d: Pairs, units: int, grid: Any) -> Signal:
    """The signal after random weights: sums of many random numbers, so normal numbers, plus the bias."""
    if s.q.any() and layer.W.any() and not q.any():
        raise OutOfReach(BEYOND)
    mean, variance = bias_moments(layer)
    share = np.array([q.mean() / max(q.mean() + mean**2 + variance, 1e-300), 1.0])
    excess = excess_kurtosis(layer)
    tails = excess * s.kurtosis / layer.W[..., 0].size + of_groups(layer, s)  # the outputs' own excess kurtosis
    if excess and not isinstance(layer.specs["W"].init, Sparse):
        tails += units * (excess + 2) / layer.W.size  # the variance of the weights is known only from those drawn
    log_covariance = share[:, None] * (s.log_covariance + s.width_log_covariance + tails / units) * share
    return Signal(
        q + mean**2 + variance,
        d,
        np.full(q.shape, mean),
        units,
        grid,
        normal=True,
        log_covariance=log_covariance,
        excess_squared_cosine=s.excess_squared_cosine + s.width_excess(),
    )


def normal_step(out: Signal, backward: Callable[[Array], tuple[Array, float | None]], factor: float) -> Step:
    """The step of a layer whose outputs are normal."""
    sample, covariance = out.sample, out.log_covariance
    out = out.with_measured(
        log_variance_pooled=float(covariance[0, 0] + pooled_share_variance(sample.z) / out.units),
        log_variance_within=float(covariance[1, 1] + sample.share_covariance[1, 1] / out.units),
    )
    black = out.q == 0
    nothing: Any = dict.fromkeys(("covariance", "gradient_covariance"))
    return Step(out, backward, zero=float(black.mean()), dead=float(black.all()), factor=factor, **nothing)


def dropout(layer: Dropout, s: Signal) -> Step:
    """q ← q / (1 − ratio). Products of two inputs stay, since their masks are independent. G likewise."""
    if not layer.training or not layer.ratio:
        return same_step(s)
    kept = 1 - layer.ratio
    same = np.eye(s.q.shape[1], dtype=bool)
    q = s.q / kept
    d = np.where(same, 0, (q[:, :, None] + q[:, None, :]) / 2 - s.products)
    out = replace(s, q=q, d=Pairs.of(d), kurtosis=s.kurtosis / kept, kept=s.kept * kept, normal=False)
    # The masks' part in d goes with q. Measured over n units and B inputs, it is a little different with each mask.
    own = s.d.mean / max(out.d.mean, 1e-300)
    parts = np.array([[1, 0], [1 - own, own]])
    excess = s.excess_squared_cosine + s.width_excess()
    both = (s.kurtosis - 1) * (s.correlation or 0.0) ** 2  # by which a unit that is large for one input is so for another
    of_masks = masks_covariance(s, kept, both)
    log_covariance = parts @ (s.log_covariance + s.width_log_covariance) @ parts.T + of_masks[:2, :2]
    out = replace(
        out,
        log_covariance=log_covariance,
        log_variance_pooled=s.log_variance_pooled + float(of_masks[2, 2]),
        log_variance_within=float(log_covariance[1, 1]),
        excess_squared_cosine=own**2 * excess + (1 - own**2) * (1 + both) / s.units,
    )

    def backward(G: Array) -> tuple[Array, None]:
        return np.where(same[: G.shape[1], : G.shape[1]], G / kept, G), None

    def gradient_log_variance(gradient: Array, places: int) -> float:
        fourth = float((gradient**4).mean()) / max(float((gradient**2).mean()) ** 2, 1e-300)
        return (gradient_share_variance(gradient) + (1 / kept - 1) * fourth / q.shape[1]) / (s.units * places)

    return Step(
        out,
        backward,
        gradient_log_variance,
        counts_units=True,
        covariance=unchanged,
        gradient_covariance=unchanged,
        excess_passed=kept**2,
    )


def masks_covariance(s: Signal, kept: float, both: float) -> Array:
    """Covariance (3, 3), over masks, of the logarithms of the mean square, the variance within and the pooled variance.

    A number h = x / kept, where the mask lets x through, adds h² − 2 h m, with m = 0, the mean of the unit's other inputs,
    or the mean of all. Of m the part b x goes with x, where b = E m x / E x², and the rest is independent of it. With few
    inputs the masks of two count together; `both` says by how much their squares go together.
    """
    q, rows, mean = s.q, s.q.shape[1], float(s.mean.mean())
    of_two = 2 * (1 / kept - 1) * (1 - 1 / rows) / rows * (1 + both) * float(q.mean()) ** 2
    means = s.products.mean(axis=2)
    all_means = means.mean(axis=1, keepdims=True)
    deviations = []
    for own, products, of_m, total in (
        (1.0, 0 * q, 0 * q, q / kept),
        (
            1 - 1 / rows,
            means - q / rows,
            all_means - 2 * means / rows + q / rows**2,
            q / kept - all_means - (1 / kept - 1) * q / rows,
        ),
        (1.0, mean * s.mean, 0 * q + mean**2, q / kept - mean**2),
    ):
        b = products / np.maximum(q, 1e-300)
        rest = np.maximum(of_m - b**2 * q, 0) * q
        sums = s.kurtosis * q**2 * (own / kept - 2 * b) ** 2 + 4 * rest
        square = float(sums.mean()) + (of_two if own < 1 else 0.0)
        changes = math.sqrt((1 / kept - 1) * square / (s.units * q.size))
        deviations.append(changes / float(total.mean()) if changes else 0.0)
    return np.outer(deviations, deviations)


def scale(layer: Scale, s: Signal) -> Step:
    """q ← α² q,  d ← α² d;    G ← α² G"""
    alpha = float(layer.alpha[0])
    return same_step(replace(s, q=alpha**2 * s.q, d=s.d * alpha**2, mean=alpha * s.mean), alpha)


def flatten(layer: Flatten, s: Signal) -> Step:
    """The mean over places. On the way back each place gets the same gradient."""
    if s.grid is None:
        return same_step(s)
    q, d, mean = (a.mean(axis=0, keepdims=True) for a in (s.q, s.d.array, s.mean))
    places = len(s.q)
    out = replace(
        s,
        q=q,
        d=Pairs.of(d),
        mean=mean,
        units=s.units * places,
        independent=s.independent or s.units,
        grid=None,
        normal=False,
        excess_squared_cosine=s.excess_squared_cosine / places,
    )
    return Step(out, lambda G: (np.broadcast_to(G, (places, *G.shape[1:])), None))


RULES: dict[type, Callable[..., Step]] = {
    Affine: affine,
    Convolution: convolution,
    Dropout: dropout,
    Flatten: flatten,
    BatchNorm: batch_norm,
    LayerNorm: layer_norm,
    Scale: scale,
}
