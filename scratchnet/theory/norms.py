"""What BatchNorm and LayerNorm do to a signal, and to the gradient on its way back. Read next: `rules`."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from scratchnet.layers import BatchNorm, LayerNorm
from scratchnet.support.validation import Array
from scratchnet.theory.finite import log_variance_of_mean
from scratchnet.theory.pairs import Pairs
from scratchnet.theory.signal import OutOfReach, Signal, Step, same_step
from scratchnet.theory.weights import common_value

NORMED = 0.99  # of σ² in σ² + ε: beyond it ε does not matter
UNEQUAL = 2.0  # mean fourth power of the inputs' sizes over the square of their mean square
FEWEST = {"units": 6, "inputs": 4}
FEW = "over so few {} the variance is now and then near 0, so gradients before it are the mean of a wide law"


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

    def gradient_log_variance(gradient: Array, places: int) -> float:
        z = s.sample.z - s.sample.z.mean(axis=0)
        std = np.sqrt(z.var(axis=0) + layer.epsilon)
        by_unit = gradient - gradient.mean(axis=0)
        by_unit -= z / std**2 * (z * by_unit).mean(axis=0)
        before, after = (log_variance_of_mean((g**2).mean(axis=0), s.units) for g in (by_unit / std, gradient))
        return (1 - of_epsilon) ** 2 * float(s.log_covariance[1, 1]) + max(before - after, 0.0)

    half = gamma * shares / np.sqrt(math.pi * rows * t)  # the weights for n = 1/2, and with 2t those for n = 3/2
    return Step(
        out,
        backward,
        gradient_log_variance,
        covariance=times(lambda: half @ (r / np.maximum(values, 1e-300))),
        gradient_covariance=times(lambda: half.sum() - (2 * half * t) @ r),
        note=FEW.format("inputs") if rows <= FEWEST["inputs"] and of_epsilon < 0.5 else None,
    )


def layer_norm(layer: LayerNorm, s: Signal) -> Step:
    """Each input gets mean 0 and variance 1 over its units: d becomes a distance of directions. G_ij ← G_ij / (σ_i σ_j)

    Over n units the mean of 1/σ² is n / (n − 3) times as large, and e^v times where σ² differs from network to network with
    log variance v. (n − 2) / n of a gradient stays: all but its mean and its part along the units.
    """
    if not math.isinf(s.independent) and (s.q**2).mean() > UNEQUAL * s.q.mean() ** 2:
        raise OutOfReach("its inputs differ so much in size that before it a few of them make up what varies")
    gamma, beta = common_value(layer, "gamma"), common_value(layer, "beta")
    std = np.sqrt(np.maximum(s.q - s.mean**2, 0))
    scale = gamma / np.sqrt(std**2 + layer.epsilon)
    i, j = np.s_[:, :, None], np.s_[:, None, :]
    centred = s.d.array - (s.mean[i] - s.mean[j]) ** 2 / 2
    angular = np.maximum(centred - (std[i] - std[j]) ** 2 / 2, 0) * scale[i] * scale[j]
    length, n = scale * std, s.units
    of_epsilon = float((std**2 / (std**2 + layer.epsilon)).mean())  # where ε is the larger, σ² hardly matters
    normed = of_epsilon > NORMED
    share = 1.0 if normed else of_epsilon
    passed = np.array([[1 - share, 0], [-share, 1]])  # to ln q and ln d after the norm, from those before it
    before, measured = (
        passed @ covariance @ passed.T for covariance in (s.log_covariance, s.log_covariance + s.width_log_covariance)
    )
    if n > 1:  # over few units a cosine ρ is nearer to 0 in the mean
        lengths = length[i] * length[j]
        cosine = 1 - angular / np.maximum(lengths, 1e-300)
        angular += lengths * cosine * (1 - cosine**2) / (2 * (n - 1))
    out = replace(
        s,
        q=length**2 + beta**2,
        d=Pairs.of(angular + (length[i] - length[j]) ** 2 / 2),
        mean=np.full(s.q.shape, beta),
        normed=beta == 0 and normed,
        log_covariance=before,
        log_variance_pooled=float(measured[0, 0]),
        log_variance_within=float(measured[1, 1]),
    )

    v = float(s.log_covariance[0, 0])

    def backward(G: Array) -> tuple[Array, None]:
        if n <= 3:
            raise OutOfReach(f"a LayerNorm over {n} units has now and then a variance near 0, so gradients have no mean")
        few = scale[:, : G.shape[1]]
        larger = 1 + of_epsilon * ((n - 2) / (n - 3) * math.exp(min(v, 1.0)) - 1)
        return larger * few[i] * few[j] * G, None

    def gradient_log_variance(gradient: Array, places: int) -> float:
        x = max((n - 1) / 2, 1.0)  # ln χ² has the variance ψ′(x), and not 1 / x as over many units
        of_few = 1 + 1 / (2 * x) + 1 / (6 * x**2)
        return of_epsilon**2 * float(s.log_covariance[0, 0] + of_few * s.width_log_covariance[0, 0])

    def scaled(covariance: Array) -> Array:
        return covariance * scale[:, None, : covariance.shape[2]]

    return Step(
        out,
        backward,
        gradient_log_variance,
        of_scores=n / (n - 1) if n > 1 else 1.0,
        covariance=scaled,
        gradient_covariance=scaled,
        note=FEW.format("units") if n <= FEWEST["units"] else None,
    )
