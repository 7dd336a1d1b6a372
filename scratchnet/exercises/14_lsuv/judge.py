"""14: a layer with a bias, so that one division is not enough, and with units of different size."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet.check.recognize import Mistake, close, recognize
from scratchnet.check.report import Wrong
from scratchnet.exercises.judging import Findings, batch, finding
from scratchnet.initializers import Normal
from scratchnet.layers import Affine
from scratchnet.support.validation import Array

X = batch((200, 30)) * np.linspace(0.2, 3, 30) + 1


def begun() -> Affine:
    layer = Affine(30, 20, init=Normal(1.0), bias_init=Normal(1.0))
    rng = np.random.default_rng(3)
    layer.W = rng.standard_normal((30, 20)) * np.linspace(0.1, 2, 20)
    layer.b = rng.standard_normal(20) * 0.5
    return layer


def judge_to_unit_variance(yours: Any) -> Findings:
    yield finding("to_unit_variance", check_division(yours) or check_stops(yours))


def check_division(yours: Any) -> Wrong | None:
    before, layer = begun(), begun()
    W = layer.W
    out = yours(layer, X.copy(), 0.01, 10)
    now = layer.forward(X)
    shown = f"After it the outputs have variance {now.var():.4g}."
    if not np.array_equal(layer.b, before.b):
        return "bias-scaled", "The bias has been changed: only W is divided."
    if layer.W is not W:
        text = "layer.W is a new array now, and the network still has the old one: write layer.W[...] = …"
        return "not-in-place", text
    if np.array_equal(W, before.W):
        return "untouched", f"W is as it was. {shown}"
    ratio = W / before.W
    if not np.allclose(ratio, ratio[0, 0], equal_nan=True):
        if np.allclose(ratio, ratio[:1]):
            return "unit-by-unit", "Each unit has a factor of its own: the variance is that of all outputs together."
        return "not-one-factor", "Not all weights have been divided by the same number."
    if out is None:
        return "returns-nothing", "It returns None: the next layer needs these outputs."
    if not abs(now.var() - 1) <= 0.0101:
        text = "Divide W by the std of the outputs until their variance is 1."
        word, said = recognize([W], [divided()], size_mistakes(), name="W", otherwise=text)
        return word, f"{said} {shown}"
    if np.shape(out) != now.shape or not np.allclose(out, now):
        stale = np.shape(out) == now.shape and not np.allclose(out, now / now.std())
        text = "What it returns is not layer.forward(x) with the weights as they are now: call forward after the division."
        return "stale-outputs" if stale else "divided-outputs", text
    return None


def divided(measured: Any = np.var, divisor: Any = np.std, tries: int = 10) -> Array:
    """The weights after the division, or after another one."""
    layer = begun()
    with np.errstate(all="ignore"):
        for _ in range(tries):
            out = layer.forward(X)
            if abs(measured(out) - 1) < 0.01:
                break
            layer.W /= divisor(out)
    return layer.W


def mean_square(out: Array) -> Any:
    return np.mean(out**2)


def within_units(out: Array) -> Any:
    return np.mean(out.var(axis=0))


def size_mistakes() -> Iterator[Mistake]:
    text = "One division is not enough where there is a bias: measure again, until it is within tol."
    yield Mistake("once-only", divided(tries=1), text)
    text = "Divide by the std: division by the variance goes past 1, to and fro."
    yield Mistake("variance-for-std", divided(divisor=np.var), text)
    text = "Too large an output needs smaller weights: divide."
    yield Mistake("multiplied-for-divided", divided(divisor=lambda out: 1 / np.std(out)), text)
    text = "The mean square is 1 now: the variance is the mean square less the square of the mean."
    yield Mistake("mean-square-for-variance", divided(mean_square, lambda out: np.sqrt(mean_square(out))), text)
    text = "The variance within a unit is 1 now: take that of all outputs together."
    yield Mistake("within-units", divided(within_units, lambda out: np.sqrt(within_units(out))), text)
    text = "That divides by the std of x: measure the outputs'."
    yield Mistake("std-of-the-inputs", divided(divisor=lambda out: np.std(X)), text)


def check_stops(yours: Any) -> Wrong | None:
    """It stops within tol, or after the given number of tries."""
    layer, once = begun(), begun()
    yours(layer, X.copy(), 0.01, 1)
    out = once.forward(X)
    if close(layer.W, once.W / out.var(), 1e-6):
        return "variance-for-std", "W is divided by the variance: divide it by its root, the outputs' std."
    if not close(layer.W, once.W / out.std(), 1e-6):
        return "tries-ignored", "With tries=1 W is divided once: it was not, or more often."
    layer = begun()
    layer.W /= layer.forward(X).std()
    near, W = abs(layer.forward(X).var() - 1), layer.W.copy()
    yours(layer, X.copy(), float(near) * 1.1, 10)
    if not np.array_equal(W, layer.W):
        return "tol-ignored", f"The variance was within tol = {near * 1.1:.3g} of 1 already, but W was changed."
    return None


PARTS = {"to_unit_variance": judge_to_unit_variance}
