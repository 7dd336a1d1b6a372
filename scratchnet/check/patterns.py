"""Which mistake makes a gradient look like this? Each usual one is worked out, and held against what was found.

A mistake is known by its numbers: whoever forgets dout has ∂out/∂x, and nobody else does. The first that fits is the answer.
Read next: `layer`, which asks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.support.validation import Array

Guess = tuple[str, Any, str]  # a word, the gradient that this mistake makes, and what to look at
CLOSE = 1e-5  # of the largest number


@dataclass
class Case:
    """A gradient that is wrong, and all that is known of it. Arrays are in float64.

    label      dx, dW, …              yours, right   the layer's own gradient, and that by differences
    x, dout    what went in           out            what forward made of it
    with_ones  the right gradient for a dout of ones, ∂(Σ out)/∂·
    kinks      where any slope between two will do, so that nothing can be told
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


def close(a: Any, b: Any, tolerance: float = CLOSE) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or not np.isfinite(b).all():
        return False
    return bool(np.all(np.abs(a - b) <= tolerance * max(float(np.abs(b).max(initial=0)), 1e-9)))


def diagnose(case: Case) -> tuple[str, str]:
    """A word for the mistake, "other" if it is none of the usual, and a sentence on where to look."""
    if case.yours.shape != case.right.shape:
        return wrong_shape(case)
    guesses = [*of_any(case), *(of_input(case) if case.label == "dx" else of_parameter(case))]
    with np.errstate(all="ignore"):
        for word, guess, text in guesses:
            if fits(case, guess):
                return word, text
        return wrong_factor(case) or ("other", "It is none of the usual mistakes: go through the formula term by term.")


def fits(case: Case, guess: Any) -> bool:
    """Is this the gradient that was found, but for the kinks?"""
    guess = np.asarray(guess)
    return guess.shape == case.yours.shape and close(case.yours * ~case.kinks, guess * ~case.kinks)


def wrong_shape(case: Case) -> tuple[str, str]:
    yours, due, rows = case.yours.shape, case.right.shape, len(case.x)
    if yours == due[::-1]:
        return "transposed", f"It is {yours}, but what it is the gradient of has {due}: transpose it."
    if case.label != "dx" and yours == (rows, *due):
        return "not-summed-over-batch", f"There is one for each of the {rows} rows: add them up, sum(axis=0)."
    if len(due) == 1 and yours == (rows,):
        return "wrong-axis", "That adds up over the units: the batch is axis 0, so sum(axis=0)."
    return "wrong-shape", f"It is {yours}, but what it is the gradient of has {due}."


def of_any(case: Case) -> Iterator[Guess]:
    yield "zero", 0 * case.right, "It is zero everywhere: what comes from above, dout, has to go through."
    yield "sign-flipped", -case.right, "It has the wrong sign everywhere."
    yield (
        "upstream-ignored",
        case.with_ones,
        "That is right for a dout of ones alone: multiply by what comes from above, dout.",
    )
    yield "all-ones", np.ones_like(case.right), "It is one everywhere: dout is ignored, and the layer's own slope too."


def of_input(case: Case) -> Iterator[Guess]:
    x, dout, out = case.x, case.dout, case.out
    if dout.shape == x.shape:
        yield "passed-through", dout, "That is dout as it came: multiply it by ∂out/∂x."
    if elementwise(case):
        yield from of_activation(case, slope_at(case, x))
    for W in case.parameters.values():
        if W.ndim == 2 and W.shape[0] == W.shape[1] and dout.ndim == 2:
            yield "transposed", dout @ W, "That is dout W: it is dout Wᵀ that goes back."
    yield from of_normalization(case)
    if out.shape == x.shape:
        yield "output-for-upstream", out, "That is out: backward is about dout."


def elementwise(case: Case) -> bool:
    """Does each number of out depend on the same number of x alone?"""
    if case.out.shape != case.x.shape:
        return False
    smooth = ~case.kinks
    return close(case.dout * slope_at(case, case.x) * smooth, case.right * smooth, 1e-4)


def slope_at(case: Case, values: Array, step: float = 1e-6) -> Array:
    return (case.forward(values + step) - case.forward(values - step)) / (2 * step)


def of_activation(case: Case, slope: Array) -> Iterator[Guess]:
    x, dout, y = case.x, case.dout, case.out
    levels = np.unique(slope[~case.kinks].round(6))
    if len(levels) == 2:
        inverted = dout * (levels.sum() - slope)
        yield "mask-inverted", inverted, "The mask is the wrong way round: what it lets through it should stop."
        yield (
            "mask-missing",
            dout * levels[0],
            "The lesser slope is everywhere: where the mask lets through it is the other.",
        )
        yield "mask-missing", dout * levels[1], "The greater slope is everywhere: ask where x is above the kink."
    piecewise = len(levels) <= 3
    word, what = ("mask-of-output", "mask") if piecewise else ("derivative-at-output", "derivative")
    yield word, dout * slope_at(case, y), f"The {what} was taken at out: it is x at which it is due."
    yield f"{what}-of-upstream", dout * slope_at(case, dout), f"The {what} was taken at dout: it is x at which it is due."
    if close(case.right, dout * y * (1 - y), 1e-4):
        yield "missing-one-minus-y", dout * y, "The slope is y (1 − y): the factor 1 − y is missing."
        yield "missing-y", dout * (1 - y), "The slope is y (1 − y): the factor y is missing."
        yield "sign-in-derivative", dout * y * (1 + y), "The slope is y (1 − y), with a minus."
        yield "input-for-output", dout * x * (1 - x), "The slope is y (1 − y) with y = out, not x."
    if close(case.right, dout * (1 - y**2), 1e-4):
        yield "square-missing", dout * (1 - y), "The slope is 1 − y²: the square is missing."
        yield "sign-in-derivative", dout * (1 + y**2), "The slope is 1 − y², with a minus."
        yield "missing-one-minus-y", dout * y**2, "The slope is 1 − y²: that is y² alone."
        yield "input-for-output", dout * (1 - x**2), "The slope is 1 − y² with y = out, not x."
    yield "input-for-upstream", x * slope, "dout is missing: it is multiplied by x instead."
    yield "output-for-upstream", y * slope, "dout is missing: it is multiplied by out instead."
    yield "slope-squared", dout * slope**2, "The slope of the layer comes in twice."
    yield "divided-for-multiplied", dout / slope, "dout is divided by the slope: multiply it."
    yield "added-for-multiplied", dout + slope, "dout and the slope are added: multiply them."


