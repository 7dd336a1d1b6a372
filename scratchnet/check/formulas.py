"""Layers that people write and the library does not have, as formulas of x: softmax, RMSNorm, ReLU6 and others.

Gradients are checked by differences, so out is enough. Read next: `dropout`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.layer_under_test import LayerUnderTest
from scratchnet.check.names import FILLERS, LAYER_NAMES, known_name
from scratchnet.check.recognize import Mistake, compare
from scratchnet.check.report import Wrong
from scratchnet.support.validation import Array

LOOSE = 1e-4


@dataclass(frozen=True)
class Compared:
    """That a formula is known, and what is wrong, if anything."""

    wrong: Wrong | None


def softmax(x: Array, axis: int | None = -1) -> Array:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def sigmoid(x: Array) -> Array:
    return np.asarray(0.5 * (1 + np.tanh(x / 2)))


def rms(x: Array, axis: int | None = -1) -> Array:
    return np.asarray(x / np.sqrt((x**2).mean(axis=axis, keepdims=True)))


def standard(x: Array, axis: Any) -> Array:
    return np.asarray((x - x.mean(axis=axis, keepdims=True)) / x.std(axis=axis, keepdims=True))


FORMULAS: dict[str, Callable[[Array], Array]] = {
    "Softmax": softmax,
    "LogSoftmax": lambda x: np.log(softmax(x)),
    "RMSNorm": rms,
    "InstanceNorm": lambda x: standard(x, tuple(range(1, x.ndim - 1))),
    "L2Norm": lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True),
    "ReLU6": lambda x: np.clip(x, 0, 6),
    "HardTanh": lambda x: np.clip(x, -1, 1),
    "HardSigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "HardSwish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "LogSigmoid": lambda x: -np.logaddexp(0, -x),
    "TanhShrink": lambda x: x - np.tanh(x),
    "GlobalAveragePool": lambda x: x.mean(axis=tuple(range(1, x.ndim - 1))),
    "GlobalMaxPool": lambda x: x.max(axis=tuple(range(1, x.ndim - 1))),
}
NAMES = {
    **{name: name for name in FORMULAS},
    "soft max": "Softmax",
    "rms normalization": "RMSNorm",
    "root mean square norm": "RMSNorm",
}


def formula_differs(subject: LayerUnderTest) -> Compared | None:
    """How out differs from the formula of a layer's name; None if no formula is known."""
    name = known_name(type(subject.layer).__name__, {**LAYER_NAMES, **NAMES}, FILLERS)
    if name not in FORMULAS or (name == "InstanceNorm" and subject.x.ndim < 3):
        return None
    layer = subject.fresh()
    x = subject.x + 0.3 if not subject.positive else subject.x
    scale, shift = np.ones(1), np.zeros(1)
    for label, w, _ in layer.parameters():
        if w.shape != (x.shape[-1],):
            return None
        scale, shift = (scale, w) if label.lower() in ("beta", "bias", "b", "shift", "offset") else (w, shift)
    right = scale * FORMULAS[name](x) + shift
    yours = np.asarray(layer.forward(x.copy()), np.float64)
    if name.startswith("Hard") and yours.shape == right.shape:
        return (
            None
            if name == "HardSigmoid" and abs(yours - right).max() < 0.2
            else Compared(compare([yours], [right], [], name="out", cases=[(x,)], tolerance=LOOSE))
        )
    mistakes = [Mistake(word, scale * out + shift, text) for word, out, text in usual(name, x)]
    return Compared(compare([yours], [right], mistakes, name="out", cases=[(x,)], tolerance=LOOSE))


def usual(name: str, x: Array) -> list[tuple[str, Array, str]]:
    """The usual mistakes in a formula."""
    with np.errstate(all="ignore"):
        if name in ("Softmax", "LogSoftmax"):
            log = (lambda y: y) if name == "Softmax" else np.log
            return [
                ("over-the-batch", log(softmax(x, 0)), "The sum runs over the batch: each row has its own, axis=-1."),
                ("over-everything", log(softmax(x, None)), "The sum runs over everything: each row has its own, axis=-1."),
                ("softmax-twice", log(softmax(softmax(x))), "The softmax is taken twice."),
                ("sum-missing", log(np.exp(x)), "The division by the sum is missing."),
                ("sum-missing", log(np.exp(x - x.max(axis=-1, keepdims=True))), "The division by the sum is missing."),
                ("exponential-missing", log(x / x.sum(axis=-1, keepdims=True)), "e^x is missing."),
                ("sigmoid-for-softmax", log(sigmoid(x)), "That is the sigmoid."),
            ]
        if name == "RMSNorm":
            square, sums = (x**2).mean(axis=-1, keepdims=True), (x**2).sum(axis=-1, keepdims=True)
            return [
                ("variance-for-std", x / square, "That divides by the mean square: take the root."),
                ("sum-for-mean", x / np.sqrt(sums), "The sum of squares stands where their mean is needed."),
                ("over-the-batch", rms(x, 0), "The mean runs over the batch: each row has its own, axis=-1."),
                ("over-everything", rms(x, None), "The mean runs over everything: each row has its own, axis=-1."),
                ("mean-subtracted", standard(x, -1), "That is LayerNorm: RMSNorm does not subtract the mean."),
                (
                    "mean-subtracted",
                    x / x.std(axis=-1, keepdims=True),
                    "That divides by the std: no mean is subtracted in RMS.",
                ),
                ("square-missing", x / np.abs(x).mean(axis=-1, keepdims=True), "The squares are missing."),
                ("multiplied-for-divided", x * np.sqrt(square), "That multiplies by the root: divide."),
            ]
        if name == "InstanceNorm":
            axes = tuple(range(1, x.ndim - 1))
            centred = x - x.mean(axis=axes, keepdims=True)
            return [
                ("over-the-batch", standard(x, tuple(range(x.ndim - 1))), "That is BatchNorm: each image has its own mean."),
                ("over-the-units", standard(x, -1), "That is LayerNorm: the mean runs over the places of a channel."),
                ("over-everything", standard(x, tuple(range(1, x.ndim))), "The mean runs over the channels too."),
                ("variance-for-std", centred / x.var(axis=axes, keepdims=True), "That divides by σ²: take the root."),
                ("mean-kept", x / x.std(axis=axes, keepdims=True), "The mean is not subtracted."),
                ("sample-variance", centred / x.std(axis=axes, ddof=1, keepdims=True), "That divides by m − 1."),
            ]
        if name == "L2Norm":
            return [
                ("square-kept", x / (x**2).sum(axis=-1, keepdims=True), "The root is missing."),
                ("over-the-batch", x / np.linalg.norm(x, axis=0), "The norm runs over the batch: axis=-1."),
                ("over-everything", x / np.linalg.norm(x), "The norm runs over everything: axis=-1."),
            ]
    return []
