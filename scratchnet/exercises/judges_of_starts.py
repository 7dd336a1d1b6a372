"""What is right in the exercises on numbers and initializers, and which mistakes are known by name.

A judge gets what the reader's file calls by a name (a function, or a class) and yields findings, the most telling first; it
stops where going on would say nothing new. Read next: `judges_of_layers`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scratchnet.check.initializer import check_initializer
from scratchnet.check.report import Finding
from scratchnet.exercises.judging import FANS, Findings, Mistake, batch, close, drawn, judged, std_mistakes
from scratchnet.initializers import Fans, He, LeCun, Xavier
from scratchnet.support.validation import Array

# 01


def cross_entropy(yours: Any) -> Findings:
    def probabilities(rows: int, classes: int) -> Array:
        e = np.exp(batch((rows, classes)))
        return e / e.sum(axis=1, keepdims=True)

    def picked(y: Array, t: Array) -> Array:
        return y[np.arange(len(t)), t]

    def right(y: Array, t: Array) -> float:
        return -np.log(picked(y, t)).mean()

    cases = [(probabilities(5, 3), np.array([0, 2, 1, 1, 0])), (probabilities(4, 10), np.array([9, 0, 3, 3]))]
    yield judged(
        "cross_entropy",
        yours,
        right,
        cases,
        [
            Mistake("sign-flipped", lambda y, t: -right(y, t), "The sign is wrong: ln of a probability is negative."),
            Mistake(
                "sum-for-mean",
                lambda y, t: len(t) * right(y, t),
                "That is the sum over the batch: a loss that grows with the batch cannot be compared with ln 10.",
            ),
            Mistake(
                "log10-for-ln",
                lambda y, t: right(y, t) / math.log(10),
                "That is log10: NumPy's natural logarithm is np.log.",
            ),
            Mistake(
                "log2-for-ln",
                lambda y, t: right(y, t) / math.log(2),
                "That is log2, in bits: NumPy's natural logarithm is np.log.",
            ),
            Mistake(
                "all-classes",
                lambda y, _: -np.log(y).sum(axis=1).mean(),
                "That adds up the logarithms of all classes: only the right one's counts, y[n, t[n]].",
            ),
            Mistake(
                "all-classes",
                lambda y, t: -np.log(y[:, t]).mean(),
                "y[:, t] takes for each row the right classes of all rows: y[np.arange(N), t] goes row by row.",
            ),
            Mistake(
                "mean-over-classes",
                lambda y, t: right(y, t) / y.shape[1],
                "That is divided by the number of classes too: the mean is over the rows alone.",
            ),
            Mistake(
                "entropy",
                lambda y, _: -(y * np.log(y)).sum(axis=1).mean(),
                "That is the entropy of y, which does not ask for t: take −ln of the right class's probability alone.",
            ),
            Mistake(
                "log-of-the-mean",
                lambda y, t: -np.log(picked(y, t).mean()),
                "That is the logarithm of the mean: take the logarithms first, then their mean.",
            ),
        ],
        tolerance=1e-4,  # the book adds 1e-7 to y
    )


def first_loss(yours: Any) -> Findings:
    yield judged(
        "first_loss",
        yours,
        math.log,
        [(10,), (2,), (1000,)],
        [
            Mistake("probability-for-loss", lambda c: 1 / c, "That is each class's probability: the loss is −ln of it."),
            Mistake("loss-negative", lambda c: -math.log(c), "−ln(1/C) is + ln C: a loss is not negative."),
            Mistake("log10-for-ln", math.log10, "That is log10: take math.log, the natural logarithm."),
            Mistake("log2-for-ln", math.log2, "That is log2: take math.log, the natural logarithm."),
            Mistake(
                "mean-over-classes",
                lambda c: math.log(c) / c,
                "That is divided by the number of classes: only the right class's term stands in the loss, once.",
            ),
            Mistake("sum-over-classes", lambda c: c * math.log(c), "That is the sum over all classes: only one is right."),
            Mistake("always-ten", lambda _: math.log(10), "That is ln 10, whatever `classes` is."),
        ],
    )


# 02


def different_units(yours: Any) -> Findings:
    W = batch((4, 6))
    swapped = np.array([[1.0, 2.0, 1.0], [2.0, 1.0, 2.0]])  # sums alike, columns not; equal ones are not neighbours
    some_zero = np.hstack([np.zeros((4, 2)), W[:, :3]])
    first_alike = np.array([[1.0, 1.0], [2.0, 3.0]])
    cases = [
        (np.zeros((3, 5)),),
        (W,),
        (swapped,),
        (first_alike,),
        (some_zero,),
        (np.repeat(W[:1], 3, axis=0),),
        (W[:, [0, 1, 0, 2]],),
    ]

    def right(W: Array) -> int:
        return len({tuple(column) for column in W.T})

    yield judged(
        "different_units",
        yours,
        right,
        cases,
        [
            Mistake(
                "rows-for-columns",
                lambda W: right(W.T),
                "That counts rows, one for each input: W (n_in, n_out) has a column for each unit.",
            ),
            Mistake(
                "numbers-for-units",
                lambda W: len(np.unique(W)),
                "That counts different numbers in W: two units differ if any of their weights do.",
            ),
            Mistake(
                "sums-compared",
                lambda W: len(np.unique(W.sum(axis=0))),
                "That compares the units' sums: two different columns may have one sum.",
            ),
            Mistake(
                "neighbours-compared",
                lambda W: 1 + int((W[:, 1:] != W[:, :-1]).any(axis=0).sum()),
                "That compares neighbours: equal columns may stand apart.",
            ),
            Mistake(
                "zero-not-counted",
                lambda W: right(W[:, W.any(axis=0)]),
                "A column of zeros is a unit too: ten of them are one and the same.",
            ),
            Mistake("all-columns", lambda W: W.shape[1], "That is how many units there are, alike or not."),
            Mistake(
                "first-row-compared",
                lambda W: len(np.unique(W[0])),
                "That compares only the units' first weights: take the whole columns.",
            ),
            Mistake(
                "rank",
                lambda W: int(np.linalg.matrix_rank(W)),
                "That is the rank: a column that is twice another one is still another unit.",
            ),
        ],
    )


def coins(yours: Any) -> Findings:
    shape, fans = (200, 100), Fans(200, 100)
    W, wrong = drawn("coins", yours, shape, fans)
    if wrong:
        yield wrong
        return
    size, columns = np.abs(W), len({tuple(column) for column in W.T})

    def finding(word: str, text: str) -> Finding:
        return Finding("coins", False, word, text)

    if np.ptp(W) == 0:
        yield finding("all-equal", f"All weights are {W[0, 0]:g}: the units are all alike, and stay so. Toss for the signs.")
    elif columns == 1:
        yield finding("one-sign-an-input", "All units are alike: the signs differ by row only. Toss for every weight.")
    elif columns < shape[1] / 2:
        yield finding(
            "one-sign-a-unit",
            f"Only {columns} of {shape[1]} units differ: all weights of a unit have one sign. Toss for each.",
        )
    elif np.ptp(size) < 1e-9 and not close(size[:1, 0], np.array([0.1]), 1e-9):
        yield finding("wrong-size", f"All weights are ±{size[0, 0]:g}, but ±0.1 is asked for.")
    elif (W == 0).any() and np.isclose(np.abs(W[W != 0]), 0.1).all():
        yield finding(
            "zero-for-minus", "Weights are 0 or 0.1 in size, but +0.1 and −0.1 are asked for: what is tossed is the sign."
        )
    elif not np.allclose(size, 0.1):
        yield finding("not-one-size", f"|W| goes from {size.min():.3g} to {size.max():.3g}, but all weights are ±0.1.")
    elif abs(np.sign(W).mean()) > 6 / math.sqrt(W.size):  # the mean of n tosses has std 1/√n
        share = (W > 0).mean()
        yield finding("loaded-coin", f"{100 * share:.0f} % of the weights are positive, but both signs are equally likely.")
    else:
        yield Finding("coins", True)
        yield from check_initializer(yours, std=lambda _: 0.1).findings


# 04


def variance_of_sum(yours: Any) -> Findings:
    yield judged(
        "variance_of_sum",
        yours,
        lambda n, w, x: n * w * x,
        [(100, 0.02, 3.0), (784, 0.5, 0.1), (7, 2.0, 1.5)],
        [
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
            Mistake(
                "fan-rooted", lambda n, w, x: math.sqrt(n) * w * x, "√fan_in is how the std grows: variances add up whole."
            ),
            Mistake(
                "variances-added",
                lambda n, w, x: n * (w + x),
                "Inside a product the two are multiplied: Var(w x) = Var(w) E[x²], where w has mean 0.",
            ),
            Mistake(
                "weight-squared", lambda n, w, x: n * w**2 * x, "var_w is a variance already: it is not squared once more."
            ),
            Mistake(
                "input-squared",
                lambda n, w, x: n * w * x**2,
                "mean_square_x is E[x²] already: it is not squared once more.",
            ),
            Mistake("input-forgotten", lambda n, w, x: n * w, "E[x²] is missing: larger inputs make larger sums."),
            Mistake("weight-forgotten", lambda n, w, x: n * x, "var_w is missing: larger weights make larger sums."),
        ],
    )


def an_std(name: str, yours: Any, right: Any, mistakes: list[Mistake], without: Sequence[str]) -> Findings:
    """A class of initializers that are told by their σ."""
    std = judged(f"{name}.std", lambda fans: yours().std(fans), right, FANS, std_mistakes(right, *mistakes, without=without))
    yield std
    if std.passed:
        yield from check_initializer(yours(), std=right).findings


def lecun(yours: Any) -> Findings:
    he = Mistake(
        "he-for-lecun",
        He().std,
        "That is He's √(2 / fan_in), for ReLU: here nothing is thrown away.",
    )
    yield from an_std("LeCun", yours, LeCun().std, [he], without=["root-two-too-large"])


# 05


def xavier(yours: Any) -> Findings:
    yield from an_std(
        "Xavier",
        yours,
        Xavier().std,
        [
            Mistake(
                "sum-for-mean",
                lambda fans: math.sqrt(1 / (fans.fan_in + fans.fan_out)),
                "The mean of the two fans is (fan_in + fan_out) / 2: its 2 is missing.",
            ),
            Mistake(
                "lecun-for-xavier",
                LeCun().std,
                "That is 1 / √fan_in, which the book calls Xavier: Glorot and Bengio's takes both fans.",
            ),
            Mistake(
                "fan-out-alone",
                lambda fans: math.sqrt(1 / fans.fan_out),
                "That keeps the gradient alone, on its way back: forward counts as much.",
            ),
            Mistake(
                "geometric-mean",
                lambda fans: (fans.fan_in * fans.fan_out) ** -0.25,
                "That is the geometric mean of the fans, √(fan_in · fan_out): theirs is the plain one.",
            ),
            Mistake(
                "mean-of-variances",
                lambda fans: math.sqrt((1 / fans.fan_in + 1 / fans.fan_out) / 2),
                "That is the mean of 1/fan_in and 1/fan_out: take the mean of the fans first, then 1 over it.",
            ),
        ],
        without=["fans-swapped", "root-two-too-small"],
    )


def xavier_limit(yours: Any) -> Findings:
    std = Xavier().std
    yield judged(
        "limit",
        yours,
        lambda fans: math.sqrt(3) * std(fans),
        FANS,
        [
            Mistake(
                "std-for-limit", std, "That is σ: a uniform law must reach further than its standard deviation, √3 times."
            ),
            Mistake(
                "width-for-limit",
                lambda fans: math.sqrt(12) * std(fans),
                "That is 2a, the width from −a to a: the variance is width² / 12.",
            ),
            Mistake(
                "variance-for-std",
                lambda fans: 3 * std(fans) ** 2,
                "That is a²: take its square root.",
            ),
            Mistake("root-missing", lambda fans: 3 * std(fans), "a² is 3 σ², so a is √3 σ, not 3 σ."),
            Mistake(
                "divided-for-multiplied",
                lambda fans: std(fans) / math.sqrt(3),
                "That is σ / √3: a is larger than σ, since σ = a / √3.",
            ),
            Mistake(
                "lecun-for-xavier",
                lambda fans: math.sqrt(3 / fans.fan_in),
                "That is the bound for 1 / fan_in: Xavier's takes both fans.",
            ),
        ],
    )


# 06


def kept(yours: Any) -> Findings:
    yield judged(
        "kept",
        yours,
        lambda slope: (1 + slope**2) / 2,
        [(0.0,), (0.2,), (0.01,), (1.0,), (-0.5,)],
        [
            Mistake(
                "half-missing",
                lambda slope: 1 + slope**2,
                "The ½ is missing: E[z²] is 1 over both sides, so each side holds a half of it.",
            ),
            Mistake(
                "slope-not-squared",
                lambda slope: (1 + slope) / 2,
                "What is averaged is the square: on the negative side (slope · z)².",
            ),
            Mistake(
                "slope-missing",
                lambda slope: 0.5,
                "That is ReLU's: with a slope the negative side adds to it.",
            ),
            Mistake(
                "negative-side-whole",
                lambda slope: 0.5 + slope**2,
                "The negative side is a half too: its slope² is taken of ½, not of 1.",
            ),
            Mistake(
                "std-for-mean-square",
                lambda slope: math.sqrt((1 + slope**2) / 2),
                "That is its square root: E[φ²] is asked for.",
            ),
            Mistake(
                "variance-for-mean-square",
                lambda slope: (1 + slope**2) / 2 - (1 - slope) ** 2 / (2 * math.pi),
                "That is the variance of φ(z), with the mean's square taken off: the next sum asks for E[φ²], whole.",
            ),
            Mistake("inverted", lambda slope: 2 / (1 + slope**2), "That is 1 over it, what He's variance has on top."),
        ],
    )


def he(yours: Any) -> Findings:
    def slopes(fans: Fans, slope: float) -> float:
        return yours(slope=slope).std(fans)

    def right(fans: Fans, slope: float) -> float:
        return He(slope=slope).std(fans)

    cases = [(*fans, slope) for fans, slope in zip(FANS, (0.0, 0.2, 1.0), strict=True)]
    std = judged(
        "He.std",
        slopes,
        right,
        cases,
        [
            Mistake(
                "lecun-for-he",
                lambda fans, slope: LeCun().std(fans),
                "That is 1 / √fan_in: what ReLU throws away is not made up for.",
            ),
            Mistake(
                "half-for-two",
                lambda fans, slope: math.sqrt((1 + slope**2) / 2 / fans.fan_in),
                "That multiplies by `kept`: what is lost must be put back, so σ² is divided by it.",
            ),
            Mistake("variance-for-std", lambda fans, slope: right(fans, slope) ** 2, "That is σ²: std gives its root."),
            Mistake(
                "fans-swapped",
                lambda fans, slope: right(Fans(fans.n_out, fans.n_in, fans.window), slope),
                "That takes fan_out: a unit adds up fan_in products.",
            ),
            Mistake(
                "slope-missing",
                lambda fans, slope: He().std(fans),
                "That is right for ReLU alone: divide by kept(self.slope).",
            ),
            Mistake(
                "slope-not-squared",
                lambda fans, slope: math.sqrt(2 / ((1 + slope) * fans.fan_in)),
                "The slope is squared in E[φ²].",
            ),
            Mistake(
                "root-of-two-missing",
                lambda fans, slope: 2 / (1 + slope**2) / math.sqrt(fans.fan_in),
                "The 2 stands under the root too: σ² = 2 / fan_in for ReLU.",
            ),
            Mistake(
                "window-forgotten",
                lambda fans, slope: right(Fans(fans.n_in, fans.n_out), slope),
                "n_in is how many channels come in, each with a whole window: take fans.fan_in.",
            ),
            Mistake(
                "limit-for-std",
                lambda fans, slope: math.sqrt(3) * right(fans, slope),
                "That is √3 σ, the bound of a uniform law.",
            ),
        ],
    )
    yield std
    if std.passed:
        yield from check_initializer(yours(), std=He().std).findings


# 07


def gain(yours: Any) -> Findings:
    draws = 200_000

    def relu(z: Array) -> Array:
        return np.maximum(z, 0)

    def tanh(z: Array) -> Array:
        return np.tanh(z)

    def shifted(z: Array) -> Array:
        return z + 1

    cases = [(phi, draws, np.random.default_rng(seed)) for seed, phi in enumerate((relu, tanh, shifted))]
    z = np.linspace(-8, 8, 4001)
    weight = np.exp(-(z**2) / 2)
    weight /= weight.sum()

    def mean(f: Any) -> float:
        """E f(z)"""
        return float(weight @ f(z))

    def square(phi: Any) -> float:
        return mean(lambda z: phi(z) ** 2)

    def right(phi: Any, draws: int, rng: Any) -> float:
        return 1 / math.sqrt(square(phi))

    def flat(phi: Any) -> float:
        """E φ² over U(0, 1)"""
        return float((phi((np.arange(10_000) + 0.5) / 10_000) ** 2).mean())

    # The relative std of the estimate is √(Var φ² / n) / (2 E φ²): at most .003 here, for ReLU.
    found = judged(
        "gain",
        yours,
        right,
        cases,
        [
            Mistake("root-forgotten", lambda phi, *_: 1 / square(phi), "That is 1 / E[φ²]: the gain is its square root."),
            Mistake(
                "inverted", lambda phi, *_: math.sqrt(square(phi)), "That is √E[φ²], what is left: the gain makes up for it."
            ),
            Mistake(
                "mean-square-for-gain", lambda phi, *_: square(phi), "That is E[φ²]: the gain is 1 over its square root."
            ),
            Mistake(
                "variance-for-mean-square",
                lambda phi, *_: 1 / math.sqrt(square(phi) - mean(phi) ** 2),
                "That takes the std of φ(z): the next layer's sum has variance fan_in · Var(w) · E[φ²], mean and all.",
            ),
            Mistake(
                "mean-size-for-mean-square",
                lambda phi, *_: 1 / mean(lambda z: np.abs(phi(z))),
                "That is 1 over the mean of |φ(z)|: square first, then the mean, then the root.",
            ),
            Mistake(
                "mean-for-mean-square",
                lambda phi, *_: 1 / math.sqrt(abs(mean(phi)) or 1e-300),
                "That is of the mean of φ(z): square before the mean.",
            ),
            Mistake(
                "uniform-for-normal",
                lambda phi, *_: 1 / math.sqrt(flat(phi)),
                "That is for z ~ U(0, 1), as rng.random draws: N(0, 1) is rng.standard_normal.",
            ),
        ],
        tolerance=0.015,
        next_look="Is z of N(0, 1), squared after φ, and the mean under the root?",
    )
    counted: list[int] = []

    def counting(z: Array) -> Array:
        counted.append(np.size(z))
        return z

    if found.passed:
        yours(counting, 1000, np.random.default_rng(0))
        if 1000 not in (max(counted, default=0), sum(counted)):
            text = f"1,000 draws were asked for, but φ saw {sum(counted):,}: draw so many of them."
            found = Finding("gain", False, "draws-ignored", text)
    if found.passed and len({yours(tanh, 1000, np.random.default_rng(seed)) for seed in (1, 1, 2)}) != 2:
        same = yours(tanh, 1000, np.random.default_rng(1)) == yours(tanh, 1000, np.random.default_rng(1))
        found = Finding(
            "gain",
            False,
            "seed-ignored" if same else "generator-ignored",
            "Two different generators give one and the same answer: draw from the rng that is given."
            if same
            else "One seed gives two answers: draw from the rng that is given, and from nothing else.",
        )
    yield found


def torch_limit(yours: Any) -> Findings:
    def right(a: float, fan_in: int) -> float:
        return math.sqrt(6 / ((1 + a**2) * fan_in))

    yield judged(
        "torch_limit",
        yours,
        right,
        [(math.sqrt(5), 100), (0.0, 784), (0.3, 50)],
        [
            Mistake(
                "std-for-limit",
                lambda a, n: right(a, n) / math.sqrt(3),
                "That is the std: a uniform law's bound is √3 times it.",
            ),
            Mistake(
                "root-missing",
                lambda a, n: right(a, n) * math.sqrt(3),
                "That is 3 times the std: the bound is √3 times it.",
            ),
            Mistake(
                "width-for-limit",
                lambda a, n: right(a, n) * 2,
                "That is the width from −limit to limit: half of it is the bound.",
            ),
            Mistake(
                "slope-not-squared",
                lambda a, n: math.sqrt(6 / ((1 + a) * n)),
                "a is squared: gain² = 2 / (1 + a²), and with a = √5 that is 2 / 6.",
            ),
            Mistake("slope-ignored", lambda a, n: math.sqrt(6 / n), "That is for a = 0: the gain depends on a."),
            Mistake(
                "torch-default-only",
                lambda a, n: 1 / math.sqrt(n),
                "That is right for a = √5 alone, PyTorch's own choice: take a as it is given.",
            ),
            Mistake(
                "fan-not-rooted",
                lambda a, n: math.sqrt(6 / (1 + a**2)) / n,
                "fan_in stands under the root too.",
            ),
            Mistake("variance-for-std", lambda a, n: right(a, n) ** 2, "That is its square: take the root."),
        ],
    )


# 08


def unit_uniform(yours: Any) -> Findings:
    shape = (400, 500)
    z, wrong = drawn("unit_uniform", lambda shape, _, rng: yours(shape, rng), shape, Fans(*shape))
    if wrong:
        yield wrong
        return
    n, low, high, mean, std = z.size, float(z.min()), float(z.max()), float(z.mean()), float(z.std())
    seen = f"200,000 draws lie between {low:.3f} and {high:.3f}; their mean is {mean:.3f}, their std {std:.3f}."

    def finding(word: str, text: str) -> Finding:
        return Finding("unit_uniform", False, word, f"{text} {seen}")

    def goes_to(a: float) -> bool:
        return abs(max(-low, high) - a) < 0.01 * a

    # Of a uniform law the smallest and the largest of n draws are within about 2a/n of its bounds; E z⁴ / (E z²)² is 1.8.
    flat = abs(((z - mean) ** 4).mean() / max(std, 1e-300) ** 4 - 1.8) < 0.05
    if std == 0:
        yield finding("constant", "All draws are one number: draw each anew.")
    elif not flat and abs(std - 1) < 0.01:
        yield finding(
            "law-for-variance", "The variance is 1, but the law is not uniform: rng.uniform draws flat from −a to a."
        )
    elif not flat:
        yield finding("wrong-law", "The law is not uniform: rng.uniform draws flat from −a to a.")
    elif abs(mean) > 6 * std / math.sqrt(n):
        yield finding("mean-not-zero", "The mean is not 0: the law goes from −a to a.")
    elif goes_to(1):
        yield finding("limit-for-std", "The bound is 1, but the std is to be 1: that of U(−a, a) is a / √3.")
    elif goes_to(math.sqrt(12)):
        yield finding("width-for-limit", "The variance is width² / 12, and the width is 2a, from −a to a.")
    elif goes_to(3):
        yield finding("root-missing", "a² / 3 is the variance, so a is the root of 3.")
    elif goes_to(1 / math.sqrt(3)):
        yield finding("divided-for-multiplied", "σ is a / √3: for σ = 1 a is √3, not 1 / √3.")
    elif goes_to(math.sqrt(6)):
        yield finding("he-twice", "He's 2 comes from UniformHe.std: here the variance is 1.")
    elif not goes_to(math.sqrt(3)):
        yield finding("wrong-size", "The variance is not 1.")
    else:
        yield Finding("unit_uniform", True)
        yield from check_initializer(lambda shape, fans, rng: yours(shape, rng), std=lambda _: 1.0).findings


# 09


def orthogonal(yours: Any) -> Findings:
    name = "orthogonal"

    def finding(word: str, text: str) -> Finding:
        return Finding(name, False, word, text)

    for shape in ((20, 20), (30, 12), (12, 30)):
        W, wrong = drawn(name, yours, shape, Fans(*shape))
        if wrong:
            if wrong.diagnosis == "wrong-shape" and shape[0] < shape[1]:
                wrong = finding(
                    "wide-not-transposed",
                    f"{wrong.text} Of a wide one the rows are orthonormal: draw it tall, and transpose.",
                )
            yield wrong
            return
        gram = W.T @ W if shape[0] >= shape[1] else W @ W.T
        lengths = np.sqrt(np.diag(gram))
        product = "WᵀW" if shape[0] >= shape[1] else "WWᵀ"
        off = np.abs(gram - np.diag(np.diag(gram))).max()
        if off > 1e-6 and np.allclose(np.linalg.norm(W, axis=0), 1):
            yield finding(
                "normalized-only",
                f"Every column has length 1, but {product} is up to {off:.2f} off its diagonal: they need right angles too.",
            )
            return
        if off > 1e-6 and np.allclose(W, W.T):
            yield finding(
                "symmetric-only", f"W is symmetric, but {product} is not I: its eigenvectors would be orthonormal."
            )
            return
        if off > 1e-6:
            yield finding("not-orthogonal", f"Of shape {shape} {product} is up to {off:.2g} off its diagonal, where I is 0.")
            return
        if not np.allclose(lengths, 1):
            at = f"The columns or rows are orthogonal, but of length {lengths.mean():.4g} where 1 is due."
            yield finding("scaled", f"{at} Orthonormal ones need no σ: W does not shrink what goes through it.")
            return
    tries = 400
    rng = np.random.default_rng(0)
    many = np.array([yours((4, 4), Fans(4, 4), rng) for _ in range(tries)], np.float64)
    if np.allclose(many[0], many[1]):
        yield finding("always-one", "It is the same matrix each time: draw it from rng.")
        return
    again = [yours((4, 4), Fans(4, 4), np.random.default_rng(7)) for _ in range(2)]
    if not np.array_equal(*again):
        yield finding("generator-ignored", "One seed gives two matrices: draw from the rng that is given, and nothing else.")
        return
    if (np.abs(many) > 1e-9).sum(axis=(1, 2)).max() <= 4:
        yield finding("permutation-only", "Only one number in each row is not 0: any orthogonal matrix is to be as likely.")
        return
    # Uniformly distributed, each element has mean 0 and variance 1/4; so has W x for any x. 6 of their std is allowed.
    limit = 6 * 0.5 / math.sqrt(tries)
    means = many.mean(axis=0)
    corner = f"The mean of W[0, 0] over {tries} draws is {means[0, 0]:+.2f}, where 0 ± {limit:.2f} is due"
    first = means[:, 0]
    if np.abs(first[1:]).min() > limit or np.abs(means[0, 1:]).min() > limit:
        yield finding(
            "draw-not-normal",
            f"{corner}, and the whole column leans: start from rng.standard_normal, which has no favourite direction.",
        )
    elif np.abs(means).max() > limit:
        yield finding(
            "signs-not-fixed",
            f"{corner}: QR chooses the signs by its own rule. Multiply Q's columns by the signs of R's diagonal.",
        )
    elif (np.linalg.det(many) > 0).mean() in (0.0, 1.0):
        yield finding("rotations-only", "Its determinant has one sign always: mirror images are as likely as rotations.")
    else:
        yield Finding(name, True)


# 13


def conv_fans(yours: Any) -> Findings:
    def right(shape: tuple[int, ...]) -> tuple[int, int]:
        window = math.prod(shape[:-2])
        return window * shape[-2], window * shape[-1]

    cases = [((784, 100),), ((5, 5, 1, 30),), ((3, 3, 16, 32),), ((1, 1, 8, 4),)]
    yield judged(
        "fans_of",
        yours,
        right,
        cases,
        [
            Mistake(
                "window-forgotten",
                lambda shape: shape[-2:],
                "Those are the channels: one unit of a convolution sees a whole window of each.",
            ),
            Mistake(
                "fans-swapped",
                lambda shape: right(shape)[::-1],
                "The two have changed places: fan_in is what comes in, the last axis but one.",
            ),
            Mistake(
                "size-not-squared",
                lambda shape: right((*shape[1:-2], *shape[-2:])),
                "The window has size × size places, not size.",
            ),
            Mistake(
                "channels-first",
                lambda shape: right(shape) if len(shape) == 2 else (math.prod(shape[1:]), shape[0] * math.prod(shape[2:])),
                "That is for PyTorch's order (n_out, n_in, size, size): here the channels are the last two axes.",
            ),
            Mistake(
                "first-two-axes",
                lambda shape: shape[:2],
                "Those are the first two axes, of a convolution its window: the channels are the last two.",
            ),
            Mistake(
                "fan-out-without-window",
                lambda shape: (right(shape)[0], shape[-1]),
                "fan_in is right; but each input goes to n_out units at every place of the window: size² times.",
            ),
            Mistake(
                "all-for-fan-in",
                lambda shape: (math.prod(shape), right(shape)[1]),
                "n_out does not feed a unit: it is how many units there are.",
            ),
            Mistake(
                "affine-reversed",
                lambda shape: right(shape)[::-1] if len(shape) == 2 else right(shape),
                "The convolutions are right, but an affine's W is (n_in, n_out) here: PyTorch's is the transpose.",
            ),
        ],
    )


# 15


def variance_after(yours: Any) -> Findings:
    yield judged(
        "variance_after",
        yours,
        lambda blocks, ratio: (1 + ratio) ** blocks,
        [(15, 2.0), (10, 0.1), (3, 0.5), (1, 1.0)],
        [
            Mistake(
                "skip-forgotten",
                lambda blocks, ratio: ratio**blocks,
                "That is a chain of branches alone: x is added to each, so a block multiplies the variance by 1 + ratio.",
            ),
            Mistake(
                "added-for-multiplied",
                lambda blocks, ratio: 1 + blocks * ratio,
                "Each branch has `ratio` times its own input's variance, which has grown already: the factors multiply.",
            ),
            Mistake(
                "std-for-variance",
                lambda blocks, ratio: (1 + ratio) ** (blocks / 2),
                "That is the standard deviation: the variance is its square.",
            ),
            Mistake(
                "variance-squared",
                lambda blocks, ratio: (1 + ratio) ** (2 * blocks),
                "ratio is one of variances already: it is not squared, and nor is 1 + ratio.",
            ),
            Mistake(
                "stds-added",
                lambda blocks, ratio: (1 + math.sqrt(ratio)) ** (2 * blocks),
                "That adds standard deviations: of independent things the variances add up.",
            ),
            Mistake("one-block-short", lambda blocks, ratio: (1 + ratio) ** (blocks - 1), "That is one block too few."),
            Mistake("one-block-more", lambda blocks, ratio: (1 + ratio) ** (blocks + 1), "That is one block too many."),
            Mistake("one-block", lambda blocks, ratio: 1 + ratio, "That is one block: there are `blocks` of them."),
        ],
    )


def fixup_factor(yours: Any) -> Findings:
    def right(blocks: int, layers: int) -> float:
        return blocks ** (-1 / (2 * layers - 2))

    yield judged(
        "fixup_factor",
        yours,
        right,
        [(15, 2), (100, 3), (8, 4)],
        [
            Mistake("inverted", lambda b, m: 1 / right(b, m), "That is 1 over it: more blocks need smaller weights."),
            Mistake(
                "last-layer-counted",
                lambda b, m: b ** (-1 / (2 * m)),
                "That shares it among all layers: the last one is 0, so m − 1 of them are scaled.",
            ),
            Mistake(
                "square-forgotten",
                lambda b, m: b ** (-1 / (m - 1)),
                "The product of the factors is squared, so each is 1/(2m − 2) of the way, not 1/(m − 1).",
            ),
            Mistake(
                "layers-ignored",
                lambda b, m: b**-0.5,
                "That is right for a branch of two layers: with m layers m − 1 factors multiply up to 1/√blocks.",
            ),
            Mistake(
                "divided-among-layers",
                lambda b, m: b**-0.5 / (m - 1),
                "The factors of the layers multiply, they do not add: take the root, do not divide.",
            ),
            Mistake(
                "arguments-swapped",
                lambda b, m: m ** (-1 / (2 * b - 2)),
                "blocks and layers have changed places.",
            ),
            Mistake("depth-ignored", lambda b, m: 1.0, "That leaves He's weights as they are."),
        ],
    )
