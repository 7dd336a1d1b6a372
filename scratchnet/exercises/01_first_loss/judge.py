"""01: the cross-entropy of a batch, and the loss of a network that knows nothing."""

import math
from collections.abc import Iterator
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


ADVICE = {"shapes-differ": ("shapes-differ", "t has one class number for each row: y[np.arange(N), t] picks its y.")}
CASES = [(probabilities(5, 3), np.array([0, 2, 1, 1, 0])), (probabilities(4, 10), np.array([9, 0, 3, 3]))]


def cross_entropy_mistakes(y: Array, t: Array) -> Iterator[Mistake]:
    yield Mistake("sign-flipped", -cross_entropy(y, t), "The sign is wrong: ln of a probability is negative.")
    text = "That is the sum over the batch: a loss that grows with the batch cannot be compared with ln 10."
    yield Mistake("sum-for-mean", len(t) * cross_entropy(y, t), text)
    yield Mistake("log10-for-ln", cross_entropy(y, t) / math.log(10), "That is log10: NumPy's natural logarithm is np.log.")
    text = "That is log2, in bits: NumPy's natural logarithm is np.log."
    yield Mistake("log2-for-ln", cross_entropy(y, t) / math.log(2), text)
    text = "That adds up the logarithms of all classes: only the right one's counts, y[n, t[n]]."
    yield Mistake("all-classes", -np.log(y).sum(axis=1).mean(), text)
    text = "y[:, t] takes for each row the right classes of all rows: y[np.arange(N), t] goes row by row."
    yield Mistake("all-classes", -np.log(y[:, t]).mean(), text)
    text = "That is divided by the number of classes too: the mean is over the rows alone."
    yield Mistake("mean-over-classes", cross_entropy(y, t) / y.shape[1], text)
    text = "That is the entropy of y, which does not ask for t: take −ln of the right class's probability alone."
    yield Mistake("entropy", -(y * np.log(y)).sum(axis=1).mean(), text)
    yield from row_mistakes(y, t)
    text = "That is the logarithm of the mean: take the logarithms first, then their mean."
    yield Mistake("log-of-the-mean", -np.log(picked(y, t).mean()), text)


def row_mistakes(y: Array, t: Array) -> Iterator[Mistake]:
    p, n = picked(y, t), len(t)
    losses = -np.log(p)
    yield Mistake("not-averaged", losses, "That is one loss for each row: take their mean.")
    yield Mistake("mean-twice", losses.mean() / n, "That is divided by the number of rows twice.")
    text = "That is the last row's loss alone: in the loop, add up with +=, not =."
    yield Mistake("last-row-only", losses[-1] / n, text)
    yield Mistake("last-row-only", losses[-1], text)
    text = "That is the first row's loss alone: does return stand inside the loop?"
    yield Mistake("first-row-only", losses[0] / n, text)
    yield Mistake("first-row-only", losses[0], text)
    text = "y[t] takes whole rows, those with the numbers in t: y[np.arange(N), t] takes one class of each row."
    yield Mistake("rows-for-classes", -np.log(y[t % n]).mean(), text)
    text = "y[0, t] takes all from the first row: y[np.arange(N), t] takes one class of each row."
    yield Mistake("first-row-for-all", -np.log(y[0, t]).mean(), text)
    for forgotten in (-p.mean(), p.mean(), 1 - p.mean()):
        yield Mistake("log-forgotten", forgotten, "The logarithm is missing: the loss is the mean of −ln y[n, t[n]].")
    text = "That takes each row's largest probability: the right class's is y[n, t[n]]."
    yield Mistake("largest-for-right", -np.log(y.max(axis=1)).mean(), text)
    for shift in (-1, 1):
        text = "That is a class beside the right one: the classes are counted from 0, as Python does."
        yield Mistake("one-class-off", -np.log(y[np.arange(n), (t + shift) % y.shape[1]]).mean(), text)
    again = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    yield Mistake("softmax-twice", -np.log(picked(again, t)).mean(), "y holds probabilities already: leave the softmax out.")
    text = "That is the squared error: the cross entropy is the mean of −ln y[n, t[n]]."
    yield Mistake("squared-error", ((y - np.eye(y.shape[1])[t]) ** 2).mean(), text)
    yield Mistake("squared-error", ((y - np.eye(y.shape[1])[t]) ** 2).sum(axis=1).mean(), text)
    yield Mistake(
        "accuracy", (y.argmax(axis=1) == t).mean(), "That is the accuracy: the loss is the mean of −ln y[n, t[n]]."
    )
    yield Mistake("median-for-mean", np.median(losses), "That is the median: take the mean.")
    text = "That is divided by the number of classes, y.shape[1]: the mean runs over the rows, len(t)."
    yield Mistake("divided-by-classes", losses.sum() / y.shape[1], text)
    text = "That is −ln(1 − y[n, t[n]]), which is small where the network is wrong: leave out the 1 −."
    yield Mistake("log-of-one-minus", -np.log(1 - p).mean(), text)


def first_loss_mistakes(c: int) -> Iterator[Mistake]:
    yield Mistake("probability-for-loss", 1 / c, "That is each class's probability: the loss is −ln of it.")
    text = "That is the share that a guess gets wrong: the loss is −ln of each class's probability."
    yield Mistake("probability-for-loss", 1 - 1 / c, text)
    yield Mistake("plus-one", math.log(c + 1), "That is ln(C + 1): each class has the probability 1/C.")
    yield Mistake("loss-negative", -math.log(c), "−ln(1/C) is + ln C: a loss is not negative.")
    yield Mistake("log10-for-ln", math.log10(c), "That is log10: take math.log, the natural logarithm.")
    yield Mistake("log2-for-ln", math.log2(c), "That is log2: take math.log, the natural logarithm.")
    text = "That is divided by the number of classes: only the right class's term stands in the loss, once."
    yield Mistake("mean-over-classes", math.log(c) / c, text)
    yield Mistake("sum-over-classes", c * math.log(c), "That is the sum over all classes: only one is right.")
    yield Mistake("always-ten", math.log(10), "That is ln 10, whatever `classes` is.")


def judge_cross_entropy(yours: Any) -> Findings:
    # the book adds 1e-7 to y
    yield judged("cross_entropy", yours, cross_entropy, CASES, cross_entropy_mistakes, tolerance=1e-4, advice=ADVICE)


def judge_first_loss(yours: Any) -> Findings:
    yield judged("first_loss", yours, math.log, [(10,), (2,), (1000,)], first_loss_mistakes, tolerance=1e-4)


RIGHT = {"cross_entropy": cross_entropy}
PARTS = {"cross_entropy": judge_cross_entropy, "first_loss": judge_first_loss}
