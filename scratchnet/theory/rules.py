"""What each kind of layer does to a signal, and to the gradient on its way back.

The backward rules treat gradients as independent of the numbers that went forward: exact for infinitely wide layers, and
right to a few per cent for layers of a hundred units. Read next: `output`.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from scratchnet.initializers import DeltaOrthogonal, Dirac, Identity, Sparse
from scratchnet.layers import Affine, BatchNorm, Convolution, Dropout, Flatten, Layer, LayerNorm, Scale
from scratchnet.spread import root_mean_square
from scratchnet.support.validation import Array, InputError
from scratchnet.theory.activations import activation
from scratchnet.theory.finite import gradient_share_variance, pooled_share_variance
from scratchnet.theory.pairs import Pairs
from scratchnet.theory.signal import BEYOND, OutOfReach, Signal, Step, unchanged

CANCELLED = 1e-9  # relative to the same sum without pairs: what is left is the error of interpolation and of rounding
NOT_NORMAL = 0.5  # excess kurtosis beyond which sums are not taken for normal numbers
FEW_CHANNELS = 1.0  # the same, for convolutions with groups


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
    variance = parameter_variance(layer, "W")
    out = weighted_sum(layer, s, n_in * variance * s.q, s.d * (n_in * variance), n_out, None)

    def backward(G: Array) -> tuple[Array, float]:
        rows = G.shape[1]
        distances = s.d.factor * np.vdot(G, s.d.table.array[:, :rows, :rows])
        own = float(np.vdot(np.diagonal(G, axis1=1, axis2=2), s.q[:, :rows]))
        return G, beyond_rounding(float(np.vdot(G.sum(axis=2), s.q[:, :rows]) - distances), own)  # k = ½ (q_i + q_j) − d

    return replace(normal_step(out, backward, factor=n_out * variance), **of_tails(layer, s))


def convolution(layer: Convolution, s: Signal) -> Step:
    """As affine, summed over the places in the window: each place in it has weights of its own."""
    if s.grid is None:
        raise OutOfReach("it needs images, but its inputs are rows")
    size, stride, pad = layer.size, layer.stride, layer.pad
    n_in, n_out = layer.n_in // layer.groups, layer.n_out // layer.groups
    variance, shares = parameter_variance(layer, "W"), by_window_place(layer)
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

    q, d = summed(s.q), summed(s.d.array)
    out = weighted_sum(layer, s, q, Pairs.of(d), layer.n_out, grid)
    return replace(normal_step(out, backward, factor=n_out * variance), **of_tails(layer, s))


def beyond_rounding(dw_square: float, own: float) -> float:
    """Σ G k over all pairs, or NaN if inputs cancel so far that errors are left; `own` is Σ G k of each input alone."""
    return math.nan if abs(dw_square) < CANCELLED * own else dw_square


def by_window_place(layer: Convolution) -> list[float]:
    """For each place in the window the variance of its weights, relative to the mean over places."""
    if not isinstance(layer.specs["W"].init, DeltaOrthogonal) or not layer.W.any():
        return [1.0] * layer.size**2
    squares = (layer.W.astype(np.float64) ** 2).mean(axis=(2, 3)).ravel()
    return [float(share) for share in squares / squares.mean()]


def weighted_sum(layer: Any, s: Signal, q: Array, d: Pairs, units: int, grid: Any) -> Signal:
    """The signal after random weights: sums of many random numbers, so normal numbers, plus the bias."""
    if s.q.any() and layer.W.any() and not q.any():
        raise OutOfReach(BEYOND)
    b = layer.b.astype(np.float64)
    mean, variance = (float(b[0]), 0.0) if np.ptp(b) == 0 else (0.0, parameter_variance(layer, "b"))
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
        excess_squared_cosine=s.excess_squared_cosine,
    )


def parameter_variance(layer: Layer, name: str) -> float:
    """The variance of the law that a parameter is drawn from. The law's mean must be 0."""
    values = getattr(layer, name).astype(np.float64)
    constant = values.any() and not np.ptp(values)
    # The mean of a small Identity or Dirac is too near 0 to show.
    constant = constant or isinstance(layer.specs[name].init, Identity | Dirac)
    if constant or abs(values.mean()) > 6 * root_mean_square(values) / math.sqrt(values.size):
        raise OutOfReach(f"its {name} is not random about 0")
    return weight_rms(layer, name) ** 2