def of_normalization(case: Case) -> Iterator[Guess]:
    """A layer whose out is γ (x − μ) / σ + β, with μ and σ of a column or a row: as if those were constants."""
    x, out, dout = case.x, case.out, case.dout
    if out.shape != x.shape or x.ndim != 2:
        return
    gamma, beta = case.parameters.get("gamma", np.ones(1)), case.parameters.get("beta", np.zeros(1))
    x_hat = (out - beta) / gamma
    text = "That takes the mean and the variance for constants: they depend on x, and the gradient goes through them too."
    for axis in (0, 1):
        std = x.std(axis=axis, keepdims=True) / x_hat.std(axis=axis, keepdims=True)
        if close(x_hat * std, x - x.mean(axis=axis, keepdims=True), 1e-3):
            g = gamma * dout
            mean, through = g.mean(axis=axis, keepdims=True), x_hat * (g * x_hat).mean(axis=axis, keepdims=True)
            yield "statistics-as-constants", g / std, text
            yield "mean-term-missing", (g - through) / std, "The way through the mean is missing: mean(γ dout) comes off."
            yield "variance-term-missing", (g - mean) / std, "The way through the variance is missing: x̂ mean(γ dout x̂)."
            yield "gamma-missing", case.right / gamma, "γ is missing."
            yield "std-missing", case.right * std, "The division by √(σ² + ε) is missing."
            yield "variance-for-std", case.right / std, "That divides by σ² + ε: take the root."
            yield "sign-in-derivative", (g + mean - through) / std, "The term of the mean has the wrong sign: it comes off."
            yield (
                "sign-in-derivative",
                (g - mean + through) / std,
                "The term of the variance has the wrong sign: it comes off.",
            )


def of_parameter(case: Case) -> Iterator[Guess]:
    x, dout, out, right = case.x, case.dout, case.out, case.right
    if right.ndim == 2 and right.shape[0] == right.shape[1]:
        yield "transposed", right.T, "It is transposed: rows and columns have changed places."
    if right.ndim == 1 and dout.ndim == 2:
        if len(right) == len(dout):
            yield "wrong-axis", dout.sum(axis=1), "That adds up over the units: the batch is axis 0, so sum(axis=0)."
        yield "not-summed-over-batch", dout[0], "That is the first row's: add up over the batch, sum(axis=0)."
        yield "not-summed-over-batch", dout[-1], "That is the last row's: add up over the batch, sum(axis=0)."
        yield "output-for-upstream", out.sum(axis=0), "That adds up out: it is dout that is added up."
        if x.shape == dout.shape:
            yield "input-for-x-hat", (dout * x).sum(axis=0), "γ multiplies x̂, not x: dγ = Σ dout x̂."
            yield "output-for-x-hat", (dout * out).sum(axis=0), "γ multiplies x̂, not out: dγ = Σ dout x̂."
            if not close(right, dout.sum(axis=0)):
                yield "bias-for-weight", dout.sum(axis=0), "That is the gradient of the bias: here dout has a factor."
    if right.ndim == 2 and x.ndim == 2 and out.ndim == 2:
        yield "output-for-upstream", x.T @ out, "That is xᵀ out: it is xᵀ dout."
        yield "not-summed-over-batch", x[-1:].T @ dout[-1:], "That is the last row's alone: xᵀ dout adds up over the batch."
        if x.shape[1] == len(dout):
            yield "transposed", x @ dout, "That is x dout: it is xᵀ dout."


def wrong_factor(case: Case) -> tuple[str, str] | None:
    """The right gradient times a number: is it one that means something here?"""
    right = case.right * ~case.kinks
    total = float((right**2).sum())
    factor = float((case.yours * right).sum()) / total if total else 0.0
    if not factor or not fits(case, factor * case.right):
        return None
    rows = len(case.x)
    seen = f"It is {factor:.6g} times what is due"
    known: list[tuple[float, str, str]] = [
        (2, "doubled", f"{seen}: is something added twice, or kept from the call before?"),
        (rows, "times-n", f"{seen}, the number of rows: a mean may stand where a sum is due, or the other way round."),
        (1 / rows, "divided-by-n", f"{seen}, one over the number of rows: a mean was taken where the sum is due."),
        (2 / rows, "twice-the-mean", f"{seen}, two over the number of rows."),
        (0.5, "halved", f"{seen}: a 2 is missing, or a ½ too many."),
    ]
    places = int(np.prod(case.out.shape[:-1]))  # of an image each pixel of each row
    for number, n in ((size, f"{size}, an axis") for size in {places, *case.x.shape[1:], *case.out.shape[1:]} if size > 1):
        known += [(number, "times-n", f"{seen}: times {n}."), (1 / number, "divided-by-n", f"{seen}: divided by {n}.")]
    for number, word, text in known:
        if abs(abs(factor) / number - 1) < 1e-4:
            return word, text if factor > 0 else f"{text} And the sign is wrong."
    return "wrong-factor", f"{seen}."
