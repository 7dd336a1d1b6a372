"""03: LeakyReLU's backward is compared with the library's, at a slope that is no default."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings
from scratchnet.exercises.layers import judge_layer
from scratchnet.layers import Layer, LeakyReLU
from scratchnet.support.validation import Array

ADVICE = {
    "transposed": ("product-for-elementwise", "Here each number is multiplied by its own slope: write *, not @ or np.dot.")
}


def mistakes(label: str, x: Array, dout: Array, right: Layer) -> Iterator[Mistake]:
    if label == "out":
        yield Mistake("slope-missing", x * (x > 0), "forward has lost its slope: where x is negative out is slope · x.")
    if label != "dx":
        return
    slope, above = getattr(right, "slope", 0.0), x > 0

    def dx(over: Any, under: Any) -> Array:
        return np.where(above, over, under)

    text = "dout is missing where x is negative: multiply slope by dout."
    yield Mistake("upstream-ignored", dx(dout, slope), text)
    yield Mistake("upstream-ignored", dx(1, slope * dout), "dout is missing where x is positive: the slope is 1 · dout.")
    yield Mistake("upstream-below-ignored", dx(dout, slope * x), "Where x is negative slope is multiplied by x: take dout.")
    yield Mistake("sign-below", dx(dout, -slope * dout), "The sign is wrong where x is negative: it is + slope · dout.")
    yield Mistake("one-minus-slope", dx(dout, (1 - slope) * dout), "Where x is negative the slope is slope, not 1 − slope.")
    yield Mistake("slope-divided", dx(dout, dout / slope), "Where x is negative, dout is divided by slope: multiply.")
    yield Mistake("added-for-multiplied", dx(dout, slope + dout), "Where x is negative, slope is added to dout: multiply.")
    text = "x is there once more: ∂out/∂x is 1 or slope, whatever x is."
    yield Mistake("output-times-upstream", dout * dx(x, slope * x), text)
    yield Mistake("zero-above", dx(0, slope * dout), "Where x is positive it is 0: there ∂out/∂x is 1, so take dout.")
    for n, row in enumerate(dx(dout, slope * dout)):
        yield Mistake("one-row-only", row, f"That is row {n} alone: the loop writes over the rows before, so fill dx[n].")


def judge_leaky_relu(yours: Any) -> Findings:
    yield from judge_layer(yours, LeakyReLU, [(0.3,), (0.7,)], (4, 7), mistakes, ADVICE)


PARTS = {"LeakyReLU": judge_leaky_relu}
