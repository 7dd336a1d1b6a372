"""What must hold of any initializer: its size, its law, and that all chance in it is the generator's.

Sizes are those of many draws, whose std is off by about 1/√(2n) of itself: six times that is never seen by chance.
Read next: `optimizer`.
"""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.report import Report, Wrong, name_of, run_checks
from scratchnet.initializers import Fans, initializer
from scratchnet.initializers.base import TRUNCATED_STD
from scratchnet.initializers.names import KINDS
from scratchnet.support.validation import Array, InputError

Std = Callable[[Fans], float]
SHAPES = [((300, 200), Fans(300, 200)), ((100, 500), Fans(100, 500)), ((5, 5, 20, 60), Fans(20, 60, (5, 5)))]
SIGMAS = 6


@dataclass
class Trial:
    """An initializer that is checked, and the std that is due of it, if any is."""

    init: Any
    std: Std | None

    def draw(self, shape: tuple[int, ...], fans: Fans, seed: int = 0) -> Array:
        return np.asarray(self.init(shape, fans, np.random.default_rng(seed)))


def draws(trial: Trial) -> Wrong | None:
    """An array of the shape that is asked for, of finite numbers."""
    shape, fans = SHAPES[0]
    W = trial.init(shape, fans, np.random.default_rng(0))
    if W is None:
        return "returns-nothing", "It returns None: is a return missing?"
    W = np.asarray(W)
    if W.shape != shape:
        return "wrong-shape", f"It returns an array of shape {W.shape}, but {shape} is needed."
    if W.dtype.kind not in "fiu" or not np.isfinite(W).all():
        return "not-finite", f"It returns {W.dtype} with NaN or infinity in it: see its formula."
    return None


def chance_is_the_generators(trial: Trial) -> Wrong | None:
    """One seed gives the same weights, another seed others, and NumPy's global generator has no say in them."""
    one = SHAPES[0]
    before, kept = global_state(), repr(getattr(trial.init, "__dict__", {}))
    first = trial.draw(*one)
    if global_state() != before:
        return "global-generator", "It draws from NumPy's global generator, np.random: draw from the rng that is given."
    if kept != repr(getattr(trial.init, "__dict__", {})):
        return "state-kept", "A call leaves something in the initializer: two layers may share it, so keep nothing in self."
    if not np.array_equal(first, trial.draw(*one)):
        return "generator-ignored", "One seed gives two different weights: all chance comes from the rng that is given."
    if (trial.std or np.ptp(first)) and np.array_equal(first, trial.draw(*one, seed=1)):
        return "seed-ignored", "Two seeds give the same weights: draw from the rng that is given, not from one of your own."
    return None


def global_state() -> bytes:
    """Of np.random, which this package itself never touches."""
    state: Any = getattr(np.random, "get_state")()  # noqa: B009
    return bytes(state[1].tobytes()) + bytes(str(state[2:]), "ascii")


def layers_differ(trial: Trial) -> Wrong | None:
    """Two draws from one generator have nothing to do with each other."""
    rng = np.random.default_rng(0)
    one, two = (np.asarray(trial.init(*SHAPES[0], rng), np.float64).ravel() for _ in range(2))
    if trial.std is None or not (one.std() and two.std()):
        return None
    if abs(float(np.corrcoef(one, two)[0, 1])) > SIGMAS / math.sqrt(one.size):
        return "correlated", "Two layers in turn get weights that resemble each other: go on with rng, and make none."
    return None


def mean_is_zero(trial: Trial) -> Wrong | None:
    """Of an initializer that has a std: those without, such as Ones or Identity, may have any mean."""
    if trial.std is None:
        return None
    for shape, fans in SHAPES:
        W = trial.draw(shape, fans).astype(np.float64)
        if abs(W.mean()) > SIGMAS * max(float(W.std()), 1e-12) / math.sqrt(W.size):
            return "mean-not-zero", f"The mean of {W.size:,} weights is {W.mean():.3g}: their law has to have mean 0."
    return None


