"""Are these weights a start from which units can learn different things? It holds for any law. Read next: `initializer`."""

import numpy as np

from scratchnet.check.report import Wrong
from scratchnet.support.validation import Array

SOME = 60  # units, of which the rank is taken
ENOUGH = 8  # numbers that are not 0: fewer may agree by chance


def weights_alike(W: Array) -> Wrong | None:
    """What is wrong with a matrix of weights (n_in, n_out) whose units are alike."""
    W = np.asarray(W, np.float64)
    if np.ptp(W) == 0:
        return "all-equal", (
            f"All weights are {W.flat[0]:.4g}: then all units compute the same, get the same gradient, and stay the same. "
            "Draw from rng."
        )
    for axis, what, why in ((1, "units", "they stay the same for ever"), (0, "inputs", "they count the same")):
        alike = equal_columns(W if axis else W.T)
        if alike:
            one, other = alike
            place = f"W[:, {one}] and W[:, {other}]" if axis else f"W[{one}] and W[{other}]"
            return (
                "duplicated",
                f"{place} are equal, so that two {what} are the same, and {why}: draw every number by itself.",
            )
    if (W >= 0).all() or (W <= 0).all():
        sign = "positive" if W.max() > 0 else "negative"
        return "one-sided", f"No weight is {'negative' if sign == 'positive' else 'positive'}: the law should have mean 0."
    some = W[:, :SOME]
    squares = np.linalg.eigvalsh(some.T @ some)
    rank = int((squares > 1e-10 * squares[-1]).sum())
    if rank < min(some.shape) / 2:
        return "low-rank", (
            f"{some.shape[1]} units have weights of rank {rank}: most are sums of others. Draw every number by itself, "
            "rng.standard_normal(shape)."
        )
    for axis, word, what in ((0, "one-sign-a-unit", "unit"), (1, "one-sign-an-input", "input")):
        n = W.shape[axis]
        means = W.mean(axis=axis) - W.mean()
        spread = float((means**2).mean()) / max(float(W.var()) / n, 1e-300)  # 1 if the numbers are independent
        if spread > 3 + 0.2 * n**0.5:
            return word, f"The weights of one {what} lean to one side: draw every number's sign by itself."
    return None


def equal_columns(W: Array) -> tuple[int, int] | None:
    """Two columns that are the same, if there are any that have enough numbers."""
    full = np.flatnonzero(np.count_nonzero(W, axis=0) >= min(ENOUGH, len(W)))
    if len(full) < 2:
        return None
    order = full[np.argsort(np.random.default_rng(0).random(len(W)) @ W[:, full])]  # equal ones become neighbours
    size = float(np.abs(W).max())
    same = np.flatnonzero((np.abs(np.diff(W[:, order], axis=1)) <= 1e-6 * size).all(axis=0))
    return (int(order[same[0]]), int(order[same[0] + 1])) if same.size else None
