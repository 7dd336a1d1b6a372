"""The mistakes of those who write a LeakyReLU, BatchNorm or LayerNorm: what each makes of out, dx and the gradients.

`known_mistakes` has them for the right layer, after its forward and backward passes. Read next: `patterns`.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet.check.recognize import Mistake
from scratchnet.layers import ELU, SELU, BatchNorm, Layer, LayerNorm, LeakyReLU
from scratchnet.support.validation import Array


def known_mistakes(right: Layer, label: str, x: Array, dout: Array) -> Iterator[Mistake]:
    """The mistakes in `label`, which is out, dx, or the gradient of a parameter."""
    if type(right) is LeakyReLU and label == "dx":
        yield from mistakes_in_leaky_relu(x, dout, right.slope)
    if label == "out" and type(right) in (LeakyReLU, ELU, SELU):
        yield from mistakes_in_rectifier(right, x)
    if type(right) is BatchNorm or type(right) is LayerNorm:
        units = type(right) is LayerNorm
        axis: Any = -1 if units else tuple(range(x.ndim - 1))
        if label == "out" and (units or right.training):
            yield from mistakes_in_out(x, right.gamma, right.beta, right.epsilon, axis)
        elif label == "dx":
            yield from mistakes_in_dx(x, dout, right.x_hat, right.std, right.gamma, axis, right.training or units)
        elif label in ("dgamma", "dbeta"):
            yield from mistakes_in_sums(label, x, dout, right.x_hat, right.gamma, right.beta)


def mistakes_in_rectifier(right: Layer, x: Array) -> Iterator[Mistake]:
    """The mistakes in out of a LeakyReLU, ELU or SELU."""
    e = np.exp(np.minimum(x, 0))
    if isinstance(right, LeakyReLU):
        text = "That is ReLU's: where x is negative, out is slope · x."
        yield Mistake("slope-missing", x * (x > 0), text)
        yield Mistake("slope-missing", x, "That is x: where x is negative, out is slope · x.")
        yield Mistake("slope-everywhere", right.slope * x, "The slope is on both sides: where x is positive, out is x.")
        for fixed in {0.2, 0.1, 0.01, 0.3} - {right.slope}:
            text = f"That is right only for slope {fixed}: take self.slope."
            yield Mistake("slope-fixed", np.where(x > 0, x, fixed * x), text)
        yield Mistake("sign-flipped", np.where(x > 0, x, -right.slope * x), "The slope has the wrong sign.")
    if isinstance(right, ELU):
        text = "Brackets are missing: out is alpha (eˣ − 1) where x is negative."
        yield Mistake("brackets-missing", np.where(x > 0, x, right.alpha * e - 1), text)
        yield Mistake("wrong-constant", np.where(x > 0, x, right.alpha * e), "− 1 is missing: out is alpha (eˣ − 1).")
        yield Mistake("wrong-constant", np.where(x > 0, x, e - 1), "alpha is missing: out is alpha (eˣ − 1).")


def mistakes_in_leaky_relu(x: Array, dout: Array, slope: float) -> Iterator[Mistake]:
    text = "That is ReLU's: where x is negative a share, slope, of dout comes through."
    yield Mistake("slope-missing", dout * (x > 0), text)
    yield Mistake("slope-everywhere", dout * slope, "The slope is on both sides: where x is positive ∂out/∂x is 1.")
    for fixed in (0.2, 0.01):
        text = f"That is right only for slope {fixed}: take self.slope."
        yield Mistake("slope-fixed", np.where(x > 0, dout, fixed * dout), text)


def mistakes_in_out(x: Array, gamma: Array, beta: Array, epsilon: float, axis: Any) -> Iterator[Mistake]:
    """The mistakes in out = γ x̂ + β, whose mean and variance run over `axis`."""

    def out(axis: Any = axis, ddof: int = 0, e: float = epsilon) -> Array:
        return gamma * (x - x.mean(axis=axis, keepdims=True)) / root(axis, ddof, e) + beta

    def root(axis: Any = axis, ddof: int = 0, e: float = epsilon) -> Array:
        return np.sqrt(x.var(axis=axis, keepdims=True, ddof=ddof) + e)

    centred, std = x - x.mean(axis=axis, keepdims=True), root()
    if axis == -1:
        text = "That is BatchNorm: here mean and variance are each row's own, over its units, axis=-1."
        yield Mistake("over-the-batch", out(tuple(range(x.ndim - 1))), text)
        yield Mistake("over-everything", out(None), "One mean for the whole batch: each row has its own.")
    else:
        text = "That is LayerNorm: here mean and variance are each unit's own, over the batch, axis=0."
        yield Mistake("over-the-units", out(-1), text)
        yield Mistake("over-everything", out(None), "One mean for all units: each unit has its own.")
    text = "That divides by n − 1: σ² here is the mean of (x − μ)², divided by n."
    yield Mistake("sample-variance", out(ddof=1), text)
    yield Mistake("epsilon-missing", out(e=0), "ε is missing: equal numbers divide by 0.")
    yield Mistake("epsilon-fixed", out(e=1e-5), "That is right only for ε = 1e-5: take self.epsilon.")
    yield Mistake("epsilon-outside", gamma * centred / (root(e=0) + epsilon) + beta, "ε stands under the root, beside σ².")
    yield Mistake("variance-for-std", gamma * centred / std**2 + beta, "That divides by σ² + ε: take the root.")
    yield Mistake("mean-kept", gamma * x / std + beta, "The mean is not subtracted: x̂ is (x − μ) / √(σ² + ε).")
    count = x.size // x.mean(axis=axis).size
    text = "The sum of squares stands where their mean, σ², is needed."
    yield Mistake("sum-for-mean", gamma * centred / np.sqrt(count * x.var(axis=axis, keepdims=True) + epsilon) + beta, text)
    text = "Brackets are missing: x − μ / σ divides the mean alone. Write (x − μ) / √(σ² + ε)."
    yield Mistake("brackets-missing", gamma * (x - x.mean(axis=axis, keepdims=True) / std) + beta, text)
    text = "Brackets are missing: ε is added to the quotient. Write (x − μ) / √(σ² + ε)."
    yield Mistake("brackets-missing", gamma * (centred / root(e=0) + epsilon) + beta, text)
    yield Mistake("std-multiplied", gamma * centred * std + beta, "That multiplies by √(σ² + ε): divide.")
    yield Mistake("gamma-missing", centred / std + beta, "γ is missing: out = γ x̂ + β.")
    yield Mistake("beta-missing", gamma * centred / std, "β is missing: out = γ x̂ + β.")
    yield Mistake("parameters-missing", centred / std, "That is x̂: out = γ x̂ + β.")


def mistakes_in_dx(
    x: Array, dout: Array, x_hat: Array, std: Array, gamma: Array, axis: Any, through: bool = True
) -> Iterator[Mistake]:
    """The mistakes in dx = (g − mean(g) − x̂ mean(g x̂)) / √(σ² + ε), g = γ dout; or g / √(σ² + ε) if not `through`."""

    def dx(g: Array, mean: float = 1, slope: float = 1, axis: Any = axis, x_hat: Array = x_hat) -> Array:
        means = [a.mean(axis=axis, keepdims=True) for a in (g, g * x_hat)]
        return (g - mean * means[0] - slope * x_hat * means[1]) / std

    g, units = gamma * dout, axis in (-1, x.ndim - 1)
    if not through:
        text = "In evaluation μ and σ² are constants, and only γ / √(σ² + ε) · dout is left: ask self.training."
        yield Mistake("evaluation-as-training", dx(g), text)
        return
    right, n = dx(g), x.size // x.mean(axis=axis).size
    if units:
        text = "γ differs from unit to unit, so it goes into the means: take g = γ dout first."
        yield Mistake("gamma-late", gamma * dx(dout), text)
        text = "Those means run over the batch, as in BatchNorm: here they run over the units, axis=-1."
        yield Mistake("over-the-batch", dx(g, axis=tuple(range(x.ndim - 1))), text)
    yield Mistake("gamma-missing", dx(dout), "γ is missing: out is γ x̂ + β, so take g = γ dout for dout.")
    where = "every unit of the row" if units else "every row of x"
    text = f"That takes μ and σ² for constants: they depend on {where}."
    yield Mistake("statistics-constant", dx(g, 0, 0), text)
    text = "The way through μ is missing: every number moves the mean, so mean(g) is subtracted, g = γ dout."
    yield Mistake("mean-term-missing", dx(g, 0, 1), text)
    text = "The way through σ² is missing: x̂ mean(g x̂) is subtracted too, g = γ dout."
    yield Mistake("variance-term-missing", dx(g, 1, 0), text)
    text = f"Sums stand where means are needed: μ is a mean, so each number has 1/{n} of it."
    yield Mistake("sum-for-mean", dx(g, n, n), text)
    yield Mistake("variance-term-added", dx(g, 1, -1), "The term of σ² has the wrong sign: it is subtracted.")
    yield Mistake("mean-term-added", dx(g, -1, 1), "The term of μ has the wrong sign: it is subtracted.")
    yield Mistake("gamma-squared", right * gamma, "γ is there twice.")
    yield Mistake("std-missing", right * std, "The division by √(σ² + ε) is missing.")
    yield Mistake("variance-for-std", right / std, "That divides by σ² + ε: take the root.")
    yield Mistake("std-multiplied", right * std**2, "That multiplies by √(σ² + ε): divide.")
    yield Mistake("input-for-x-hat", dx(g, x_hat=x), "x stands where x̂ is needed.")


def mistakes_in_sums(label: str, x: Array, dout: Array, x_hat: Array, gamma: Array, beta: Array) -> Iterator[Mistake]:
    """The mistakes in dγ = Σ dout x̂ and dβ = Σ dout."""
    batch = tuple(range(x.ndim - 1))
    symbol, terms = ("γ", dout * x_hat) if label == "dgamma" else ("β", dout)
    if label == "dgamma":
        yield Mistake("input-for-x-hat", (dout * x).sum(axis=batch), "γ multiplies x̂, not x: dγ = Σ dout x̂.")
        output = (dout * (gamma * x_hat + beta)).sum(axis=batch)
        yield Mistake("output-for-x-hat", output, "γ multiplies x̂, not out: dγ = Σ dout x̂.")
        text = "γ itself does not stand in ∂out/∂γ, which is x̂."
        yield Mistake("gamma-in-dgamma", gamma * terms.sum(axis=batch), text)
        yield Mistake("gradients-swapped", dout.sum(axis=batch), "That is dβ: dγ has x̂ in the sum.")
    else:
        yield Mistake("gradients-swapped", (dout * x_hat).sum(axis=batch), "That is dγ: dγ and dβ are swapped.")
    text = f"{symbol} is applied to every row: d{symbol} is the sum, not the mean."
    yield Mistake("mean-for-sum", terms.mean(axis=batch), text)
    yield Mistake("not-summed-over-batch", terms, f"{symbol} is one number per unit: add up over the batch.")
    text = f"That adds up over the units: the rows share {symbol}, so axis=0."
    yield Mistake("wrong-axis", terms.sum(axis=-1), text)
    yield Mistake("summed-over-all", terms.sum(), "That adds up over the units too: axis=0 alone.")
