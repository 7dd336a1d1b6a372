"""12: LayerNorm is compared with the library's, with an ε so large that it shows."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings
from scratchnet.exercises.layers import judge_layer
from scratchnet.layers import Layer, LayerNorm
from scratchnet.support.validation import Array

TEXT = "A mean over axis=-1 loses this axis: with keepdims=True it stays, of length 1, and fits."
ADVICE = {
    "shapes-differ": ("keepdims-missing", TEXT),
    "transposed": ("product-for-elementwise", "γ multiplies each unit by itself: write *, not @ or np.dot."),
}


def mistakes(label: str, x: Array, dout: Array, right: Layer) -> Iterator[Mistake]:
    if not isinstance(right, LayerNorm):
        return
    gamma, beta, x_hat, std = right.gamma, right.beta, right.x_hat, right.std
    mean = x.mean(axis=-1, keepdims=True)
    if label == "out":
        text = "Only the mean is divided by the std: put x − μ in brackets."
        yield Mistake("precedence", gamma * (x - mean / std) + beta, text)
        text = "The mean runs over the batch, axis=0: here it is each row's own, axis=-1."
        yield Mistake("mean-over-the-batch", gamma * (x - x.mean(axis=0)) / std + beta, text)
        yield Mistake(
            "mean-over-everything", gamma * (x - x.mean()) / std + beta, "The mean is one for all: each row has its own."
        )
        yield Mistake("gamma-and-beta-swapped", beta * x_hat + gamma, "γ and β are swapped: out = γ x̂ + β.")
        yield Mistake("beta-missing", gamma * x_hat, "β is missing: out = γ x̂ + β.")
        text = "The mean is added: x̂ is (x − μ) / √(σ² + ε)."
        yield Mistake("mean-added", gamma * (x + mean) / std + beta, text)
        spread, squares = x.var(axis=-1, keepdims=True), (x**2).mean(axis=-1, keepdims=True)
        text = "ε and σ² stand under one root: √(σ² + ε), not √σ² + √ε."
        yield Mistake("two-roots", gamma * (x - mean) / (spread**0.5 + right.epsilon**0.5) + beta, text)
        text = "That is the mean of x²: the variance is the mean of (x − μ)²."
        yield Mistake("mean-square-for-variance", gamma * (x - mean) / (squares + right.epsilon) ** 0.5 + beta, text)
        text = "That is the sum of (x − μ)²: the variance is its mean."
        yield Mistake("sum-for-mean", gamma * (x - mean) / (x.shape[-1] * spread + right.epsilon) ** 0.5 + beta, text)
        size = np.abs(x - mean).mean(axis=-1, keepdims=True)
        text = "That is the mean of |x − μ|: the variance is the mean of (x − μ)²."
        yield Mistake("mean-size-for-variance", gamma * (x - mean) / (size + right.epsilon) ** 0.5 + beta, text)
        variance = x.var(axis=0)
        text = "The variance runs over the batch, axis=0: here it is each row's own, axis=-1."
        yield Mistake("variance-over-the-batch", gamma * (x - mean) / (variance + right.epsilon) ** 0.5 + beta, text)


def judge_layer_norm(yours: Any) -> Findings:
    yield from judge_layer(yours, LayerNorm, [(4, 0.5), (5, 0.1)], (6, 4), mistakes, ADVICE)


PARTS = {"LayerNorm": judge_layer_norm}
