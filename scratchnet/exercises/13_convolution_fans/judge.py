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
