"""08: a uniform law of variance 1; its bounds are where the smallest and the largest of many draws are."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from scratchnet.check.initializer import check_initializer
from scratchnet.check.report import Wrong
from scratchnet.exercises.judging import Findings, drawn, finding
from scratchnet.support.validation import Array

SHAPE = (400, 500)
BOUNDS = [
    (1, "limit-for-std", "The bound is 1, but the std should be 1: the std of U(−a, a) is a / √3."),
    (math.sqrt(12), "width-for-limit", "The variance is width² / 12, and the width is 2a, from −a to a."),
    (3, "root-missing", "a² / 3 is the variance, so a is the root of 3."),
    (1 / math.sqrt(3), "divided-for-multiplied", "σ is a / √3: for σ = 1 a is √3, not 1 / √3."),
    (0.5, "width-one", "From −½ to ½ the variance is 1/12: the width should be √12."),
    (math.sqrt(6), "he-twice", "He's 2 comes from UniformHe.std: here the variance is 1."),
] + [
    (
        math.sqrt(factor / fan),
        "fans-inside",
        "The bound depends on the shape: σ comes from UniformHe.std, here the variance is 1.",
    )
    for factor in (1, 2, 3, 6)
    for fan in (*SHAPE, sum(SHAPE))
]


def judge_unit_uniform(yours: Any) -> Findings:
    def init(shape: Any, _: Any, rng: Any) -> Any:
        return yours(shape, rng)

    z, wrong = drawn("unit_uniform", init, SHAPE)
    wrong = wrong or check_uniform(z)
    if not wrong or wrong[0] == "wrong-size":
        wrong = check_independent(init) or wrong
    yield finding("unit_uniform", wrong)
    if not wrong:
        yield from check_initializer(init, std=lambda _: 1.0).findings


def check_uniform(z: Array) -> Wrong | None:
    n, low, high, mean, std = z.size, float(z.min()), float(z.max()), float(z.mean()), float(z.std())
    seen = f"200,000 draws lie between {low:.3f} and {high:.3f}; their mean is {mean:.3f}, their std {std:.3f}."
    reach = max(-low, high)  # within about 2a/n of the bound a
    if np.ptp(z) == 0:
        return "constant", f"All draws are the same number: draw each anew. {seen}"
    distinct = len(np.unique(z))
    if (z == z[0]).all() or (z == z[:, :1]).all() or 20 < distinct < n / 2:
        return "repeated", f"Only {distinct:,} of {n:,} numbers differ: draw each anew, with size=shape."
    if abs(((z - mean) ** 4).mean() / std**4 - 1.8) >= 0.05:  # E z⁴ / (E z²)² is 1.8 for a uniform law
        text = f"the law is not uniform: rng.uniform draws flat from −a to a. {seen}"
        return ("law-for-variance", f"The variance is 1, but {text}") if abs(std - 1) < 0.01 else ("wrong-law", text)
    if abs(mean) > 6 * std / math.sqrt(n):
        return "mean-not-zero", f"The mean is not 0: the law goes from −a to a. {seen}"
    if abs(reach - math.sqrt(3)) < 0.01 * math.sqrt(3):
        return None
    for bound, word, text in BOUNDS:
        if abs(reach - bound) < 0.01 * bound:
            return word, f"{text} {seen}"
    return "wrong-size", f"The variance is not 1. {seen}"


def check_independent(init: Any) -> Wrong | None:
    """No number depends on the others: a small draw has neither mean 0 nor std 1, as the law has."""
    if np.array_equal(*(drawn("unit_uniform", init, (3, 5), seed)[0] for seed in (1, 2))):
        return None  # the checks say that no seed counts
    small = [drawn("unit_uniform", init, shape)[0] for shape in ((3, 5), (4, 6))]

    def always(measured: Callable[[Array], Any], value: float) -> bool:
        return all(np.abs(measured(z) - value).max() < 3e-6 for z in small)

    scaled = [
        always(lambda z, axis=axis, ddof=ddof: z.std(axis=axis, ddof=ddof), 1.0) for axis in (None, 0, 1) for ddof in (0, 1)
    ]
    scaled += [always(lambda z, axis=axis: (z**2).mean(axis=axis), 1.0) for axis in (None, 0, 1)]
    if any(scaled) or always(lambda z: np.abs(z).max(), math.sqrt(3)):
        return "scaled-afterwards", (
            "The numbers are divided by a size of their own, so each depends on all others, and one alone is always "
            "the same: take the a of the law, from its variance a² / 3."
        )
    if any(always(lambda z, axis=axis: z.mean(axis=axis), 0.0) for axis in (None, 0, 1)):
        return "mean-subtracted", "The mean of the draws is subtracted: the law from −a to a has mean 0 by itself."
    return None


PARTS = {"unit_uniform": judge_unit_uniform}
