"""The usual mistakes in a gradient: what each of them would give instead of the right one.

Whoever forgets dout gets ∂out/∂x, and nobody else does. The first mistake that fits is the answer, so that the order counts.
Read next: `parts`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from scratchnet.check.known_mistakes import mistakes_in_dx
from scratchnet.check.parts import (
    mistakes_in_parts,
    mistakes_in_paths,
    mistakes_in_softmax,
    mistakes_in_turned,
    windows_assigned,
)
from scratchnet.check.recognize import ROWS, TOLERANCE, Mistake, close
from scratchnet.support.validation import Array


def label_of(name: str) -> str:
    """The name of a parameter's gradient: dW for W, Affine1.dW for Affine1.W."""
    prefix, dot, last = name.rpartition(".")
    return f"{prefix}{dot}d{last}"


@dataclass
class WrongGradient:
    """A gradient that is wrong, and all that is known of it. Arrays are in float64.

    label      dx, dW, …              yours, right   the layer's own gradient, and the right one
    x, dout    what went in           out            what forward made of x
    with_ones  the right gradient for a dout of ones, ∂(Σ out)/∂·
    kinks      where any slope between two is right, so that these elements say nothing
    forward    the layer on any x of the same shape
    """

    label: str
    yours: Array
    right: Array
    x: Array
    dout: Array
    out: Array
    with_ones: Array
    kinks: Array
    forward: Callable[[Array], Array]
    parameters: dict[str, Array]
    whole_numbers: bool = False  # is it an embedding

    @property
    def counts(self) -> dict[float, str]:
        """The numbers that a gradient may be multiplied or divided by, in words."""
        places = int(np.prod(self.out.shape[:-1]))  # of an image: each pixel of each row
        sizes = {size: "the size of an axis" for size in (*self.x.shape[1:], *self.out.shape[1:]) if size > 2}
        return sizes | {places: "the number of rows and places"} | {len(self.x): ROWS}


def mistakes_in(case: WrongGradient) -> Iterator[Mistake]:
    """The usual mistakes, each with the gradient that it would give."""
    if case.yours.shape != case.right.shape:
        yield from of_another_shape(case)
        return
    yield Mistake("zero", 0 * case.right, "It is zero everywhere: what comes from above, dout, has to go through.")
    yield Mistake("sign-flipped", -case.right, "The sign is wrong everywhere.")
    text = "That is right only for a dout of ones: multiply by what comes from above, dout."
    yield Mistake("upstream-ignored", case.with_ones, text)
    text = "It is one everywhere: dout is ignored, and the layer's own slope too."
    yield Mistake("all-ones", np.ones_like(case.right), text)
    yield from mistakes_in_turned(case.right)
    yield from of_input(case) if case.label == "dx" else of_parameter(case)
    yield from mistakes_in_parts(case.label, case.yours, case.right, case.whole_numbers, case.kinks)


def of_another_shape(case: WrongGradient) -> Iterator[Mistake]:
    yours, right, rows = case.yours, case.right, len(case.x)
    if yours.shape == right.shape[::-1]:
        yield Mistake("transposed", yours, "Transpose it.")
    if case.label != "dx" and yours.shape == (rows, *right.shape):
        yield Mistake("not-summed-over-batch", yours, f"There is one for each of the {rows} rows: add them up, sum(axis=0).")
    if right.ndim == 1 and yours.shape == (rows,):
        yield Mistake("wrong-axis", yours, "That adds up over the units: the batch is axis 0, so sum(axis=0).")


def of_input(case: WrongGradient) -> Iterator[Mistake]:
    x, dout, out = case.x, case.dout, case.out
    if dout.shape == x.shape:
        yield Mistake("passed-through", dout, "That is dout as it came: multiply it by ∂out/∂x.")
    yield from mistakes_in_paths(case.right, dout, case.parameters)
    yield from mistakes_in_softmax(dout, out)
    yield from windows_assigned(dout, x.shape, case.right)
    if elementwise(case):
        yield from of_activation(case, slope_at(case, x))
    for W in case.parameters.values():
        if W.ndim == 2 and W.shape[0] == W.shape[1] and dout.ndim == 2:
            yield Mistake("transposed", dout @ W, "That is dout W: what goes back is dout Wᵀ.")
        if W.ndim == 2 and dout.ndim == 2 and W.shape == (x.shape[-1], dout.shape[1]):
            text = "That is one unit's part alone: add up over the units, += in a loop, or dout @ W.T."
            yield Mistake("only-the-last", np.outer(dout[:, -1], W[:, -1]), text)
            yield Mistake("only-the-last", np.outer(dout[:, 0], W[:, 0]), text)
    yield from of_normalization(case)
    if out.shape == x.shape:
        yield Mistake("output-for-upstream", out, "That is out: backward is about dout.")


