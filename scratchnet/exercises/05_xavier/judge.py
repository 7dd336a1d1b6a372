"""05: Xavier's σ, and the bound of a uniform law that has it."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import FANS, Findings, judge_std, judged
from scratchnet.initializers import Fans, Xavier

std = Xavier().std


def limit_mistakes(fans: Fans) -> Iterator[Mistake]:
    yield from slips(6, fans)
    bound, a, b = math.sqrt(3) * std(fans), fans.fan_in, fans.fan_out
    yield Mistake("both-bounds", np.array([-bound, bound]), "Those are both bounds: return a alone.")
    text = "The sum of the fans needs brackets: 6 / (fan_in + fan_out)."
    for slip in (6 / a + b, 6 / a + 6 / b, 3 / a + 3 / b, 6 / a + b / 2):
        yield Mistake("brackets-missing", math.sqrt(slip), text)
    yield Mistake("brackets-missing", math.sqrt(6) / (a + b), "The root goes over the sum of the fans too.")
    text = "n_in and n_out are channels: in a convolution each has a whole window. Take fans.fan_in and fans.fan_out."
    yield Mistake("window-forgotten", math.sqrt(6 / (fans.n_in + fans.n_out)), text)
    for product in (6 / (a * b), 6 / a * b):
        yield Mistake("product-for-sum", math.sqrt(product), "The fans are multiplied or divided: add them up.")
    yield Mistake("six-outside", 6 / math.sqrt(fans.fan_in + fans.fan_out), "The 6 stands under the root too.")
    text = "That is the bound for 1 / fan_out: Xavier's takes both fans."
    yield Mistake("fan-out-alone", math.sqrt(3 / fans.fan_out), text)
    yield Mistake("fan-out-alone", math.sqrt(6 / fans.fan_out), text)
    text = "That is σ: a uniform law must reach further than its standard deviation, √3 times."
    yield Mistake("std-for-limit", std(fans), text)
    text = "That is 2a, the width from −a to a: the variance is width² / 12."
    yield Mistake("width-for-limit", math.sqrt(12) * std(fans), text)
    yield Mistake("variance-for-std", 3 * std(fans) ** 2, "That is a²: take its square root.")
    yield Mistake("root-missing", 3 * std(fans), "a² is 3 σ², so a is √3 σ, not 3 σ.")
    text = "That is σ / √3: a is larger than σ, since σ = a / √3."
    yield Mistake("divided-for-multiplied", std(fans) / math.sqrt(3), text)
    text = "That is the bound for 1 / fan_in: Xavier's takes both fans."
    yield Mistake("lecun-for-xavier", math.sqrt(3 / fans.fan_in), text)


def slips(top: float, fans: Fans) -> Iterator[Mistake]:
    """The mistakes in √(top / (fan_in + fan_out)), which is σ for 2 and the bound for 6."""
    a, b = fans.fan_in, fans.fan_out
    text = "// drops what is behind the point, and (fan_in + fan_out) / 2 may end in .5: write /."
    yield Mistake("integer-division", math.sqrt(top / 2 / ((a + b) // 2)), text)
    text = "The sum of the fans needs brackets, under one root."
    yield Mistake("brackets-missing", math.sqrt(top / a) + b, text)
    yield Mistake("brackets-missing", math.sqrt(top) / math.sqrt(a) + math.sqrt(b), text)
    text = "The mean of the fans comes first, and then the root: that is the mean of two roots."
    yield Mistake("stds-averaged", math.sqrt(top / 2) * (a**-0.5 + b**-0.5) / 2, text)


def xavier_mistakes(fans: Fans) -> Iterator[Mistake]:
    yield from slips(2, fans)
    text = "That adds two fractions: divide once, by the mean of the fans."
    yield Mistake("brackets-missing", math.sqrt(1 / fans.fan_in + 1 / fans.fan_out), text)
    text = "That is √3 σ, the bound of a uniform law: std is the standard deviation, whatever the law."
    yield Mistake("limit-for-std", math.sqrt(3) * std(fans), text)


def judge_xavier(yours: Any) -> Findings:
    yield from judge_std("Xavier", yours(), std, xavier_mistakes)


def judge_limit(yours: Any) -> Findings:
    yield judged("limit", yours, lambda fans: math.sqrt(3) * std(fans), FANS, limit_mistakes)


RIGHT = {"Xavier": Xavier}
PARTS = {"Xavier": judge_xavier, "limit": judge_limit}
