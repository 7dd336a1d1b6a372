"""13: the fans of a weight, from its shape."""

import math
from collections.abc import Iterator
from typing import Any

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings, judged

Shape = tuple[int, ...]
CASES = [((784, 100),), ((5, 5, 1, 30),), ((3, 3, 16, 32),), ((1, 1, 8, 4),)]


def fans(shape: Shape) -> tuple[int, int]:
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def channels_first(shape: Shape) -> tuple[int, int]:
    return fans(shape) if len(shape) == 2 else (math.prod(shape[1:]), shape[0] * math.prod(shape[2:]))


def fans_mistakes(shape: Shape) -> Iterator[Mistake]:
    text = "Those are the channels: one unit of a convolution sees a whole window of each."
    yield Mistake("window-forgotten", shape[-2:], text)
    yield Mistake("fans-swapped", fans(shape)[::-1], "The two are swapped: fan_in is what comes in, the last axis but one.")
    yield Mistake("size-not-squared", fans((*shape[1:-2], *shape[-2:])), "The window has size × size places, not size.")
    window, (n_in, n_out) = shape[:-2], shape[-2:]
    places = math.prod(window)
    text = "That adds the sides of the window: it has size × size places."
    yield Mistake("sum-for-product", (sum(window or (1,)) * n_in, sum(window or (1,)) * n_out), text)
    yield Mistake(
        "added-for-multiplied", (places + n_in, places + n_out), "Each channel has all places: multiply, do not add."
    )
    yield Mistake("only-fan-in", places * n_in, "That is fan_in alone: return both, fan_in, fan_out.")
    yield Mistake("only-fan-out", places * n_out, "That is fan_out alone: return both, fan_in, fan_out.")
    for fixed in (9, 25):
        text = f"That is right for windows of {fixed} places alone: the shape says how many."
        yield Mistake("window-fixed", (fixed ** bool(window) * n_in, fixed ** bool(window) * n_out), text)
    text = "The window is squared twice: it has size × size places."
    yield Mistake("window-squared", (places**2 * n_in, places**2 * n_out), text)
    text = "The convolutions are right, but an affine has no window: its shape is (n_in, n_out)."
    first = math.prod(shape[:2])
    yield Mistake("window-in-affine", (first * n_in, first * n_out), text)
    both = places * n_in * n_out
    text = "Those are all weights: one unit is fed by n_in channels, and one input feeds n_out."
    yield Mistake("product-of-fans", (both, both), text)
    text = "The places multiply: each channel feeds a unit from all of them."
    yield Mistake("divided-for-multiplied", (n_in / places, n_out / places), text)
    yield Mistake(
        "first-and-last", (shape[0], n_out), "shape[0] is n_in in an affine alone: the last axis but one is shape[-2]."
    )
    text = "That is for PyTorch's order (n_out, n_in, size, size): here the channels are the last two axes."
    yield Mistake("channels-first", channels_first(shape), text)
    text = "Those are the first two axes, the window of a convolution: the channels are the last two."
    yield Mistake("first-two-axes", shape[:2], text)
    text = "fan_in is right; but each input goes to n_out units at every place of the window: size² times."
    yield Mistake("fan-out-without-window", (fans(shape)[0], shape[-1]), text)
    text = "n_out does not feed a unit: it is how many units there are."
    yield Mistake("all-for-fan-in", (math.prod(shape), fans(shape)[1]), text)
    text = "The convolutions are right, but an affine's W is (n_in, n_out) here: PyTorch's is the transpose."
    yield Mistake("affine-reversed", fans(shape)[::-1] if len(shape) == 2 else fans(shape), text)


def judge_fans_of(yours: Any) -> Findings:
    yield judged("fans_of", yours, fans, CASES, fans_mistakes)


PARTS = {"fans_of": judge_fans_of}
