"""What must hold for any initializer: its size, its law, and that all chance in it comes from the generator.

Sizes are measured on many draws, whose std is off by about 1/√(2n) of itself: six times that does not happen by chance.
Read next: `parametrize`.
"""

import contextlib
import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.recognize import TOLERANCE, Mistake, compare, for_all, mistakes_in_fans
from scratchnet.check.report import NotCompared, Report, Wrong, name_of, run_checks
from scratchnet.initializers import Fans, He, initializer
from scratchnet.initializers.base import TRUNCATED_STD
from scratchnet.initializers.names import KINDS
from scratchnet.support.validation import Array, InputError

Std = Callable[[Fans], float]
SHAPES = [((300, 200), Fans(300, 200)), ((100, 500), Fans(100, 500)), ((5, 5, 20, 60), Fans(20, 60, (5, 5)))]
SIGMAS = 6
NO_STD = "the size that it should have is not known; give std=…"


@dataclass
class InitializerUnderTest:
    """An initializer that is checked, and the std that it should have, if that is known."""

    init: Any
    std: Std | None

    def draw(self, shape: tuple[int, ...], fans: Fans, seed: int = 0) -> Array:
        return np.asarray(self.init(shape, fans, np.random.default_rng(seed)))


def check_draws(subject: InitializerUnderTest) -> Wrong | None:
    """It draws an array of the shape that is asked for, with finite numbers."""
    shape, fans = SHAPES[0]
    W = subject.init(shape, fans, np.random.default_rng(0))
    if W is None:
        return "returns-nothing", "It returns None: is a return missing?"
    W = np.asarray(W)
    if W.shape != shape:
        return "wrong-shape", f"It returns an array of shape {W.shape}, but {shape} is needed."
    if W.dtype.kind not in "fiu" or not np.isfinite(W).all():
        return "not-finite", f"It returns {W.dtype} with NaN or infinity in it: see its formula."
    return None


def check_generator(subject: InitializerUnderTest) -> Wrong | None:
    """One seed gives the same weights, another seed gives others, and NumPy's global generator is not used."""
    shape, fans = SHAPES[0]
    before, kept = global_state(), repr(getattr(subject.init, "__dict__", {}))
    first = subject.draw(shape, fans)
    if global_state() != before:
        return "global-generator", "It draws from NumPy's global generator, np.random: draw from the rng that is given."
    if kept != repr(getattr(subject.init, "__dict__", {})):
        return "state-kept", "A call leaves something in the initializer: two layers may share it, so keep nothing in self."
    if not np.array_equal(first, subject.draw(shape, fans)):
        return "generator-ignored", "One seed gives two different weights: all chance comes from the rng that is given."
    if (subject.std or np.ptp(first)) and np.array_equal(first, subject.draw(shape, fans, seed=1)):
        return "seed-ignored", "Two seeds give the same weights: draw from the rng that is given, not from one of your own."
    return None


def global_state() -> bytes:
    """The state of np.random, which this package itself never touches."""
    state: Any = getattr(np.random, "get_state")()  # noqa: B009
    return bytes(state[1].tobytes()) + bytes(str(state[2:]), "ascii")


def check_layers_differ(subject: InitializerUnderTest) -> Wrong | None:
    """Two draws in turn from the same generator are independent."""
    rng = np.random.default_rng(0)
    first, second = (np.asarray(subject.init(*SHAPES[0], rng), np.float64).ravel() for _ in range(2))
    if subject.std is None or not (first.std() and second.std()):
        raise NotCompared(NO_STD if subject.std is None else "it draws nothing at random")
    if abs(float(np.corrcoef(first, second)[0, 1])) > SIGMAS / math.sqrt(first.size):
        return "correlated", "Two layers in turn get weights that resemble each other: go on with rng, and make none."
    return None


def check_mean(subject: InitializerUnderTest) -> Wrong | None:
    """The mean is 0 if the initializer has a std: those without, such as Ones or Identity, may have any mean."""
    if subject.std is None:
        raise NotCompared(NO_STD)
    for shape, fans in SHAPES:
        W = subject.draw(shape, fans).astype(np.float64)
        if abs(W.mean()) > SIGMAS * max(float(W.std()), 1e-12) / math.sqrt(W.size):
            return "mean-not-zero", f"The mean of {W.size:,} weights is {W.mean():.3g}, but their law should have mean 0."
    return None


def check_size(subject: InitializerUnderTest) -> Wrong | None:
    """std(fans), if there is one, and the std of many weights are those of the formula.

    The fans are those of an affine with more inputs than outputs, of one with fewer, and of a convolution.
    """
    if subject.std is None:
        raise NotCompared(NO_STD)
    cases = [(fans,) for _, fans in SHAPES]
    right = [np.asarray(subject.std(fans)) for _, fans in SHAPES]
    kind = type(subject.init).__name__
    own = getattr(subject.init, "std", None)
    formulas = [np.asarray(own(fans)) for _, fans in SHAPES] if callable(own) else right
    measured = [np.sqrt((subject.draw(*case).astype(np.float64) ** 2).mean()) for case in SHAPES]
    close = SIGMAS / math.sqrt(2 * 30_000)  # 30,000 weights are the fewest that are drawn
    for name, given, tolerance in (("std", formulas, TOLERANCE), ("the std of the weights", measured, close)):
        mistakes = for_all(cases, functools.partial(std_mistakes, kind, subject.std))
        wrong = compare(given, right, mistakes, name=name, cases=cases, tolerance=tolerance, otherwise="")
        if wrong:
            return "wrong-size" if wrong[0] in ("other", "wrong-factor") else wrong[0], wrong[1]
    return None