def elementwise(case: WrongGradient) -> bool:
    """Does each number of out depend only on the same number of x?"""
    if case.out.shape != case.x.shape:
        return False
    return close(case.dout * slope_at(case, case.x), case.right, 1e-4, ~case.kinks)


def slope_at(case: WrongGradient, values: Array, step: float = 1e-6) -> Array:
    return (case.forward(values + step) - case.forward(values - step)) / (2 * step)


def of_activation(case: WrongGradient, slope: Array) -> Iterator[Mistake]:
    x, dout, y = case.x, case.dout, case.out
    levels = np.unique(slope[~case.kinks].round(6))
    if len(levels) == 2:
        text = "The mask is the wrong way round: it stops what it should let through."
        yield Mistake("mask-inverted", dout * (levels.sum() - slope), text)
        text = "The smaller slope is everywhere: where the mask lets through, the other one is needed."
        yield Mistake("mask-missing", dout * levels[0], text)
        text = "The larger slope is everywhere: ask where x is above the kink."
        yield Mistake("mask-missing", dout * levels[1], text)
    near = np.where(x == 0, 1e-6, x)
    gate = case.forward(near) / near
    total = float((case.right**2).sum())
    if close(case.yours, float((case.yours * case.right).sum()) / max(total, 1e-300) * case.right, 1e-4):
        return  # a factor alone
    text = "x goes to out on two paths, as x and in what multiplies it: the second is left out, dout (g + x g′)."
    yield Mistake("path-left-out", dout * gate, text)
    text = "x goes to out on two paths, as x and in what multiplies it: the first is left out, dout (g + x g′)."
    yield Mistake("path-left-out", dout * (slope - gate), text)
    piecewise = len(levels) <= 3
    word, what = ("mask-of-output", "mask") if piecewise else ("derivative-at-output", "derivative")
    yield Mistake(word, dout * slope_at(case, y), f"The {what} was taken at out: take it at x.")
    yield Mistake(f"{what}-of-upstream", dout * slope_at(case, dout), f"The {what} was taken at dout: take it at x.")
    if close(case.right, dout * y * (1 - y), 1e-4):
        yield Mistake("missing-one-minus-y", dout * y, "The slope is y (1 − y): the factor 1 − y is missing.")
        yield Mistake("missing-y", dout * (1 - y), "The slope is y (1 − y): the factor y is missing.")
        yield Mistake("sign-in-derivative", dout * y * (1 + y), "The slope is y (1 − y), with a minus.")
        yield Mistake("input-for-output", dout * x * (1 - x), "The slope is y (1 − y) with y = out, not x.")
    if close(case.right, dout * (1 - y**2), 1e-4):
        yield Mistake("square-missing", dout * (1 - y), "The slope is 1 − y²: the square is missing.")
        yield Mistake("sign-in-derivative", dout * (1 + y**2), "The slope is 1 − y², with a minus.")
        yield Mistake("missing-one-minus-y", dout * y**2, "The slope is 1 − y²: that is y² alone.")
        yield Mistake("input-for-output", dout * (1 - x**2), "The slope is 1 − y² with y = out, not x.")
    yield Mistake("input-for-upstream", x * slope, "dout is missing: the slope is multiplied by x instead.")
    yield Mistake("output-for-upstream", y * slope, "dout is missing: the slope is multiplied by out instead.")
    yield Mistake("slope-squared", dout * slope**2, "The slope of the layer is there twice.")
    if (slope[~case.kinks] >= 0).all():
        yield Mistake("square-missing", dout * np.sqrt(np.abs(slope)), "That is the root of the slope: a square is missing.")
    yield Mistake("divided-for-multiplied", dout / slope, "dout is divided by the slope: multiply it.")
    yield Mistake("added-for-multiplied", dout + slope, "dout and the slope are added: multiply them.")
    yield from of_one_side(case, slope)


def of_one_side(case: WrongGradient, slope: Array) -> Iterator[Mistake]:
    """The mistake of another constant where x is negative, or where it is positive."""
    ratio = case.yours / (case.dout * slope)
    for side, other, what in ((case.x < 0, case.x > 0, "negative"), (case.x > 0, case.x < 0, "positive")):
        here, there = ratio[side & ~case.kinks], ratio[other & ~case.kinks]
        here, there = here[np.isfinite(here)], there[np.isfinite(there)]
        if (
            not here.size
            or not there.size
            or not np.allclose(there, 1, atol=1e-4)
            or not np.allclose(here, here[0], rtol=1e-3)
        ):
            continue
        if (
            abs(here[0] - 1) > 1e-3
            and abs(here[0]) > 1e-6
            and not (here[0] > 0 and len(np.unique(slope.round(6))) == 2 and is_one(case, side))
        ):
            text = f"Where x is {what} it is {here[0]:.4g} times as large as it should be: another constant than in forward?"
            yield Mistake("wrong-constant", case.yours, text)


