"""What must hold for any initializer: its size, its law, and that all chance in it comes from the generator.

Sizes are measured on many draws, whose std is off by about √((κ − 1) / 4n) of itself, with κ the kurtosis of the law: six
times that does not happen by chance. Read next: `readers_code`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.check.chance import global_state, same_global_chance
from scratchnet.check.names import FIXED, known_initializer, own_name, setting, words_of
from scratchnet.check.readers_code import as_initializer
from scratchnet.check.recognize import TOLERANCE, compare, for_all
from scratchnet.check.report import NotCompared, Report, Wrong, name_of, run_checks
from scratchnet.check.std_mistakes import Std, expected_std, std_mistakes
from scratchnet.check.weights import weights_alike
from scratchnet.initializers import Fans, initializer
from scratchnet.initializers.names import KINDS
from scratchnet.support.validation import Array, InputError

SHAPES = [((300, 200), Fans(300, 200)), ((100, 500), Fans(100, 500)), ((5, 5, 20, 60), Fans(20, 60, (5, 5)))]
SIGMAS = 6
NO_STD = "the size that it should have is not known: give std=lambda fans: …"
ROUNDS = 8  # draws of each shape, for a law with fat tails


@dataclass
class InitializerUnderTest:
    """An initializer that is checked, the std that it should have, if that is known, and the library's name for it."""

    init: Any
    std: Std | None
    name: str | None = None

    def draw(self, shape: tuple[int, ...], fans: Fans, seed: int = 0) -> Array:
        return np.asarray(self.init(shape, fans, np.random.default_rng(seed)))

    @functools.cached_property
    def draws(self) -> list[Array]:
        """A draw of each shape that it can make, in float64: some are for weights of two axes alone."""
        return [self.draw(shape, fans).astype(np.float64) for shape, fans in self.shapes]

    @functools.cached_property
    def shapes(self) -> list[tuple[tuple[int, ...], Fans]]:
        try:
            return SHAPES if self.draw(*SHAPES[-1]).shape == SHAPES[-1][0] else SHAPES[:-1]
        except Exception:
            return SHAPES[:-1]

    @property
    def fixed(self) -> bool:
        """Is it meant to be no draw of mean 0, by its name or by its type?"""
        ours = isinstance(self.init, tuple(kind for kind in KINDS.values() if isinstance(kind, type)))
        named = self.name in ("Zeros", "Ones", "Identity")
        return named or (self.std is None and (ours or bool(FIXED & set(words_of(own_name(self.init))))))


def check_draws(subject: InitializerUnderTest) -> Wrong | None:
    """It draws an array of the shape that is asked for, with finite numbers."""
    shape, fans = SHAPES[0]
    W = subject.init(shape, fans, np.random.default_rng(0))
    if W is None:
        return "returns-nothing", "It returns None: is a return missing?"
    W = np.asarray(W)
    if W.shape != shape:
        return "wrong-shape", f"It returns an array of shape {W.shape}, but {shape} is needed."
    if W.dtype.kind not in "fiu":
        return "not-real", f"It returns {W.dtype}, but real numbers are needed."
    if not np.isfinite(W).all():
        return "not-finite", f"It returns {W.dtype} with NaN or infinity in it: see its formula."
    return None


def check_convolution(subject: InitializerUnderTest) -> Wrong | None:
    """It draws the weights of a convolution too, which have four axes."""
    shape, fans = SHAPES[-1]
    try:
        W = subject.draw(shape, fans)
    except Exception as error:
        if subject.name in ("He", "Xavier", "LeCun"):
            raise
        raise NotCompared(f"it raises {type(error).__name__} for weights of shape {shape}") from error
    return None if W.shape == shape else ("wrong-shape", f"It returns an array of shape {W.shape}, but {shape} is needed.")


def check_generator(subject: InitializerUnderTest) -> Wrong | None:
    """One seed gives the same weights, another seed gives others, and NumPy's global generator is not used."""
    shape, fans = SHAPES[0]
    kept = repr(getattr(subject.init, "__dict__", {}))
    with same_global_chance():
        getattr(np.random, "random")()  # noqa: B009
        before = global_state()
        first = subject.draw(shape, fans)
        after = global_state()
    if after != before:
        return "global-generator", (
            "It draws from a global generator, np.random or random, so that the same seed gives other weights in each run: "
            "draw from the rng that is given."
        )
    if kept != repr(getattr(subject.init, "__dict__", {})):
        return "state-kept", "A call leaves something in the initializer: two layers may share it, so keep nothing in self."
    if not np.array_equal(first, subject.draw(shape, fans)):
        return "generator-ignored", "One seed gives two different weights: all chance comes from the rng that is given."
    if not subject.fixed and np.ptp(first) and np.array_equal(first, subject.draw(shape, fans, seed=1)):
        return "seed-ignored", "Two seeds give the same weights: draw from the rng that is given, not from one of your own."
    return None