def size_is_right(trial: Trial) -> Wrong | None:
    """The std of many weights is that of the formula, for an affine with more inputs, with fewer, and a convolution."""
    if trial.std is None:
        return None
    std = trial.std
    given = [(math.sqrt(float((trial.draw(*one).astype(np.float64) ** 2).mean())), one[1]) for one in SHAPES]
    if all(near(measured, std(fans)) for measured, fans in given):
        return None
    measured, fans = next(one for one in given if not near(one[0], std(one[1])))
    shown = f"Weights for {fans!r} have std {measured:.4g}, but {std(fans):.4g} is due."
    for word, formula, text in MISTAKES:
        theirs = [formula(std, fans) for _, fans in given]
        if all(near(measured, due) for (measured, _), due in zip(given, theirs, strict=True)):
            return word, f"{shown} {text}"
    return "wrong-size", shown


def near(measured: float, due: float) -> bool:
    """Of 30,000 weights, the fewest that are drawn."""
    return abs(measured - due) <= SIGMAS * due / math.sqrt(2 * 30_000)


def swapped(fans: Fans) -> Fans:
    return Fans(fans.n_out, fans.n_in, fans.window)


def times(factor: float) -> Callable[[Std, Fans], float]:
    return lambda std, fans: factor * std(fans)


MISTAKES: list[tuple[str, Callable[[Std, Fans], float], str]] = [
    ("fans-swapped", lambda std, fans: std(swapped(fans)), "That is with fan_in and fan_out in each other's place."),
    ("variance-for-std", lambda std, fans: std(fans) ** 2, "That is σ²: take the root."),
    ("root-of-the-root", lambda std, fans: math.sqrt(std(fans)), "That is √σ: one root too many."),
    ("window-forgotten", lambda std, fans: std(Fans(fans.n_in, fans.n_out)), "A convolution's fan_in has its window in it."),
    ("root-two", times(math.sqrt(2)), "That is √2 times too large: a 2 too many under the root."),
    ("root-two", times(math.sqrt(0.5)), "That is √2 times too small: a 2 is missing under the root."),
    ("root-three", times(math.sqrt(3)), "That is √3 times too large: a uniform law's bound is √3 σ, its std σ."),
    ("bound-for-std", times(math.sqrt(1 / 3)), "That is √3 times too small: of a uniform law on ±σ the std is σ/√3."),
    ("root-five", times(math.sqrt(5)), "That is √5 times too large: PyTorch's a = √5 is a slope, not a gain."),
    ("root-five", times(math.sqrt(0.2)), "That is √5 times too small: PyTorch's a = √5 is a slope, not a gain."),
    ("truncation-not-compensated", times(TRUNCATED_STD), "Cut at ±2 a normal keeps .88 of its std: divide by that."),
    ("doubled", times(2), "That is twice too large."),
    ("halved", times(0.5), "That is half of it."),
]


def due_std(init: Any) -> Std | None:
    """That of ours of the same name; else its own, if it has one and that is not 0, as of a constant."""
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


INITIALIZER_CHECKS: dict[str, Callable[[Trial], Wrong | None]] = {
    "draws": draws,
    "chance is the generator's": chance_is_the_generators,
    "layers differ": layers_differ,
    "mean is zero": mean_is_zero,
    "size is right": size_is_right,
}


def check_initializer(init: Any, *, std: Std | None = None, expected_failures: Mapping[str, str] | None = None) -> Report:
    """Put an initializer through INITIALIZER_CHECKS: a report with a finding for each, and a diagnosis for what is wrong.

    `init` is anything that can be called as init(shape, fans, rng), or a class that makes one without arguments.
    `std(fans)` says what size is due; left out, it is that of the library's initializer of the same name or, if there is
    none, the initializer's own std.
    """
    made = initializer(init() if isinstance(init, type) else init)
    if std is not None and not callable(std):
        raise InputError(f"std is {std!r}, but a function of fans is needed, such as lambda fans: 1 / fans.fan_in**0.5")
    trial = Trial(made, std or due_std(made))
    return run_checks(name_of(made), INITIALIZER_CHECKS, trial, expected_failures)
