"""09: orthonormal rows or columns, and any such matrix as likely as any other."""

import math
from typing import Any

import numpy as np

from scratchnet.check.report import Wrong
from scratchnet.exercises.judging import Findings, drawn, finding
from scratchnet.initializers import Fans
from scratchnet.support.validation import Array

TRIES = 400


def judge_orthogonal(yours: Any) -> Findings:
    for shape in ((20, 20), (30, 12), (12, 30)):
        W, wrong = drawn("orthogonal", yours, shape)
        if wrong and wrong[0] == "wrong-shape" and shape[0] < shape[1]:
            text = f"{wrong[1]} The rows of a wide one are orthonormal: draw it tall, and transpose."
            wrong = "wide-not-transposed", text
        wrong = wrong or check_orthonormal(W)
        if wrong:
            yield finding("orthogonal", wrong)
            return
    yield finding("orthogonal", check_law(yours))


def check_orthonormal(W: Array) -> Wrong | None:
    tall = W.shape[0] >= W.shape[1]
    gram, product = (W.T @ W, "WᵀW") if tall else (W @ W.T, "WWᵀ")
    lengths = np.sqrt(np.diag(gram))
    off = np.abs(gram - np.diag(np.diag(gram))).max()
    if off > 1e-6:
        if np.allclose(np.linalg.norm(W, axis=0), 1):
            text = (
                f"Every column has length 1, but {product} is up to {off:.2f} off its diagonal: right angles are needed too."
            )
            return "normalized-only", text
        if np.allclose(W, W.T):
            return "symmetric-only", f"W is symmetric, but {product} is not I: its eigenvectors would be orthonormal."
        return "not-orthogonal", f"In shape {W.shape} {product} is up to {off:.2g} off its diagonal, where I is 0."
    if not np.allclose(lengths, 1):
        text = f"The columns or rows are orthogonal, but their length is {lengths.mean():.4g}, and should be 1."
        return "scaled", f"{text} Orthonormal ones need no σ: W does not shrink what goes through it."
    return None


def check_law(yours: Any) -> Wrong | None:
    rng = np.random.default_rng(0)
    many = np.array([yours((4, 4), Fans(4, 4), rng) for _ in range(TRIES)], np.float64)
    if np.allclose(many[0], many[1]):
        return "always-one", "It is the same matrix each time: draw it from rng."
    if not np.array_equal(*(yours((4, 4), Fans(4, 4), np.random.default_rng(7)) for _ in range(2))):
        return "generator-ignored", "One seed gives two matrices: draw from the rng that is given, and nothing else."
    if (np.abs(many) > 1e-9).sum(axis=(1, 2)).max() <= 4:
        return "permutation-only", "Each row has only one number that is not 0: any orthogonal matrix should be as likely."
    # With a uniform law each element has mean 0 and variance 1/4; so has W x for any x. 6 of their std are allowed.
    limit = 6 * 0.5 / math.sqrt(TRIES)
    means = many.mean(axis=0)
    corner = f"The mean of W[0, 0] over {TRIES} draws is {means[0, 0]:+.2f}, but should be 0 ± {limit:.2f}"
    if np.abs(means[1:, 0]).min() > limit or np.abs(means[0, 1:]).min() > limit:
        text = f"{corner}, and the whole column leans: start from rng.standard_normal, which prefers no direction."
        return "draw-not-normal", text
    if np.abs(means).max() > limit:
        text = f"{corner}: QR chooses the signs by its own rule. Multiply Q's columns by the signs of R's diagonal."
        return "signs-not-fixed", text
    if (np.linalg.det(many) > 0).mean() in (0.0, 1.0):
        return "rotations-only", "Its determinant always has the same sign: mirror images are as likely as rotations."
    return None


PARTS = {"orthogonal": judge_orthogonal}