def check_layers_differ(subject: InitializerUnderTest) -> Wrong | None:
    """Two draws in turn from the same generator are independent."""
    rng = np.random.default_rng(0)
    first, second = (np.asarray(subject.init(*SHAPES[0], rng), np.float64).ravel() for _ in range(2))
    if not (first.std() and second.std()):
        raise NotCompared("it draws nothing at random")
    if np.array_equal(first, second) and subject.fixed:
        raise NotCompared("it is no draw")
    limit = SIGMAS / math.sqrt(first.size) if subject.std else 0.5  # of a law that is not known, much is allowed
    if abs(float(np.corrcoef(first, second)[0, 1])) > limit:
        return "correlated", "Two layers in turn get weights that resemble each other: go on with rng, and make none."
    return None


def check_fixed(subject: InitializerUnderTest) -> Wrong | None:
    """One with the name of Zeros, Ones or Orthogonal makes those."""
    if subject.name not in ("Zeros", "Ones", "Orthogonal"):
        raise NotCompared("its name is not that of Zeros, Ones or Orthogonal")
    W = subject.draws[0]
    if subject.name != "Orthogonal":
        right = float(subject.name == "Ones")
        off = W.flat[np.abs(W - right).argmax()]
        text = f"Its name says {subject.name.lower()}, but a number is {off:.4g}."
        return None if np.array_equal(W, np.full_like(W, right)) else (f"not-{subject.name.lower()}", text)
    gain = float(setting(subject.init, ("gain", "scale"), 1.0))
    for W in subject.draws[:2]:
        rows, columns = W.shape
        product = W.T @ W if rows >= columns else W @ W.T
        lines = "columns" if rows >= columns else "rows"
        lengths = np.sqrt(np.diag(product))
        angles = product / np.maximum(np.outer(lengths, lengths), 1e-300) - np.eye(len(product))
        if np.abs(angles).max() > 1e-4:
            return "not-orthogonal", (
                f"The {lines} are not orthogonal: the cosine of two of them is {np.abs(angles).max():.2g}. Take Q of the QR "
                "decomposition of a normal matrix."
            )
        if np.abs(lengths - abs(gain)).max() > 1e-4 * max(abs(gain), 1e-12):
            return "wrong-length", (
                f"The {lines} are orthogonal, but one has length {lengths[np.abs(lengths - abs(gain)).argmax()]:.4g}, not "
                f"{abs(gain):g}."
            )
    return None


def check_units_differ(subject: InitializerUnderTest) -> Wrong | None:
    """No weights are alike: all equal, of one sign, the same in two units, or of a low rank."""
    if subject.fixed:
        raise NotCompared("it is no draw of mean 0")
    return weights_alike(subject.draws[0]) or weights_alike(subject.draws[1])


def check_mean(subject: InitializerUnderTest) -> Wrong | None:
    """The mean is 0, unless it is Ones, Identity or another that is no draw of mean 0."""
    if subject.fixed:
        raise NotCompared("it is no draw of mean 0")
    for W in subject.draws:
        if abs(W.mean()) > SIGMAS * max(float(W.std()), 1e-12) / math.sqrt(W.size):
            return "mean-not-zero", f"The mean of {W.size:,} weights is {W.mean():.3g}, but their law should have mean 0."
    return None


