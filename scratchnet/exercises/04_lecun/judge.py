"""04: the variance of a sum, and LeCun's σ."""

import math
from collections.abc import Iterator
from typing import Any

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings, both_fans, judge_std, judged
from scratchnet.initializers import Fans, He, LeCun


def sum_mistakes(n: int, w: float, x: float) -> Iterator[Mistake]:
    yield Mistake("std-for-variance", math.sqrt(n * w * x), "That is its square root, the std.")
    text = "That is one product's variance: independent ones add up, and there are fan_in of them."
    yield Mistake("summed-not-counted", w * x, text)
    text = "That is the variance of the mean of the products: a unit adds them up, and does not divide."
    yield Mistake("mean-for-sum", w * x / n, text)
    text = "fan_in squared is for one product taken fan_in times: independent ones add their variances."
    yield Mistake("fan-squared", n**2 * w * x, text)
    yield Mistake("one-short", (n - 1) * w * x, "That is one product too few: range(fan_in) has fan_in numbers.")
    text = "fan_in multiplies the whole product: put all factors in one."
    yield Mistake("variances-added", n * w + x, text)
    yield Mistake("weight-rooted", n * math.sqrt(w) * x, "var_w is a variance, and so is the answer: do not take its root.")
    yield Mistake("input-rooted", n * w * math.sqrt(x), "E[x²] stands in the variance as it is: do not take its root.")
    yield Mistake("fan-rooted", math.sqrt(n) * w * x, "√fan_in is how the std grows: variances add up whole.")
    text = "Inside a product the two are multiplied: Var(w x) = Var(w) E[x²], where w has mean 0."
    yield Mistake("variances-added", n * (w + x), text)
    yield Mistake("weight-squared", n * w**2 * x, "var_w is a variance already: do not square it once more.")
    yield Mistake("input-squared", n * w * x**2, "mean_square_x is E[x²] already: do not square it once more.")
    yield Mistake("input-forgotten", n * w, "E[x²] is missing: larger inputs make larger sums.")
    yield Mistake("weight-forgotten", n * x, "var_w is missing: larger weights make larger sums.")


def judge_variance_of_sum(yours: Any) -> Findings:
    cases = [(100, 0.02, 3.0), (784, 0.5, 0.1), (7, 2.0, 1.5)]
    yield judged("variance_of_sum", yours, lambda n, w, x: n * w * x, cases, sum_mistakes)


def lecun_mistakes(fans: Fans) -> Iterator[Mistake]:
    yield from both_fans(fans)
    yield Mistake("he-for-lecun", He().std(fans), "That is He's √(2 / fan_in), for ReLU: here nothing is thrown away.")
    text = "That is √2 times too small: a 2 is missing under the root."
    yield Mistake("root-two-too-small", math.sqrt(0.5) * LeCun().std(fans), text)


def judge_lecun(yours: Any) -> Findings:
    yield from judge_std("LeCun", yours(), LeCun().std, lecun_mistakes)


RIGHT = {"variance_of_sum": lambda fan_in, var_w, mean_square_x: fan_in * var_w * mean_square_x}
PARTS = {"variance_of_sum": judge_variance_of_sum, "LeCun": judge_lecun}
