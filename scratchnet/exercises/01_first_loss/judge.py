"""01: the cross-entropy of a batch, and the loss of a network that knows nothing."""

import math
from typing import Any

import numpy as np

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings, batch, judged
from scratchnet.support.validation import Array


def probabilities(rows: int, classes: int) -> Array:
    e = np.exp(batch((rows, classes)))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def picked(y: Array, t: Array) -> Array:
    return np.asarray(y[np.arange(len(t)), t])


def cross_entropy(y: Array, t: Array) -> float:
    return float(-np.log(picked(y, t)).mean())


CASES = [(probabilities(5, 3), np.array([0, 2, 1, 1, 0])), (probabilities(4, 10), np.array([9, 0, 3, 3]))]
CROSS_ENTROPY_MISTAKES = [
    Mistake("sign-flipped", lambda y, t: -cross_entropy(y, t), "The sign is wrong: ln of a probability is negative."),
    Mistake(
        "sum-for-mean",
        lambda y, t: len(t) * cross_entropy(y, t),
        "That is the sum over the batch: a loss that grows with the batch cannot be compared with ln 10.",
    ),
    Mistake(
        "log10-for-ln",
        lambda y, t: cross_entropy(y, t) / math.log(10),
        "That is log10: NumPy's natural logarithm is np.log.",
    ),
    Mistake(
        "log2-for-ln",
        lambda y, t: cross_entropy(y, t) / math.log(2),
        "That is log2, in bits: NumPy's natural logarithm is np.log.",
    ),
    Mistake(
        "all-classes",
        lambda y, _: -np.log(y).sum(axis=1).mean(),
        "That adds up the logarithms of all classes: only the right one's counts, y[n, t[n]].",
    ),
    Mistake(
        "all-classes",
        lambda y, t: -np.log(y[:, t]).mean(),
        "y[:, t] takes for each row the right classes of all rows: y[np.arange(N), t] goes row by row.",
    ),
    Mistake(
        "mean-over-classes",
        lambda y, t: cross_entropy(y, t) / y.shape[1],
        "That is divided by the number of classes too: the mean is over the rows alone.",
    ),
    Mistake(
        "entropy",
        lambda y, _: -(y * np.log(y)).sum(axis=1).mean(),
        "That is the entropy of y, which does not ask for t: take −ln of the right class's probability alone.",
    ),
    Mistake(
        "log-of-the-mean",
        lambda y, t: -np.log(picked(y, t).mean()),
        "That is the logarithm of the mean: take the logarithms first, then their mean.",
    ),
]
FIRST_LOSS_MISTAKES = [
    Mistake("probability-for-loss", lambda c: 1 / c, "That is each class's probability: the loss is −ln of it."),
    Mistake("loss-negative", lambda c: -math.log(c), "−ln(1/C) is + ln C: a loss is not negative."),
    Mistake("log10-for-ln", math.log10, "That is log10: take math.log, the natural logarithm."),
    Mistake("log2-for-ln", math.log2, "That is log2: take math.log, the natural logarithm."),
    Mistake(
        "mean-over-classes",
        lambda c: math.log(c) / c,
        "That is divided by the number of classes: only the right class's term stands in the loss, once.",
    ),
    Mistake("sum-over-classes", lambda c: c * math.log(c), "That is the sum over all classes: only one is right."),
    Mistake("always-ten", math.log(10), "That is ln 10, whatever `classes` is."),
]


def judge_cross_entropy(yours: Any) -> Findings:
    # the book adds 1e-7 to y
    yield judged("cross_entropy", yours, cross_entropy, CASES, CROSS_ENTROPY_MISTAKES, tolerance=1e-4)


def judge_first_loss(yours: Any) -> Findings:
    yield judged("first_loss", yours, math.log, [(10,), (2,), (1000,)], FIRST_LOSS_MISTAKES)


PARTS = {"cross_entropy": judge_cross_entropy, "first_loss": judge_first_loss}