def check_size(subject: InitializerUnderTest) -> Wrong | None:
    """std(fans), if there is one, and the std of many weights are those of the formula.

    The fans are those of an affine with more inputs than outputs, of one with fewer, and of a convolution.
    """
    if subject.std is None or subject.fixed:
        raise NotCompared("it is no draw of mean 0" if subject.fixed else NO_STD)
    cases = [(fans,) for _, fans in subject.shapes]
    right = [np.asarray(subject.std(fans)) for _, fans in subject.shapes]
    own = getattr(subject.init, "std", None)
    formulas = [np.asarray(own(fans)) for _, fans in subject.shapes] if callable(own) else right
    measured, off = measured_sizes(subject)
    for name, given, tolerance in (("std", formulas, TOLERANCE), ("the std of the weights", measured, off)):
        mistakes = for_all(cases, functools.partial(std_mistakes, subject.name or "", subject.std))
        wrong = compare(given, right, mistakes, name=name, cases=cases, tolerance=tolerance, otherwise="")
        if wrong:
            return "wrong-size" if wrong[0] in ("other", "wrong-factor") else wrong[0], wrong[1]
    return None


def measured_sizes(subject: InitializerUnderTest) -> tuple[list[Array], float]:
    """The root of the mean square for each shape, and how far it may be off by chance."""
    squares = [W**2 for W in subject.draws]
    smallest = SIGMAS / math.sqrt(2 * 30_000)  # for a normal law, and 30,000 weights, the fewest that are drawn

    def off() -> float:
        return max(SIGMAS * float(one.std() / max(one.mean(), 1e-300)) / math.sqrt(4 * one.size) for one in squares)

    if off() > 2 * smallest:  # fat tails
        for seed in range(1, ROUNDS):
            more = [subject.draw(shape, fans, seed).astype(np.float64) ** 2 for shape, fans in subject.shapes]
            squares = [np.append(one, other) for one, other in zip(squares, more, strict=True)]
    return [np.sqrt(one.mean()) for one in squares], max(smallest, off())


def check_law(subject: InitializerUnderTest) -> Wrong | None:
    """One whose name says uniform draws a uniform law, and one whose name says normal a normal one."""
    words = set(words_of(own_name(subject.init)))
    said = words & {"uniform", "normal", "gaussian"}
    if len(said) != 1 or subject.fixed or words & {"mixture", "between"}:
        raise NotCompared("its name says neither uniform nor normal")
    W = subject.draws[0]
    z = (W - W.mean()) / max(float(W.std()), 1e-300)
    kurtosis = float((z**4).mean())  # 1.8 of a uniform law, 2.4 of a normal one cut at ±2, 3 of a normal one
    if "uniform" in said and abs(kurtosis - 1.8) > 0.2:
        return "wrong-law", f"Its name says uniform, but its kurtosis is {kurtosis:.2g}, not 1.8: draw with rng.uniform."
    if "uniform" not in said and not 2.1 < kurtosis < 3.5:
        return (
            "wrong-law",
            f"Its name says normal, but its kurtosis is {kurtosis:.2g}, not 3: draw with rng.standard_normal.",
        )
    return None


INITIALIZER_CHECKS: dict[str, Callable[[InitializerUnderTest], Wrong | None]] = {
    "draws": check_draws,
    "draws for convolutions": check_convolution,
    "chance is the generator's": check_generator,
    "units differ": check_units_differ,
    "layers differ": check_layers_differ,
    "mean is zero": check_mean,
    "as its name says": check_fixed,
    "size is right": check_size,
    "law": check_law,
}
NEEDS = {
    "layers differ": ("chance is the generator's", "units differ"),
    "mean is zero": ("units differ",),
    "as its name says": ("units differ", "mean is zero"),
    "size is right": ("units differ", "mean is zero", "as its name says"),
    "law": ("units differ", "mean is zero", "size is right", "as its name says"),
}


def check_initializer(init: Any, *, std: Std | None = None, expected_failures: Mapping[str, str] | None = None) -> Report:
    """Run INITIALIZER_CHECKS on an initializer: a report with a finding for each, and a diagnosis for what is wrong.

    `init` is anything that can be called as init(shape, fans, rng), or a class that makes one without arguments.
    `std(fans)` is the size that the weights should have; without it, that is the std of the library's initializer of the
    same name, in any spelling (he_normal, KaimingUniform, glorot), or, if there is none, the initializer's own.
    """
    made = initializer(as_initializer(init))
    if std is not None and not callable(std):
        raise InputError(f"std is {std!r}, but a function of fans is needed, such as lambda fans: 1 / fans.fan_in**0.5")
    name = known_initializer(made)
    subject = InitializerUnderTest(made, std or expected_std(made, name), name)
    return run_checks(name_of(made), INITIALIZER_CHECKS, subject, expected_failures, needs=NEEDS)