def std_mistakes(name: str, right: Std, fans: Fans) -> Iterator[Mistake]:
    """The usual mistakes in σ, those of an initializer of this name first."""
    yield from KNOWN[name](right(fans), fans) if name in KNOWN else ()
    yield from mistakes_in_fans(right, fans)
    std = right(fans)
    yield Mistake("variance-for-std", std**2, "That is σ², the variance: take its square root.")
    yield Mistake("root-of-the-root", std**0.5, "That is √σ: the root is taken once too often.")
    yield Mistake("inverted", 1 / std, "That is 1/σ: more inputs need smaller weights, not larger ones.")
    text = "That is √2 times too large: there is a 2 too many under the root, or a ½ is missing."
    yield Mistake("root-two", 2**0.5 * std, text)
    yield Mistake("root-two", 0.5**0.5 * std, "That is √2 times too small: a 2 is missing under the root.")
    yield Mistake("root-three", 3**0.5 * std, "That is √3 σ, the bound of a uniform law: σ is the std of any law.")
    yield Mistake("bound-for-std", 3**-0.5 * std, "That is √3 times too small: the std of a uniform law on ±σ is σ/√3.")
    for size, factor in (("large", 5**0.5), ("small", 5**-0.5)):
        text = f"That is √5 times too {size}: PyTorch's a = √5 is a slope, not a gain."
        yield Mistake("root-five", factor * std, text)
    text = "A normal law cut at ±2 keeps .88 of its std: divide by that."
    yield Mistake("truncation-not-compensated", TRUNCATED_STD * std, text)
    yield Mistake("doubled", 2 * std, "That is twice too large.")
    yield Mistake("halved", 0.5 * std, "That is half of it.")


def mistakes_in_he(std: float, fans: Fans) -> Iterator[Mistake]:
    text = "That multiplies by the share that is kept: what is lost must be put back, so σ² is divided by it."
    yield Mistake("half-for-two", 1 / (std * fans.fan_in), text)
    text = "The 2 stands under the root too: σ² = 2 / fan_in for ReLU."
    yield Mistake("root-of-two-missing", std**2 * math.sqrt(fans.fan_in), text)
    text = "That is right for ReLU alone: σ² is 2 / ((1 + slope²) fan_in)."
    yield Mistake("slope-missing", He().std(fans), text)


def mistakes_in_xavier(std: float, fans: Fans) -> Iterator[Mistake]:
    n, m = fans.fan_in, fans.fan_out
    text = "The mean of the two fans is (fan_in + fan_out) / 2: its 2 is missing."
    yield Mistake("sum-for-mean", math.sqrt(1 / (n + m)), text)
    text = "That is 1 / √fan_in, which the book calls Xavier: the formula of Glorot and Bengio takes both fans."
    yield Mistake("lecun-for-xavier", math.sqrt(1 / n), text)
    text = "That keeps only the gradient, on its way back: forward counts as much."
    yield Mistake("fan-out-alone", math.sqrt(1 / m), text)
    text = "That is the geometric mean of the fans, √(fan_in · fan_out): theirs is the plain one."
    yield Mistake("geometric-mean", (n * m) ** -0.25, text)
    text = "That is the mean of 1/fan_in and 1/fan_out: take the mean of the fans first, then 1 over it."
    yield Mistake("mean-of-variances", math.sqrt((1 / n + 1 / m) / 2), text)


KNOWN = {"He": mistakes_in_he, "Xavier": mistakes_in_xavier}


def expected_std(init: Any) -> Std | None:
    """The std of the library's initializer of the same name; else its own, if it has one and that is not 0."""
    ours = KINDS.get(type(init).__name__)
    if ours and dataclasses.is_dataclass(ours) and not isinstance(init, ours):
        known = {field.name: getattr(init, field.name) for field in dataclasses.fields(ours) if hasattr(init, field.name)}
        with contextlib.suppress(TypeError):  # it has other arguments than ours, and so another formula
            init = ours(**known)
    std = getattr(init, "std", None)
    try:
        return std if callable(std) and std(SHAPES[0][1]) > 0 else None
    except NotImplementedError:
        return None


INITIALIZER_CHECKS: dict[str, Callable[[InitializerUnderTest], Wrong | None]] = {
    "draws": check_draws,
    "chance is the generator's": check_generator,
    "layers differ": check_layers_differ,
    "mean is zero": check_mean,
    "size is right": check_size,
}


def check_initializer(init: Any, *, std: Std | None = None, expected_failures: Mapping[str, str] | None = None) -> Report:
    """Run INITIALIZER_CHECKS on an initializer: a report with a finding for each, and a diagnosis for what is wrong.

    `init` is anything that can be called as init(shape, fans, rng), or a class that makes one without arguments.
    `std(fans)` is the size that the weights should have; without it, that is the std of the library's initializer of the
    same name or, if there is none, the initializer's own.
    """
    made = initializer(init() if isinstance(init, type) else init)
    if std is not None and not callable(std):
        raise InputError(f"std is {std!r}, but a function of fans is needed, such as lambda fans: 1 / fans.fan_in**0.5")
    subject = InitializerUnderTest(made, std or expected_std(made))
    return run_checks(name_of(made), INITIALIZER_CHECKS, subject, expected_failures)
