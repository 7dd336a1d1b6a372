"""What must hold for any initializer: its size, its law, and that all chance in it comes from the generator.

Sizes are measured on many draws, whose std is off by about 1/√(2n) of itself: six times that does not happen by chance.
Read next: `parametrize`.
"""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.recognize import Mistake, compare, mistakes_in_fans
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
    mistakes = std_mistakes(type(subject.init).__name__, subject.std)
    more: dict[str, Any] = {"cases": cases, "otherwise": ""}
    own = getattr(subject.init, "std", None)
    if callable(own):
        wrong = compare([np.asarray(own(fans)) for _, fans in SHAPES], right, mistakes, name="std", **more)
        if wrong:
            return wrong[0].replace("other", "wrong-size"), wrong[1]
    measured = [np.sqrt((subject.draw(*case).astype(np.float64) ** 2).mean()) for case in SHAPES]
    tolerance = SIGMAS / math.sqrt(2 * 30_000)  # 30,000 weights are the fewest that are drawn
    wrong = compare(measured, right, mistakes, name="the std of the weights", tolerance=tolerance, **more)
    return wrong and (wrong[0].replace("wrong-factor", "wrong-size").replace("other", "wrong-size"), wrong[1])


def std_mistakes(name: str, right: Std) -> list[Mistake]:
    """The usual mistakes in σ, those of an initializer of this name first."""

    def times(word: str, factor: float, text: str) -> Mistake:
        return Mistake(word, lambda fans: factor * right(fans), text)

    text = "That is σ², the variance: take its square root."
    squared = Mistake("variance-for-std", lambda fans: right(fans) ** 2, text)
    text = "That is √σ: the root is taken once too often."
    rooted = Mistake("root-of-the-root", lambda fans: right(fans) ** 0.5, text)
    text = "That is 1/σ: more inputs need smaller weights, not larger ones."
    inverted = Mistake("inverted", lambda fans: 1 / right(fans), text)
    return [
        *(KNOWN[name](right) if name in KNOWN else []),
        *mistakes_in_fans(right),
        *(squared, rooted, inverted),
        times("root-two", 2**0.5, "That is √2 times too large: there is a 2 too many under the root, or a ½ is missing."),
        times("root-two", 0.5**0.5, "That is √2 times too small: a 2 is missing under the root."),
        times("root-three", 3**0.5, "That is √3 σ, the bound of a uniform law: σ is the std of any law."),
        times("bound-for-std", 3**-0.5, "That is √3 times too small: the std of a uniform law on ±σ is σ/√3."),
        times("root-five", 5**0.5, "That is √5 times too large: PyTorch's a = √5 is a slope, not a gain."),
        times("root-five", 5**-0.5, "That is √5 times too small: PyTorch's a = √5 is a slope, not a gain."),
        times("truncation-not-compensated", TRUNCATED_STD, "A normal law cut at ±2 keeps .88 of its std: divide by that."),
        times("doubled", 2, "That is twice too large."),
        times("halved", 0.5, "That is half of it."),
    ]


def mistakes_in_he(right: Std) -> list[Mistake]:
    text = "That multiplies by the share that is kept: what is lost must be put back, so σ² is divided by it."
    half = Mistake("half-for-two", lambda fans: 1 / (right(fans) * fans.fan_in), text)
    text = "The 2 stands under the root too: σ² = 2 / fan_in for ReLU."
    root = Mistake("root-of-two-missing", lambda fans: right(fans) ** 2 * math.sqrt(fans.fan_in), text)
    text = "That is right for ReLU alone: σ² is 2 / ((1 + slope²) fan_in)."
    return [half, root, Mistake("slope-missing", He().std, text)]


def mistakes_in_xavier(right: Std) -> list[Mistake]:
    def mistake(word: str, variance: Std, text: str) -> Mistake:
        return Mistake(word, lambda fans: math.sqrt(variance(fans)), text)

    return [
        mistake(
            "sum-for-mean",
            lambda fans: 1 / (fans.fan_in + fans.fan_out),
            "The mean of the two fans is (fan_in + fan_out) / 2: its 2 is missing.",
        ),
        mistake(
            "lecun-for-xavier",
            lambda fans: 1 / fans.fan_in,
            "That is 1 / √fan_in, which the book calls Xavier: the formula of Glorot and Bengio takes both fans.",
        ),
        mistake(
            "fan-out-alone",
            lambda fans: 1 / fans.fan_out,
            "That keeps only the gradient, on its way back: forward counts as much.",
        ),
        mistake(
            "geometric-mean",
            lambda fans: 1 / math.sqrt(fans.fan_in * fans.fan_out),
            "That is the geometric mean of the fans, √(fan_in · fan_out): theirs is the plain one.",
        ),
        mistake(
            "mean-of-variances",
            lambda fans: (1 / fans.fan_in + 1 / fans.fan_out) / 2,
            "That is the mean of 1/fan_in and 1/fan_out: take the mean of the fans first, then 1 over it.",
        ),
    ]


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
