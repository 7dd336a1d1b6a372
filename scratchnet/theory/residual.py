"""The sum of a residual block: its input and its branch. Read next: `findings`."""

import numpy as np

from scratchnet.support.validation import Array
from scratchnet.theory.finite import share_covariance
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
    # A deviation of x, also that of its units, is in the branch too; the rest of the branch's deviation is its own.
    width_covariance = x.width_log_covariance
    rest = np.maximum(np.diag(branch.log_covariance - x.log_covariance - width_covariance), 0)
    log_covariance = (
        np.outer(a + b, a + b) * x.log_covariance + (1 - np.outer(a, a)) * width_covariance + np.diag(b**2 * rest)
    )
    measured_x, measured_branch = (
        np.array([part.log_variance_pooled, part.log_variance_within]) - np.diag(part.log_covariance) for part in (x, branch)
    )
    out = Signal(
        np.maximum(q, 0),
        Pairs.of(np.maximum(d, 0)),
        x.mean + branch.mean,
        x.units,
        x.grid,
        normal=x.normal and branch.normal,
        log_covariance=log_covariance,
        excess_squared_cosine=float(a[1] ** 2 * x.excess_squared_cosine + b[1] ** 2 * branch.excess_squared_cosine),
    )
    of_sum, of_x, of_branch = (share_covariance(part.sample.normal_z).diagonal() for part in (out, x, branch))
    of_products = np.maximum(of_sum - a**2 * of_x - b**2 * of_branch, 0) / out.units  # x times branch, over these units
    pooled, within = log_covariance.diagonal() + a**2 * measured_x + b**2 * measured_branch + of_products
    return out.with_measured(float(pooled), float(within))
