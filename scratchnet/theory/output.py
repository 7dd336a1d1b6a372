"""The end of a network: the first loss, and the gradient that starts there on its way back. Read next: `sampling`."""

import math

import numpy as np

from scratchnet.layers.smooth import normal_cdf
from scratchnet.meanfield.one_input import normal_nodes
from scratchnet.support.quadrature import legendre
from scratchnet.support.threads import cut
from scratchnet.support.validation import Array
from scratchnet.theory.finite import as_units, normal_root
from scratchnet.theory.signal import Signal

DRAWS = 64
NETWORKS, NUMBERS = 400, 40_000  # drawn networks, at most, and their scores of one input
ROUNDING = 1e-9  # a sum that cancels so far is one of errors
LITTLE = 1e-4  # log variance


def first_loss(variances: Array, classes: int) -> float:
    """E ln Σ e^z over C scores z ~ N(0, q), averaged over the q of all inputs; the label's own score has mean 0.

        ln S = ∫ (e⁻ᵗ − e^(−t S)) dt / t,    E e^(−t S) = (E exp(−t e^(√q z)))^C

    by quadrature in y = ln t, so exact for any q: for a small one ln C + ½ q (1 − 1/C), for a huge one √q times the mean of
    the greatest of C normal numbers.
    """
    if classes == 1:
        return 0.0
    sizes = np.sqrt(np.maximum(variances, 0))
    few_sizes = np.quantile(sizes, (np.arange(8) + 0.5) / 8) if np.ptp(sizes) > 1e-9 * sizes.max() else sizes[:1]
    losses = []
    for size in few_sizes:
        # y in units of √q where that is large, so that the integrand has the same breadth for every q.
        unit = max(1.0, size)
        edges = (*np.linspace(-12 - 40 / unit, 0, 16), *np.linspace(0, 8, 6)[1:])
        y, w_y = legendre(edges, 16)
        y, w_y = y * unit, w_y * unit
        with np.errstate(over="ignore", under="ignore"):
            all_classes = np.minimum(survival(y, size), 1) ** classes
            losses.append(w_y @ ((y < 0) - all_classes) - np.euler_gamma)  # which is ∫ (exp(−eʸ) − [y < 0]) dy
    return float(np.mean(losses))


def survival(y: Array, size: float) -> Array:
    """E exp(−e^(y + size z)); for a large size E Φ((v − y)/size), where v is the logarithm of an exponential number."""
    if size < 1:
        z, w = normal_nodes()
        return np.exp(-np.exp(y[:, None] + size * z)) @ w
    v, w = legendre(tuple(np.linspace(-40, 5, 31)), 12)
    return normal_cdf((v - y[:, None]) / size) @ (w * np.exp(v - np.exp(v)))


def gradient_products(scores: Array, classes: int, t: Array | None) -> tuple[Array, float]:
    """G (B, B) = E DDᵀ / C for the gradient D = (p − y) / B, and the variance over networks of ln mean D².

    For classes of independent scores with mean products `scores`:

        E (pᵢ − yᵢ)·(pⱼ − yⱼ) = E pᵢ·pⱼ − 2/C + [the same label]

    E pᵢ·pⱼ is a mean over draws of the scores, the same draws in each call. Without labels t, all labels are equally likely.
    """
    rows = len(scores)
    if classes == 1:
        return np.zeros((rows, rows)), 0.0
    p = root_times_numbers(matrix_root(scores), classes * DRAWS).reshape(rows, classes, DRAWS)
    p -= p.max(axis=1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=1, keepdims=True)
    of_label = p[:, 0] if t is None else p[np.arange(rows), t]
    squares = (np.square(p).sum(axis=1) - 2 * of_label + 1).mean(axis=0)  # of B D, for each draw
    log_variance = float(np.log(squares).var())
    of_row = p.reshape(rows, -1)
    G = of_row @ of_row.T
    G *= 1 / DRAWS
    G -= 2 / classes
    if t is None:
        G += 1 / classes
        G[np.diag_indices(rows)] += 1 - 1 / classes
    else:
        G += t[:, None] == t
    G *= 1 / (classes * rows**2)
    return G, log_variance


def size_log_variance(scores: Signal, t: Array | None) -> float:
    """What layers of finite width add to the variance, over networks, of ln mean D².

    The products of the scores are then those of few units, and differ from network to network in size and direction.
    """
    variance, units = float(scores.log_covariance[0, 0]), as_units(scores.excess_squared_cosine)
    inputs, classes = scores.sample.inputs, scores.units
    networks = min(NETWORKS, NUMBERS // classes)
    if networks < 2 or classes == 1 or (variance < LITTLE and units is None):
        return 0.0
    products = scores.covariance[0][np.ix_(inputs, inputs)]
    root, rng = normal_root(products), np.random.default_rng(0)
    shape = len(inputs), networks, classes
    numbers = rng.standard_normal(shape)
    mixed = numbers
    if units is not None:
        of_units = rng.standard_normal((networks, len(inputs), units)) @ rng.standard_normal((networks, units, classes))
        mixed = of_units.swapaxes(0, 1) / math.sqrt(units)
        variance -= 2 * float((products**2).sum()) / max(float(np.trace(products)) ** 2, 1e-300) / units
    sizes = np.exp(math.sqrt(max(variance, 0.0)) / 2 * rng.standard_normal((networks, 1)))
    found = []
    for z, size in ((mixed, sizes), (numbers, 1.0)):
        p = (root @ z.reshape(len(root), -1)).reshape(shape) * size
        p = np.exp(p - p.max(axis=2, keepdims=True))
        p /= p.sum(axis=2, keepdims=True)
        of_label = p[:, :, 0] if t is None else p[np.arange(len(p)), :, t[inputs]]
        found.append(float(np.log((np.square(p).sum(axis=2) - 2 * of_label + 1).mean(axis=0)).var()))
    return max(found[0] - found[1], 0.0)


def own_share(scores: Signal, G: Array) -> float:
    """What theory leaves out of Σ G H, relative to it, since G and the products H of the scores are those of one network.

    G holds H (1 − 1/C) / (C² B²), and E Σ H² is larger than Σ (E H)² by the excess of the mean squared cosine.
    """
    classes = scores.units
    if classes == 1:
        return 0.0
    H = scores.products[0]
    own = scores.excess_squared_cosine * scores.d.mean**2 * (1 - 1 / classes) / classes**2
    total = float(np.vdot(G, H))
    return own / total if total > ROUNDING * float(np.diagonal(G) @ np.diagonal(H)) else 0.0


def root_times_numbers(root: Array, columns: int) -> Array:
    """root @ normal numbers (rows, columns), the same in each call. Skips the blocks of a lower triangle that are 0."""
    numbers = np.random.default_rng(0).standard_normal((len(root), columns))
    out = np.empty_like(numbers)
    triangular = not root[0, 1:].any()
    for part in cut(len(root), 8):
        used = slice(part.stop) if triangular else slice(None)
        np.matmul(root[part, used], numbers[used], out=out[part])
    return out


def matrix_root(products: Array) -> Array:
    """L with L Lᵀ = products. Rounding may have made them indefinite: then a little is added to the diagonal."""
    rows = len(products)
    size = max(float(np.trace(products)) / rows, 1e-300)
    for slack in (1e-8, 1e-6, 1e-5, 1e-4, 1e-3):
        try:
            with_slack = products.copy()
            with_slack[np.diag_indices(rows)] += slack * size
            return np.linalg.cholesky(with_slack)
        except np.linalg.LinAlgError:
            continue
    values, vectors = np.linalg.eigh(products)
    return vectors * np.sqrt(np.maximum(values, 0))