def is_one(case: WrongGradient, side: Array) -> bool:
    """Is the slope 1 on that side, as if the other side's were everywhere? That has a name of its own."""
    return bool(np.allclose(case.yours[side], case.dout[side]))


def of_normalization(case: WrongGradient) -> Iterator[Mistake]:
    """The mistakes in a layer whose out is γ (x − μ) / σ + β, with μ and σ of a column or a row."""
    x, out = case.x, case.out
    if out.shape != x.shape or x.ndim != 2:
        return
    gamma, beta = case.parameters.get("gamma", np.ones(1)), case.parameters.get("beta", np.zeros(1))
    x_hat = (out - beta) / gamma
    root = np.sqrt((x**2).mean(axis=1, keepdims=True))
    if close(x_hat * root, x, 1e-3):
        root, g = x / np.where(x_hat == 0, 1, x_hat), gamma * case.dout
        root = np.abs(root).max(axis=1, keepdims=True)
        mean = (g * x_hat).mean(axis=1, keepdims=True)
        text = "That takes the root of the mean square for a constant: it depends on every number of the row."
        yield Mistake("statistics-constant", g / root, text)
        yield Mistake("statistics-constant", g, text)
        yield Mistake("sum-for-mean", (g - x.shape[1] * x_hat * mean) / root, "The sum stands where the mean is needed.")
        yield Mistake("variance-term-added", (g + x_hat * mean) / root, "The second term has the wrong sign.")
        yield Mistake("std-missing", g - x_hat * mean, "The division by the root is missing.")
        yield Mistake(
            "gamma-missing", (case.dout - x_hat * (case.dout * x_hat).mean(axis=1, keepdims=True)) / root, "γ is missing."
        )
        yield Mistake("input-for-x-hat", (g - x * (g * x).mean(axis=1, keepdims=True)) / root, "x stands where x̂ is needed.")
        return
    for axis in (0, 1):
        std = x.std(axis=axis, keepdims=True) / x_hat.std(axis=axis, keepdims=True)
        if close(x_hat * std, x - x.mean(axis=axis, keepdims=True), 1e-3):
            text = "That takes the mean and the variance for constants: they depend on x, and so the gradient goes on."
            yield Mistake("statistics-as-constants", gamma * case.dout / std, text)
            yield from mistakes_in_dx(x, case.dout, x_hat, std, gamma, axis)


def of_parameter(case: WrongGradient) -> Iterator[Mistake]:
    x, dout, out, right = case.x, case.dout, case.out, case.right
    w = next((w for name, w in case.parameters.items() if label_of(name) == case.label), None)
    if w is not None and w.any() and w.shape == right.shape:
        share = float(((case.yours - right) * w).sum() / (w**2).sum())
        if abs(share) > 1e-9 and not close(right, float((right * w).sum() / (w**2).sum()) * w, 1e-3):
            text = f"That adds {share:.4g} times the parameter itself: weight decay is the optimizer's work."
            yield Mistake("decay-in-gradient", right + share * w, text)
    if right.ndim == 1 and dout.ndim == 2:
        if len(right) == len(dout):
            text = "That adds up over the units: the batch is axis 0, so sum(axis=0)."
            yield Mistake("wrong-axis", dout.sum(axis=1), text)
        for which, row in (("first", dout[0]), ("last", dout[-1])):
            yield Mistake("not-summed-over-batch", row, f"That is the {which} row's: add up over the batch, sum(axis=0).")
        yield Mistake("output-for-upstream", out.sum(axis=0), "That adds up out: add up dout.")
        if x.shape == dout.shape:
            yield Mistake("input-for-x-hat", (dout * x).sum(axis=0), "γ multiplies x̂, not x: dγ = Σ dout x̂.")
            yield Mistake("output-for-x-hat", (dout * out).sum(axis=0), "γ multiplies x̂, not out: dγ = Σ dout x̂.")
            if not close(right, dout.sum(axis=0), TOLERANCE):
                text = "That is the gradient of the bias: here dout has a factor."
                yield Mistake("bias-for-weight", dout.sum(axis=0), text)
    if right.ndim == 2 and x.ndim == 2 and out.ndim == 2:
        yield Mistake("output-for-upstream", x.T @ out, "That is xᵀ out: the gradient is xᵀ dout.")
        text = "That is the last row's alone: xᵀ dout adds up over the batch."
        yield Mistake("not-summed-over-batch", x[-1:].T @ dout[-1:], text)
        text = "That is the first row's alone: xᵀ dout adds up over the batch."
        yield Mistake("not-summed-over-batch", x[:1].T @ dout[:1], text)
        if x.shape[1] == len(dout):
            yield Mistake("transposed", x @ dout, "That is x dout: the gradient is xᵀ dout.")
