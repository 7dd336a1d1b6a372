"""07: a gain measured on draws, and PyTorch's bound from its a = √5."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from scratchnet.check.recognize import Mistake
from scratchnet.check.report import Wrong
from scratchnet.exercises.judging import Findings, finding, judged
from scratchnet.support.validation import Array

Activation = Callable[[Array], Array]
DRAWS, FEW = 200_000, 1_700
Z = np.linspace(-8, 8, 4001)
WEIGHTS = np.exp(-(Z**2) / 2) / np.exp(-(Z**2) / 2).sum()


def relu(z: Array) -> Array:
    return np.maximum(z, 0)


def tanh(z: Array) -> Array:
    return np.tanh(z)


def shifted(z: Array) -> Array:
    return z + 1


def mean(f: Activation) -> float:
    """E f(z), z ~ N(0, 1)"""
    return float(WEIGHTS @ f(Z))


def square(phi: Activation) -> float:
    """E φ(z)²"""
    return mean(lambda z: phi(z) ** 2)


def flat(phi: Activation) -> float:
    """E φ² over U(0, 1)"""
    return float((phi((np.arange(10_000) + 0.5) / 10_000) ** 2).mean())


def gain_mistakes(phi: Activation, *_: Any) -> Iterator[Mistake]:
    yield Mistake("root-forgotten", 1 / square(phi), "That is 1 / E[φ²]: the gain is its square root.")
    yield Mistake("inverted", math.sqrt(square(phi)), "That is √E[φ²], what is left: the gain makes up for it.")
    yield Mistake("mean-square-for-gain", square(phi), "That is E[φ²]: the gain is 1 over its square root.")
    text = "That takes the std of φ(z): the next layer's sum has variance fan_in · Var(w) · E[φ²], mean and all."
    yield Mistake("variance-for-mean-square", 1 / math.sqrt(square(phi) - mean(phi) ** 2), text)
    text = "That is 1 over the mean of |φ(z)|: square first, then the mean, then the root."
    yield Mistake("mean-size-for-mean-square", 1 / mean(lambda z: np.abs(phi(z))), text)
    text = "That uses the sum: divide it by draws, or take the mean."
    yield Mistake("sum-for-mean", 1 / math.sqrt(DRAWS * square(phi)), text)
    yield Mistake("activation-forgotten", 1.0, "That is E[z²]: φ is not called. Square φ(z).")
    text = "z is squared before φ: square φ(z), after."
    yield Mistake("square-before-activation", 1 / math.sqrt(mean(lambda z: phi(z**2))), text)
    yield Mistake("root-two", math.sqrt(2 / square(phi)), "There is a 2 too many under the root.")
    text = "z has the mean 1: N(0, 1) is rng.standard_normal(draws)."
    yield Mistake("wrong-mean", 1 / math.sqrt(square(lambda z: phi(z + 1))), text)
    text = "That takes the root of the mean of |φ(z)|: square first, then the mean, then the root."
    yield Mistake("root-of-mean-size", 1 / math.sqrt(mean(lambda z: np.abs(phi(z)))), text)
    text = "** comes before /: without brackets, x ** −1 / 2 is half of 1/x. Write x ** −0.5."
    yield Mistake("precedence", 0.5 / square(phi), text)
    text = "z has another std than 1: N(0, 1) is rng.standard_normal(draws)."
    for std in (0.5, 2, 0.1, 0.01):
        yield Mistake("wrong-std", 1 / math.sqrt(square(lambda z, std=std: phi(std * z))), text)
    yield Mistake(
        "mean-for-mean-square", 1 / (abs(mean(phi)) or 1e-300), "That uses the mean of φ(z): square before the mean."
    )
    text = "That is for a uniform z: N(0, 1) is rng.standard_normal."
    for bound in (1.0, math.sqrt(3)):
        grid = np.linspace(-bound, bound, 10_001)
        yield Mistake("uniform-for-normal", 1 / math.sqrt(float((phi(grid) ** 2).mean())), text)
    text = "That uses the mean of φ(z): square before the mean."
    yield Mistake("mean-for-mean-square", 1 / math.sqrt(abs(mean(phi)) or 1e-300), text)
    text = "That is for z ~ U(0, 1), as rng.random draws: N(0, 1) is rng.standard_normal."
    yield Mistake("uniform-for-normal", 1 / math.sqrt(flat(phi)), text)


def judge_gain(yours: Any) -> Findings:
    cases = [(phi, DRAWS, np.random.default_rng(seed)) for seed, phi in enumerate((relu, tanh, shifted))]
    # The relative std of the estimate is √(Var φ² / n) / (2 E φ²): at most .003 here, for ReLU.
    more: dict[str, Any] = {
        "tolerance": 0.015,
        "next_look": "Is z of N(0, 1), squared after φ, and the mean under the root?",
    }
    found = judged("gain", yours, lambda phi, *_: 1 / math.sqrt(square(phi)), cases, gain_mistakes, **more)
    if found.passed:
        yield finding("gain", check_draws(yours))
        return
    if found.diagnosis in (
        "other",
        "not-general",
        "not-finite",
    ):  # tanh has mean 0, so that a mistake with the mean has no fixed answer
        again = judged("gain", yours, lambda phi, *_: 1 / math.sqrt(square(phi)), cases[::2], gain_mistakes, **more)
        found = found if again.passed else again
    draws = check_draws(yours) if found.diagnosis in ("other", "not-general", "nearly") else None
    yield finding("gain", draws) if draws and draws[0] == "draws-ignored" else found


def check_draws(yours: Any) -> Wrong | None:
    """It takes as many draws as it is given, all of them from the generator."""
    counted: list[int] = []

    def counting(z: Array) -> Array:
        counted.append(np.size(z))
        return z

    yours(counting, FEW, np.random.default_rng(0))
    if FEW not in (max(counted, default=0), sum(counted)):
        return "draws-ignored", f"{FEW:,} draws were asked for, but φ got {sum(counted):,}: take as many as draws says."
    first, again, other = (yours(tanh, FEW, np.random.default_rng(seed)) for seed in (1, 1, 2))
    if first != again:
        return "generator-ignored", "One seed gives two answers: draw from the rng that is given, and from nothing else."
    if first == other:
        return "seed-ignored", "Two different generators give the same answer: draw from the rng that is given."
    return None


def limit(a: float, fan_in: int) -> float:
    return math.sqrt(6 / ((1 + a**2) * fan_in))


def limit_mistakes(a: float, n: int) -> Iterator[Mistake]:
    yield Mistake("std-for-limit", limit(a, n) / math.sqrt(3), "That is the std: a uniform law's bound is √3 times it.")
    yield Mistake("root-missing", limit(a, n) * math.sqrt(3), "That is 3 times the std: the bound is √3 times it.")
    yield Mistake("width-for-limit", limit(a, n) * 2, "That is the width from −limit to limit: half of it is the bound.")
    text = "a is squared: gain² = 2 / (1 + a²), and with a = √5 that is 2 / 6."
    yield Mistake("slope-not-squared", math.sqrt(6 / ((1 + a) * n)), text)
    yield Mistake("slope-ignored", math.sqrt(6 / n), "That is for a = 0: the gain depends on a.")
    text = "That is right for a = √5 alone, PyTorch's own choice: take a as it is given."
    yield Mistake("torch-default-only", 1 / math.sqrt(n), text)
    text = "1 / a * b divides by a alone: put (1 + a²) · fan_in in brackets."
    yield Mistake("precedence", math.sqrt(6 / (1 + a**2) * n), text)
    text = "1 + a² needs brackets."
    yield Mistake("brackets-missing", math.sqrt(6 / (1 + a**2 * n)), text)
    yield Mistake("brackets-missing", math.sqrt(3 * (2 / 1 + a**2) / n), text)
    yield Mistake("brackets-missing", math.sqrt(6 / 1 + a**2) / math.sqrt(n), text)
    yield Mistake("sum-squared", math.sqrt(6 / ((1 + a) ** 2 * n)), "a alone is squared: 1 + a², not (1 + a)².")
    yield Mistake("gain-forgotten", math.sqrt(3 / n), "The gain is missing: gain² = 2 / (1 + a²).")
    yield Mistake("gain-not-rooted", math.sqrt(3 / n) * 2 / (1 + a**2), "2 / (1 + a²) is gain²: take its root.")
    yield Mistake("gain-not-rooted", math.sqrt(3 / n) * math.sqrt(2) / (1 + a**2), "1 + a² stands under the root too.")
    yield Mistake("slope-for-gain", math.sqrt(3 / n) * a, "a is a slope, not a gain: gain² = 2 / (1 + a²).")
    yield Mistake("both-bounds", np.array([-limit(a, n), limit(a, n)]), "Those are both bounds: return limit alone.")
    text = "That is std / √3: the bound is larger than the std, √3 times."
    yield Mistake("divided-for-multiplied", limit(a, n) / 3, text)
    yield Mistake("fan-not-rooted", math.sqrt(6 / (1 + a**2)) / n, "fan_in stands under the root too.")
    yield Mistake("variance-for-std", limit(a, n) ** 2, "That is its square: take the root.")


def judge_torch_limit(yours: Any) -> Findings:
    yield judged("torch_limit", yours, limit, [(math.sqrt(5), 100), (0.0, 784), (0.3, 50)], limit_mistakes)


PARTS = {"gain": judge_gain, "torch_limit": judge_torch_limit}