def of_tails(layer: Any, s: Signal) -> dict[str, Any]:
    """What a Step has in addition if few large weights make up most of a layer's sums."""
    excess = excess_kurtosis(layer)
    tails = excess * s.kurtosis / layer.W[..., 0].size
    of_gradient = 3 * excess / layer.W.size
    note = (
        "a few large weights make up most of each sum, so outputs are not normal numbers, and from here on sizes are "
        "predicted to a factor only"
    )
    if of_groups(layer, s) > FEW_CHANNELS:
        tails = math.inf
        note = (
            "each output reads few channels, and its gradient depends on these, so from here on sizes and dW are predicted "
            "to a factor only"
        )
    return {"note": note if tails > NOT_NORMAL else None, "gradient_log_variance": lambda gradient: of_gradient}


def of_groups(layer: Any, s: Signal) -> float:
    """The excess kurtosis that outputs have because each group has channels of its own, of different mean squares."""
    return 3 * (s.kurtosis - 1) * getattr(layer, "groups", 1) / layer.n_in if getattr(layer, "groups", 1) > 1 else 0.0


def excess_kurtosis(layer: Any) -> float:
    """Mean fourth power of the weights over the square of their mean square, less the 3 of normal ones; 0 unless large.

    By the initializer's law if it is Sparse, else by what was drawn, so beyond what chance makes of normal numbers.
    """
    values, spec = layer.W.astype(np.float64), layer.specs["W"]
    square = root_mean_square(values) ** 2
    if isinstance(spec.init, DeltaOrthogonal):
        return 0.0  # its zeros are in the rule of the window
    if isinstance(spec.init, Sparse):
        return max(3 * layer.W[..., 0].size / spec.init.nonzeros - 3, 0.0)
    excess = float(((values**2 / square) ** 2).mean()) - 3 if square else 0.0
    return excess if excess > max(1.0, 10 * math.sqrt(24 / values.size)) else 0.0


def weight_rms(layer: Layer, name: str) -> float:
    """The std of the initializer's law while the parameter is as it was drawn, else the rms of its values."""
    values = getattr(layer, name).astype(np.float64)
    rms = root_mean_square(values)
    if not rms:
        return 0.0  # also where the law's numbers are too small for the layer's dtype
    spec = layer.specs[name]
    try:
        std = float(spec.init.std(spec.fans))
    except (AttributeError, InputError, TypeError, NotImplementedError):
        return rms
    return std if abs(rms - std) <= 10 * std / math.sqrt(values.size) else rms


def normal_step(out: Signal, backward: Callable[[Array], tuple[Array, float | None]], factor: float) -> Step:
    """The step of a layer whose outputs are normal."""
    sample, covariance = out.sample, out.log_covariance
    out = out.with_measured(
        log_variance_pooled=float(covariance[0, 0] + pooled_share_variance(sample.z) / out.units),
        log_variance_within=float(covariance[1, 1] + sample.share_covariance[1, 1] / out.units),
    )
    all_zero = float(not out.q.any())
    nothing: Any = dict.fromkeys(("covariance", "gradient_covariance"))
    return Step(out, backward, zero=all_zero, dead=all_zero, factor=factor, **nothing)


def dropout(layer: Dropout, s: Signal) -> Step:
    """q ← q / (1 − ratio). Products of two inputs stay, since their masks are independent. G likewise."""
    if not layer.training or not layer.ratio:
        return same_step(s)
    kept = 1 - layer.ratio
    same = np.eye(s.q.shape[1], dtype=bool)
    q = s.q / kept
    d = np.where(same, 0, (q[:, :, None] + q[:, None, :]) / 2 - s.products)
    out = replace(s, q=q, d=Pairs.of(d), kurtosis=s.kurtosis / kept, normal=False)
    # The masks' part in d goes with q. Measured over n units and B inputs, it is a little different with each mask.
    own = s.d.mean / max(out.d.mean, 1e-300)
    parts = np.array([[1, 0], [1 - own, own]])
    of_masks = 3 * (1 / kept - 1) / (s.units * len(q[0]))
    log_covariance = parts @ (s.log_covariance + s.width_log_covariance) @ parts.T + of_masks
    excess = s.excess_squared_cosine + (1 / s.units if s.normal else 0)
    out = replace(
        out,
        log_covariance=log_covariance,
        log_variance_pooled=s.log_variance_pooled + of_masks,
        log_variance_within=float(log_covariance[1, 1]),
        excess_squared_cosine=own**2 * excess + (1 - own**2) / s.units,
    )

    def backward(G: Array) -> tuple[Array, None]:
        return np.where(same[: G.shape[1], : G.shape[1]], G / kept, G), None

    return Step(out, backward, covariance=unchanged, gradient_covariance=unchanged)


