"""09: orthonormal rows or columns, and any such matrix as likely as any other."""

import math
from typing import Any

import numpy as np

from scratchnet.check.report import Wrong
from scratchnet.exercises.judging import Findings, drawn, finding
from scratchnet.initializers import Fans
from scratchnet.support.validation import Array

TRIES, TURNS = 400, 3000


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
        turned = W.reshape(W.shape[::-1])
        gram_of_turned = turned @ turned.T if tall else turned.T @ turned
        if np.allclose(gram_of_turned, np.eye(len(gram_of_turned)), atol=1e-5) and W.shape[0] != W.shape[1]:
            text = (
                f"In shape {W.shape} the numbers are those of an orthonormal matrix, but in another order: reshape does not"
            )
            return "reshaped-for-transposed", f"{text} swap rows and columns, .T does."
        if off < 0.03 and np.allclose(lengths, 1, atol=0.03):
            return "rounded", f"{product} is nearly I, but up to {off:.2g} off: is W rounded?"
        if np.allclose(W, np.triu(W)):
            return (
                "r-for-q",
                "All is 0 below the diagonal, as in R of QR: return Q, and take the signs of R's diagonal alone.",
            )
        for axis, lines in ((0, "column"), (1, "row")):
            if np.allclose(np.linalg.norm(W, axis=axis), 1):
                text = f"Every {lines} has length 1, but {product} is up to {off:.2f} off its diagonal:"
                return "normalized-only", f"{text} right angles are needed too."
        if W.shape[0] == W.shape[1] and np.allclose(W, W.T):
            return "symmetric-only", f"W is symmetric, but {product} is not I: its eigenvectors would be orthonormal."
        return "not-orthogonal", f"In shape {W.shape} {product} is up to {off:.2g} off its diagonal, where I is 0."
    if not np.allclose(lengths, 1):
        low, high = lengths.min(), lengths.max()
        size = f"length is {low:.4g}" if high - low < 1e-4 else f"lengths go from {low:.4g} to {high:.4g}"
        text = f"The columns or rows are orthogonal, but their {size}, and should be 1."
        return "scaled", f"{text} Orthonormal ones need no σ: W does not shrink what goes through it."
    return None


def check_law(yours: Any) -> Wrong | None:
    rng = np.random.default_rng(0)
    many = np.array([yours((4, 4), Fans(4, 4), rng) for _ in range(TRIES)], np.float64)
    if np.allclose(many, many[0]):
        return "always-one", "It is the same matrix each time: draw it from rng."
    if not np.array_equal(*(yours((4, 4), Fans(4, 4), np.random.default_rng(7)) for _ in range(2))):
        return "generator-ignored", "One seed gives two matrices: draw from the rng that is given, and nothing else."
    if (np.abs(many) > 1e-9).sum(axis=(1, 2)).max() <= 4:
        return "permutation-only", "Each row has only one number that is not 0: any orthogonal matrix should be as likely."
    # With a uniform law each element has mean 0 and variance 1/4; so has W x for any x. 6 of their std are allowed.
    limit = 6 * 0.5 / math.sqrt(TRIES)
    means = many.mean(axis=0)
    i, j = divmod(int(np.abs(means).argmax()), 4)
    corner = f"The mean of W[{i}, {j}] over {TRIES} draws is {means[i, j]:+.2f}, but should be 0 ± {limit:.2f}"
    if np.abs(means[i, j]) > 0.99:
        return "partly-fixed", f"W[{i}, {j}] is always {means[i, j]:+.0f}: not all of W is drawn."
    if np.abs(means[1:, 0]).min() > limit or np.abs(means[0, 1:]).min() > limit:
        text = f"{corner}, and the whole column leans: start from rng.standard_normal, which prefers no direction."
        return "draw-not-normal", text
    if np.abs(means).max() > limit:
        text = (
            f"{corner}: QR, SVD and eigh choose signs by their own rule. Multiply Q's columns by the signs of R's diagonal."
        )
        return "signs-not-fixed", text
    turns = np.array([yours((2, 2), Fans(2, 2), rng) for _ in range(TURNS)], np.float64)
    angle = np.arctan2(turns[:, 1, 0], turns[:, 0, 0])
    leaning = float(np.cos(4 * angle).mean())  # 0 of a uniform angle, 3 − π of uniform draws; its std is √½ / √n
    if abs(leaning) > 5 * math.sqrt(0.5 / TURNS):
        text = "Some directions are more likely than others: start from rng.standard_normal, which prefers none."
        return "draw-not-normal", text
    if (np.linalg.det(many) > 0).mean() in (0.0, 1.0):
        return "rotations-only", "Its determinant always has the same sign: mirror images are as likely as rotations."
    return None


PARTS = {"orthogonal": judge_orthogonal}
