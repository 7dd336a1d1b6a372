"""08: a uniform law of variance 1; its bounds are where the smallest and the largest of many draws are."""

import math
from typing import Any

from scratchnet.check.initializer import check_initializer
from scratchnet.check.report import Wrong
from scratchnet.exercises.judging import Findings, drawn, finding
from scratchnet.support.validation import Array

BOUNDS = [
    (1, "limit-for-std", "The bound is 1, but the std should be 1: the std of U(−a, a) is a / √3."),
    (math.sqrt(12), "width-for-limit", "The variance is width² / 12, and the width is 2a, from −a to a."),
    (3, "root-missing", "a² / 3 is the variance, so a is the root of 3."),
    (1 / math.sqrt(3), "divided-for-multiplied", "σ is a / √3: for σ = 1 a is √3, not 1 / √3."),
    (math.sqrt(6), "he-twice", "He's 2 comes from UniformHe.std: here the variance is 1."),
]


def judge_unit_uniform(yours: Any) -> Findings:
    def init(shape: Any, _: Any, rng: Any) -> Any:
        return yours(shape, rng)

    z, wrong = drawn("unit_uniform", init, (400, 500))
    wrong = wrong or check_uniform(z)
    yield finding("unit_uniform", wrong)
    if not wrong:
        yield from check_initializer(init, std=lambda _: 1.0).findings


def check_uniform(z: Array) -> Wrong | None:
    n, low, high, mean, std = z.size, float(z.min()), float(z.max()), float(z.mean()), float(z.std())
    seen = f"200,000 draws lie between {low:.3f} and {high:.3f}; their mean is {mean:.3f}, their std {std:.3f}."
    reach = max(-low, high)  # within about 2a/n of the bound a
    if std == 0:
        return "constant", f"All draws are the same number: draw each anew. {seen}"
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


PARTS = {"unit_uniform": judge_unit_uniform}
