"""The sum of a residual block: its input and its branch. Read next: `findings`."""

from dataclasses import replace

import numpy as np

from scratchnet.support.validation import Array
from scratchnet.theory.pairs import Pairs
from scratchnet.theory.signal import Signal


def residual_sum(x: Signal, branch: Signal, covariance: Array | None) -> Signal:
    """x + branch(x): the branch's last weights make the two independent, except for their means and this covariance."""
    i, j = np.s_[:, :, None], np.s_[:, None, :]
    q = x.q + branch.q + 2 * x.mean * branch.mean
    d = x.d.array + branch.d.array + (x.mean[i] - x.mean[j]) * (branch.mean[i] - branch.mean[j])
    common = np.zeros(2)  # how much of x is in the branch, in q and in d
    if covariance is not None:
        own = np.diagonal(covariance, axis1=1, axis2=2)
        between = own[i] + own[j] - covariance - covariance.swapaxes(1, 2)
        common = np.array([own.mean(), between.mean() / 2]) / np.maximum([x.q.mean(), x.d.mean], 1e-300)
        q, d = q + 2 * own, d + between
    sizes_x, sizes_branch = (np.array([part.q.mean(), part.d.mean]) for part in (x, branch))
    total = np.maximum([q.mean(), d.mean()], 1e-300)
    a, b = (1 + common) ** 2 * sizes_x / total, np.maximum(sizes_branch - common**2 * sizes_x, 0) / total
    # A deviation of x, also that of its units, is in the branch too, unless a norm has taken it away.
    of_x, of_branch = (part.log_covariance + part.width_log_covariance for part in (x, branch))
    kept = np.sqrt(np.minimum(of_branch.diagonal() / np.maximum(of_x.diagonal(), 1e-300), 1))
    response = np.minimum(((1 + common * (1 + kept)) * sizes_x + kept * sizes_branch) / total, 1)
    rest = np.maximum(of_branch.diagonal() - kept**2 * of_x.diagonal(), 0)
    log_covariance = np.outer(response, response) * of_x + np.diag(b**2 * rest)
    out = Signal(
        np.maximum(q, 0),
        Pairs.of(np.maximum(d, 0)),
        x.mean + branch.mean,
        x.units,
        x.grid,
        normal=x.normal and branch.normal,
    )
    shares = [share_variances(part) for part in (out, x, branch)]
    of_products = np.maximum(shares[0] - a**2 * shares[1] - b**2 * shares[2], 0) / out.units  # x times branch
    pooled, within = log_covariance.diagonal() + of_products
    for share, part, own in ((a, x, of_x), (b, branch, of_branch)):
        pooled += share[0] ** 2 * (part.log_variance_pooled - own[0, 0])
        within += share[1] ** 2 * (part.log_variance_within - own[1, 1])
    excess_x, excess_branch = (part.excess_squared_cosine + part.width_excess() for part in (x, branch))
    excess = response[1] ** 2 * excess_x + b[1] ** 2 * max(excess_branch - kept[1] ** 2 * excess_x, 0)
    excess += 2 * a[1] * b[1] / out.units
    if out.normal:  # the next weights count what these units add
        log_covariance -= np.outer(a, a) * x.width_log_covariance + np.outer(b, b) * branch.width_log_covariance
        excess -= out.width_excess()
    else:
        log_covariance += np.diag(of_products)
    np.fill_diagonal(log_covariance, np.maximum(log_covariance.diagonal(), 0))
    out = replace(out, log_covariance=log_covariance, excess_squared_cosine=max(float(excess), 0.0))
    return out.with_measured(max(float(pooled), 0.0), max(float(within), 0.0))


def share_variances(s: Signal) -> Array:
    """Variances of a normal unit's share in the mean square and in the variance within: 2 Σ C² / (tr C)², place by place."""
    pairs = s.q.size * s.q.shape[1]
    square, products = float(s.q.mean()), s.covariance.ravel()
    of_within = s.d.table.sum_of_centred_squares / pairs if s.d.mean else 0.0
    return 2 * np.array([float(np.square(products / square).sum()) / pairs if square else 0.0, of_within])
