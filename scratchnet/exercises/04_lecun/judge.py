"""04: the variance of a sum, and LeCun's σ."""

import math
from typing import Any

from scratchnet.check.recognize import Mistake
from scratchnet.exercises.judging import Findings, judge_std, judged
from scratchnet.initializers import He, LeCun

SUM_MISTAKES = [
    Mistake("std-for-variance", lambda n, w, x: math.sqrt(n * w * x), "That is its square root, the std."),
    Mistake(
        "summed-not-counted",
        lambda n, w, x: w * x,
        "That is one product's variance: independent ones add up, and there are fan_in of them.",
    ),
    Mistake(
        "mean-for-sum",
        lambda n, w, x: w * x / n,
        "That is the variance of the mean of the products: a unit adds them up, and does not divide.",
    ),
    Mistake(
        "fan-squared",
        lambda n, w, x: n**2 * w * x,
        "fan_in squared is for one product taken fan_in times: independent ones add their variances.",
    ),
    Mistake("fan-rooted", lambda n, w, x: math.sqrt(n) * w * x, "√fan_in is how the std grows: variances add up whole."),
    Mistake(
        "variances-added",
        lambda n, w, x: n * (w + x),
        "Inside a product the two are multiplied: Var(w x) = Var(w) E[x²], where w has mean 0.",
    ),
    Mistake("weight-squared", lambda n, w, x: n * w**2 * x, "var_w is a variance already: do not square it once more."),
    Mistake("input-squared", lambda n, w, x: n * w * x**2, "mean_square_x is E[x²] already: do not square it once more."),
    Mistake("input-forgotten", lambda n, w, x: n * w, "E[x²] is missing: larger inputs make larger sums."),
    Mistake("weight-forgotten", lambda n, w, x: n * x, "var_w is missing: larger weights make larger sums."),
]


def judge_variance_of_sum(yours: Any) -> Findings:
    cases = [(100, 0.02, 3.0), (784, 0.5, 0.1), (7, 2.0, 1.5)]
    yield judged("variance_of_sum", yours, lambda n, w, x: n * w * x, cases, SUM_MISTAKES)


def judge_lecun(yours: Any) -> Findings:
    text = "That is √2 times too small: a 2 is missing under the root."
    yield from judge_std(
        "LeCun",
        yours(),
        LeCun().std,
        Mistake("he-for-lecun", He().std, "That is He's √(2 / fan_in), for ReLU: here nothing is thrown away."),
        Mistake("root-two-too-small", lambda fans: math.sqrt(0.5) * LeCun().std(fans), text),
    )


PARTS = {"variance_of_sum": judge_variance_of_sum, "LeCun": judge_lecun}