def same_step(s: Signal, multiplier: float = 1.0) -> Step:
    """The step of a layer that multiplies each number by one multiplier; the signal s is the one after it."""

    def scaled(covariance: Array) -> Array:
        return multiplier * covariance

    return Step(s, lambda G: (G, None), factor=multiplier**2, covariance=scaled, gradient_covariance=scaled)


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
        grid=None,
        normal=False,
        excess_squared_cosine=s.excess_squared_cosine / places,
    )
    return Step(out, lambda G: (np.broadcast_to(G, (places, *G.shape[1:])), None))


def batch_norm(layer: BatchNorm, s: Signal) -> Step:
    """Each unit x ~ N(0, C) is divided by its own std: x̂ = x / √(σ² + ε), σ² = |x|² / B, with C centred over the batch of B.

        products ← E x̂ x̂ᵀ        G ← E (P − M) G (P − M) / (σ² + ε),   M = x̂ x̂ᵀ / B

    where P subtracts the mean over the batch. σ² differs from unit to unit, so these are averages of quotients. With the
    eigenvalues λ of C and r = λ / (1 + 2tλ) they are integrals over t:

        E f(x xᵀ) / (|x|² + Bε)ⁿ = ∫ E f e^(−t|x|²) tⁿ⁻¹ / Γ(n) e^(−tBε) dt,   E x xᵀ e^(−t|x|²) = r / √Π (1 + 2tλ)

    What the units share with an earlier signal y is E y x̂ᵀ = E y xᵀ · E x̂ xᵀ (E x xᵀ)⁻¹ and, on the way back, E (P − M) / σ.
    """
    gamma, beta = common_value(layer, "gamma"), common_value(layer, "beta")
    if not layer.training:
        if np.ptp(layer.running_var) or layer.running_mean.any():
            raise OutOfReach("its running statistics differ from unit to unit")
        scale = gamma**2 / (float(layer.running_var[0]) + layer.epsilon)
        out = replace(s, q=scale * s.q + beta**2, d=s.d * scale, mean=math.sqrt(scale) * s.mean + beta)
        return same_step(out, math.sqrt(scale))
    if s.grid:
        raise OutOfReach("theory treats each place of an image separately, but the mean over all places is needed")
    if not s.normal:
        raise OutOfReach("there are no random weights between it and the activation before it")
    rows = s.q.shape[1]
    values, vectors = np.linalg.eigh(s.centred()[0])
    values, rows_epsilon = np.maximum(values, 0), rows * layer.epsilon
    y, spacing = np.linspace(math.log(1e-9 / (values.sum() + rows_epsilon)), math.log(50 / rows_epsilon), 400, retstep=True)
    t = np.exp(y)
    r = values / (1 + 2 * t[:, None] * values)
    shares = rows * spacing * t * np.exp(-t * rows_epsilon - np.log1p(2 * t[:, None] * values).sum(axis=1) / 2)
    w = gamma**2 * shares
    C = (vectors * (w @ r)) @ vectors.T
    q = np.maximum(np.diagonal(C), 0)
    d = np.maximum((q[:, None] + q) / 2 - C, 0)
    d[np.diag_indices(rows)] = 0
    of_epsilon = layer.epsilon / (values.sum() / rows + layer.epsilon)  # ∂ ln x̂² / ∂ ln σ²
    of_variance, measured = (
        of_epsilon**2 * float(covariance[1, 1]) if of_epsilon > 0.01 else 0.0
        for covariance in (s.log_covariance, s.log_covariance + s.width_log_covariance)
    )
    out = replace(
        s,
        q=q[None] + beta**2,
        d=Pairs.of(d[None]),
        mean=np.full(s.q.shape, beta),
        over_batch=1 - of_epsilon,
        log_covariance=np.full((2, 2), of_variance),
        log_variance_pooled=measured,
        log_variance_within=measured,
    )

    def backward(G: Array) -> tuple[Array, None]:
        if rows == 2 and out.over_batch > 0.5:
            raise OutOfReach("BatchNorm over two inputs passes back nearly nothing, and now and then much")
        G = G[0] - G[0].mean(axis=0)
        G = vectors.T @ (G - G.mean(axis=1, keepdims=True)) @ vectors
        once, twice = (w * t) @ r, (r.T * (w * t * t / 2)) @ r
        G = (w.sum() - once[:, None] - once + 2 * twice) * G + np.diag(twice @ np.diagonal(G))
        return (vectors @ G @ vectors.T)[None], None

    def times(diagonal: Callable[[], Array]) -> Callable[[Array], Array]:
        """Covariances times P V diagonal Vᵀ."""
        return lambda covariance: ((covariance - covariance.mean(axis=2, keepdims=True)) @ vectors * diagonal()) @ vectors.T

    def gradient_log_variance(gradient: Array) -> float:
        variance = s.sample.z.var(axis=0)
        by_unit = gradient * np.sqrt(variance.mean() / (variance + layer.epsilon))
        own = (1 - of_epsilon) ** 2 * float(s.log_covariance[1, 1])
        return own + max(gradient_share_variance(by_unit) - gradient_share_variance(gradient), 0.0) / s.units

    half = gamma * shares / np.sqrt(math.pi * rows * t)  # the weights for n = 1/2, and with 2t those for n = 3/2
    return Step(
        out,
        backward,
        gradient_log_variance,
        covariance=times(lambda: half @ (r / np.maximum(values, 1e-300))),
        gradient_covariance=times(lambda: half.sum() - (2 * half * t) @ r),
    )


