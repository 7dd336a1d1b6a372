"""Is it a Dropout? Two layers draw different masks, so their shares and factors are compared. Read next: `known_layers`."""

import math
from collections.abc import Callable, Iterator

import numpy as np

from scratchnet.check.recognize import Mistake, compare
from scratchnet.check.report import Wrong
from scratchnet.layers import Layer
from scratchnet.support.validation import Array

SHAPE = (100, 200)  # 20,000 tosses: the std of the share that is left out is .0032


def dropout_differs(fresh: Callable[[bool], Layer], ratio: float, books: bool = False) -> Wrong | None:
    """How a layer differs from Dropout(ratio), or from the book's, if that will do; `fresh(training)` is a new copy."""
    x = 1 + np.random.default_rng(0).random(SHAPE)  # nowhere 0, so that a 0 in out is the mask's
    dout = 1 + np.random.default_rng(1).random(SHAPE)

    def started(training: bool = True) -> Layer:
        layer = fresh(training)
        layer.start(np.random.default_rng(2))
        return layer

    layer = started()
    out = layer.forward(x.copy())
    if not isinstance(out, np.ndarray) or out.shape != SHAPE:
        return "wrong-shape", f"forward makes {type(out).__name__} {np.shape(out)} of an x of shape {SHAPE}."
    if not np.array_equal(out, started().forward(x.copy())):
        return "own-generator", "One seed gives two masks: draw from self.rng, which the network starts."
    wrong = mask_is_wrong(out, x, ratio)
    if wrong and wrong[0] == "not-inverted" and books:
        plain = np.asarray(started(training=False).forward(x.copy()))
        if np.allclose(plain, (1 - ratio) * x):
            return None  # the book's, which multiplies in evaluation
    if wrong:
        return wrong
    if np.array_equal(layer.forward(x.copy()) == 0, out == 0):
        return "mask-kept", "The second forward pass leaves out the same numbers: draw the mask anew in each."
    layer = started(training=False)
    plain = layer.forward(x.copy())
    if (plain == 0).any():
        return "drops-in-evaluation", "In evaluation, where self.training is False, nothing is left out: out = x."
    if not np.array_equal(plain, x):
        factor = float((plain / x).mean())
        return (
            "scaled-in-evaluation",
            f"In evaluation x is multiplied by {factor:.3f}: training has divided by 1 − ratio already, so out = x.",
        )
    in_evaluation = np.asarray(layer.backward(dout.copy()))
    layer = started()
    mask = layer.forward(x.copy()) / x
    dx = layer.backward(dout.copy())
    if dx is None:
        return "returns-nothing", "backward returns None: is a return missing?"
    question = "Has backward drawn a mask of its own, in place of the one that forward drew?"
    mistakes = mistakes_in_dx(x, dout, mask, ratio)
    given, right = [np.asarray(dx, np.float64)], [dout * mask]
    wrong = compare(given, right, mistakes, name="dx", cases=[(x, dout)], tolerance=1e-6, otherwise=question)
    if not wrong and not np.array_equal(in_evaluation, dout):
        return "evaluation-as-training", "After a forward pass in evaluation, where out = x, dx is dout."
    return wrong


def mask_is_wrong(out: Array, x: Array, ratio: float) -> Wrong | None:
    gone = out == 0
    share, factor = float(gone.mean()), out[~gone] / x[~gone] if not gone.all() else np.ones(1)
    scale = float(factor.mean())
    seen = f"With ratio {ratio:g}, {100 * share:.0f} % are left out, and the others multiplied by {scale:.3f}."
    if share in (0, 1):
        return "nothing-drawn", f"{seen} Each number is left out with probability {ratio:g}, by itself."
    if abs(share - ratio) > 0.02 and abs(share - (1 - ratio)) < 0.02:
        return "mask-inverted", f"{seen} The mask is the wrong way round: ratio is the share that is left out."
    if (gone == gone[0]).all():
        return "one-mask-for-all-rows", "All rows have the same mask: toss for every number, rng.random(x.shape)."
    if (gone == gone[:, :1]).all():
        return "whole-rows", "Whole rows are left out: toss for every number, rng.random(x.shape)."
    if abs(share - ratio) > 0.02:
        return "wrong-share", seen
    if np.ptp(factor) > 1e-6:
        return "not-one-factor", f"{seen} But not all by the same number: out is x · mask / (1 − ratio)."
    left = 1 - ratio
    known = [
        (1, "not-inverted", f"The division by 1 − ratio is missing: the mean shrinks by {left:g}."),
        (left, "multiplied-for-divided", "The mean is smaller already: divide by 1 − ratio."),
        (1 / ratio, "divided-by-ratio", "What is left is 1 − ratio: divide by that."),
        (
            1 / math.sqrt(left),
            "variance-kept",
            "That would keep E[x²], but a mean that shrinks is not x's: divide by 1 − ratio.",
        ),
        (scale, "wrong-factor", f"The factor should be 1 / (1 − ratio) = {1 / left:.3f}."),
    ]
    if abs(scale - 1 / left) > 1e-6:
        return next((word, f"{seen} {text}") for value, word, text in known if abs(scale - value) < 1e-6)
    return None


def mistakes_in_dx(x: Array, dout: Array, mask: Array, ratio: float) -> Iterator[Mistake]:
    yield Mistake("passed-through", dout, "That is dout: what forward left out, backward leaves out.")
    text = "The mask is right, but forward divided by 1 − ratio, and so must backward."
    yield Mistake("scale-missing", dout * (mask > 0), text)
    yield Mistake("upstream-ignored", mask, "That is ∂out/∂x alone: multiply it by dout.")
    yield Mistake("input-for-upstream", x * mask, "That is forward once more: backward multiplies dout.")
    text = "Those are the numbers that forward left out: the gradient goes through the others."
    yield Mistake("mask-of-the-others", dout * (mask == 0) / (1 - ratio), text)
    yield Mistake("sign-flipped", -dout * mask, "The sign is wrong: dx has the sign of dout.")
    yield Mistake("scaled-twice", dout * mask / (1 - ratio), "The division by 1 − ratio is there twice.")
