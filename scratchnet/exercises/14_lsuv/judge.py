"""14: a layer with a bias, so that one division is not enough; the variance of its outputs is above 1, or below."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet.check.recognize import Mistake, close, recognize
from scratchnet.check.report import Wrong
from scratchnet.exercises.judging import Findings, batch, finding, no_array
from scratchnet.exercises.plain_words import plain_error
from scratchnet.initializers import Normal
from scratchnet.layers import Affine
from scratchnet.support.validation import Array

X = batch((200, 30)) * np.linspace(0.2, 3, 30) + 1
MEMBERS = ("layer.W", "layer.b", "layer.forward")
LARGE, SMALL = 1.0, 0.02  # times the weights: the variance of the outputs is above 1, or below
TOL, TRIES = 0.01, 10


class Layer(Affine):
    """out = 1.5 (x W + b): whoever writes x @ layer.W for layer.forward(x) measures something else."""

    def forward(self, x: Array) -> Array:
        return 1.5 * super().forward(x)


def begun(scale: float) -> Layer:
    layer = Layer(30, 20, init=Normal(1.0), bias_init=Normal(1.0))
    rng = np.random.default_rng(3)
    layer.W = scale * rng.standard_normal((30, 20)) * np.linspace(0.1, 2, 20)
    layer.b = rng.standard_normal(20) * 0.3
    return layer


def judge_to_unit_variance(yours: Any) -> Findings:
    yield finding("to_unit_variance", check_calls(yours) or check_abs(yours) or check_division(yours) or check_stops(yours))


def called(yours: Any, layer: Layer, tol: float = TOL, tries: int = TRIES) -> Any:
    return yours(layer, X.copy(), tol, tries)


def check_calls(yours: Any) -> Wrong | None:
    """It runs, and writes into nothing but W."""
    for scale in (LARGE, SMALL):
        before, layer, x = begun(scale), begun(scale), X.copy()
        W = layer.W
        try:
            yours(layer, x, TOL, TRIES)
        except NotImplementedError:
            raise
        except Exception as error:
            return plain_error("to_unit_variance", error, MEMBERS)
        if not np.array_equal(x, X):
            return "input-overwritten", "It writes into x, the outputs of the layer before: only W is divided."
        if not np.array_equal(layer.b, before.b):
            return "bias-scaled", "The bias has been changed: only W is divided."
        if layer.W is not W:
            text = "layer.W is a new array now, and the network still has the old one: write layer.W[...] = …"
            return "not-in-place", text
    return None


def check_abs(yours: Any) -> Wrong | None:
    """It changes W where the variance is above 1, and where it is below."""
    changed = {}
    for scale in (LARGE, SMALL):
        layer = begun(scale)
        called(yours, layer)
        changed[scale] = not np.array_equal(layer.W, begun(scale).W)
    large, small = (begun(scale).forward(X).var() for scale in (LARGE, SMALL))
    if not any(changed.values()):
        return (
            "untouched",
            "W is as it was: divide in place, layer.W[...] = layer.W / …, until the variance is near 1.",
        )
    for scale, variance, side in ((SMALL, small, "below"), (LARGE, large, "above")):
        if not changed[scale]:
            text = f"Outputs of variance {variance:.3g}, {side} 1, are left: the distance from 1 is abs(variance − 1)."
            return "abs-forgotten", text
    return None


def check_division(yours: Any) -> Wrong | None:
    for scale in (LARGE, SMALL):
        layer, W = begun(scale), begun(scale).W
        out = called(yours, layer)
        now = layer.forward(X)
        wrong = (
            check_factor(layer.W, W)
            or check_finite(yours, layer.W, scale)
            or check_size(layer.W, now, scale)
            or check_return(out, layer, now)
        )
        if wrong:
            return wrong
    return None


def check_factor(W: Array, before: Array) -> Wrong | None:
    """All weights are divided by the same number."""
    ratio = W / before
    if not np.isfinite(W).all() or np.allclose(ratio, ratio[0, 0], equal_nan=True):
        return None
    if np.allclose(ratio, ratio[:1]):
        return "unit-by-unit", "Each unit has a factor of its own: the variance is that of all outputs together."
    if np.allclose(ratio, ratio[:, :1]):
        return "input-by-input", "Each input has a factor of its own: the variance is that of all outputs together."
    slope, shift = np.polyfit(before.ravel(), W.ravel(), 1)
    if np.allclose(slope * before + shift, W):
        return "shifted", "A number is added to all weights: W is only divided."
    return "not-one-factor", "Not all weights have been divided by the same number."


def check_finite(yours: Any, W: Array, scale: float) -> Wrong | None:
    if np.isfinite(W).all():
        return None
    layer, once = begun(scale), begun(scale)
    called(yours, layer, tries=1)
    if close(layer.W, once.W * once.forward(X).std(), 1e-3):
        return "multiplied-for-divided", "Too large an output needs smaller weights: divide."
    return "diverged", "W grows from try to try, until it holds NaN or infinity: divide it by the std of the outputs."


def check_size(W: Array, now: Array, scale: float) -> Wrong | None:
    if abs(now.var() - 1) <= 1.01 * TOL:
        return None
    if np.abs(W).max() < 1e-9:
        return "vanished", "W has nearly vanished: each division goes too far. Is it the std of the outputs that divides?"
    shown = f"After it the outputs have variance {now.var():.4g}."
    text = "Divide W by the std of the outputs until their variance is 1."
    word, said = recognize([W], [divided(scale)], size_mistakes(scale), name="W", otherwise=text)
    return word, f"{said} {shown}"


def check_return(out: Any, layer: Layer, now: Array) -> Wrong | None:
    """What is returned are the outputs of the weights as they are now."""
    wrong = no_array("It", out)
    if wrong:
        return wrong
    text = "What it returns is not layer.forward(x) with the weights as they are now: call forward after the division."
    if np.shape(out) == now.shape:
        if np.allclose(out, now):
            return None
        return "divided-outputs" if np.allclose(out, now / now.std()) else "stale-outputs", text
    if np.shape(out) == layer.W.shape:
        return "returns-weights", "It returns the weights: the next layer needs the outputs, layer.forward(x)."
    return "wrong-shape", f"It returns an array of shape {np.shape(out)}, but the outputs have {now.shape}."


def divided(scale: float, measured: Any = np.var, divisor: Any = np.std, tries: int = TRIES, forward: Any = None) -> Array:
    """The weights after the division, or after another one."""
    layer = begun(scale)
    with np.errstate(all="ignore"):
        for _ in range(tries):
            out = forward(layer) if forward else layer.forward(X)
            if abs(measured(out) - 1) < TOL:
                break
            layer.W /= divisor(out)
    return layer.W


def mean_square(out: Array) -> Any:
    return np.mean(out**2)


def within_units(out: Array) -> Any:
    return np.mean(out.var(axis=0))


def size_mistakes(scale: float) -> Iterator[Mistake]:
    def known(word: str, text: str, *args: Any, **more: Any) -> Mistake:
        return Mistake(word, divided(scale, *args, **more), text)

    yield known(
        "once-only", "One division is not enough where there is a bias: measure again, until it is within tol.", tries=1
    )
    text = "Divide by the std: division by the variance goes past 1, to and fro."
    yield known("variance-for-std", text, divisor=np.var)
    text = "The mean square is 1 now: the variance is the mean square less the square of the mean."
    yield known("mean-square-for-variance", text, mean_square, lambda out: np.sqrt(mean_square(out)))
    yield known("mean-square-for-variance", text, np.var, lambda out: np.sqrt(mean_square(out)))
    text = "It stops where the std is within tol of 1: ask for the variance, abs(out.var() − 1) < tol."
    yield known("tol-of-another", text, np.std)
    text = "The variance within a unit is 1 now: take that of all outputs together."
    yield known("within-units", text, within_units, lambda out: np.sqrt(within_units(out)))
    yield known("within-units", text, np.var, lambda out: np.sqrt(within_units(out)))
    yield known("std-of-the-inputs", "That divides by the std of x: measure the outputs'.", divisor=lambda out: np.std(X))
    text = "That measures x W, without what else the layer does: call layer.forward(x)."
    yield known("own-forward", text, forward=lambda layer: X @ layer.W + layer.b)
    yield known("own-forward", text, forward=lambda layer: X @ layer.W)
    layer = begun(scale)
    for _ in range(TRIES):
        layer.W /= layer.W.std()
    yield Mistake(
        "std-of-the-weights", layer.W, "That divides by the std of W: measure the outputs', layer.forward(x).std()."
    )


def check_stops(yours: Any) -> Wrong | None:
    """It stops within tol, or after the given number of tries, and returns the outputs then too."""
    layer, once = begun(LARGE), begun(LARGE)
    result = called(yours, layer, tries=1)
    out = once.forward(X)
    if close(layer.W, once.W / out.var(), 1e-6):
        return "variance-for-std", "W is divided by the variance: divide it by its root, the outputs' std."
    if not close(layer.W, once.W / out.std(), 1e-3):
        times = next((n for n in (0, 2, 3) if close(layer.W, divided(LARGE, tries=n), 1e-3)), "more often")
        times = f"{times} times" if isinstance(times, int) else times
        return "tries-ignored", f"With tries=1 W is divided once, but it was divided {times}."
    wrong = check_return(result, layer, layer.forward(X))
    if wrong:
        return wrong[0], f"{wrong[1]} This shows where the tries run out before the variance is 1."
    for off, changes in ((0.9, False), (1.5, True)):
        layer = begun(LARGE)
        layer.b[...] = 0
        layer.W *= np.sqrt(1 + off * 0.04) / layer.forward(X).std()
        W = copy.copy(layer.W)
        called(yours, layer, tol=0.04)
        if np.array_equal(W, layer.W) == changes:
            variance = 1 + off * 0.04
            if changes:
                return (
                    "tol-of-another",
                    f"The variance was {variance:.3g}, not within tol = 0.04, but W is as it was: abs(variance − 1) < tol.",
                )
            return "tol-ignored", f"The variance was {variance:.4g}, within tol = 0.04 of 1 already, but W was changed."
    return None


PARTS = {"to_unit_variance": judge_to_unit_variance}