def layer_norm(layer: LayerNorm, s: Signal) -> Step:
    """Each input gets mean 0 and variance 1 over its units: d becomes a distance of directions. G_ij ← G_ij / (σ_i σ_j)

    Over n units the mean of 1/σ² is n / (n − 3) times as large, and e^v times where σ² differs from network to network with
    log variance v. (n − 2) / n of a gradient stays: all but its mean and its part along the units.
    """
    gamma, beta = common_value(layer, "gamma"), common_value(layer, "beta")
    std = np.sqrt(np.maximum(s.q - s.mean**2, 0))
    scale = gamma / np.sqrt(std**2 + layer.epsilon)
    i, j = np.s_[:, :, None], np.s_[:, None, :]
    centred = s.d.array - (s.mean[i] - s.mean[j]) ** 2 / 2
    angular = np.maximum(centred - (std[i] - std[j]) ** 2 / 2, 0) * scale[i] * scale[j]
    length = scale * std
    before, measured = (
        float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])  # the variance of ln d/q
        for covariance in (s.log_covariance, s.log_covariance + s.width_log_covariance)
    )
    out = replace(
        s,
        q=length**2 + beta**2,
        d=Pairs.of(angular + (length[i] - length[j]) ** 2 / 2),
        mean=np.full(s.q.shape, beta),
        normed=beta == 0,
        log_covariance=np.diag([0.0, before]),
        log_variance_pooled=0.0,
        log_variance_within=measured,
    )

    n, v = s.units, float(s.log_covariance[0, 0])
    of_epsilon = float((std**2 / (std**2 + layer.epsilon)).mean())  # where ε is the larger, σ² hardly matters

    def backward(G: Array) -> tuple[Array, None]:
        if n <= 3:
            raise OutOfReach(f"a LayerNorm over {n} units has now and then a variance near 0, so gradients have no mean")
        few = scale[:, : G.shape[1]]
        larger = 1 + of_epsilon * ((n - 2) / (n - 3) * math.exp(min(v, 1.0)) - 1)
        return larger * few[i] * few[j] * G, None

    def gradient_log_variance(gradient: Array) -> float:
        return of_epsilon**2 * float((s.log_covariance + s.width_log_covariance)[0, 0])

    def scaled(covariance: Array) -> Array:
        return covariance * scale[:, None, : covariance.shape[2]]

    return Step(
        out,
        backward,
        gradient_log_variance,
        of_scores=n / (n - 1) if n > 1 else 1.0,
        covariance=scaled,
        gradient_covariance=scaled,
    )


def common_value(layer: Layer, name: str) -> float:
    """The value of gamma or beta, which all units share before training."""
    values = getattr(layer, name)
    if np.ptp(values):
        raise OutOfReach(f"its {name} differs from unit to unit")
    return float(values[0])


RULES: dict[type, Callable[..., Step]] = {
    Affine: affine,
    Convolution: convolution,
    Dropout: dropout,
    Flatten: flatten,
    BatchNorm: batch_norm,
    LayerNorm: layer_norm,
    Scale: scale,
}
