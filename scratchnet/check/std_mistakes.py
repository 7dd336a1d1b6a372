"""The standard deviation that weights should have, and the usual mistakes in it. Read next: `weights`."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

from scratchnet.check.names import setting
from scratchnet.check.recognize import Mistake, mistakes_in_fans
from scratchnet.initializers import Fans, He, Initializer
from scratchnet.initializers.base import TRUNCATED_STD
from scratchnet.initializers.names import KINDS

Std = Callable[[Fans], float]


def expected_std(init: Any, name: str | None) -> Std | None:
    """The std of the library's initializer of that name; else its own, if it has one and that is not 0."""
    if isinstance(init, Initializer) and type(init) in KINDS.values():
        name = None
    if name in ("He", "Xavier", "LeCun", "Orthogonal"):
        return named_std(init, name)
    ours = KINDS.get(type(init).__name__)
    if ours and dataclasses.is_dataclass(ours) and not isinstance(init, ours):
        known = {field.name: getattr(init, field.name) for field in dataclasses.fields(ours) if hasattr(init, field.name)}
        try:
            init = ours(**known)
        except TypeError:
            return None  # it has other arguments than ours, and so another formula
    std = getattr(init, "std", None)
    try:
        return std if callable(std) and std(Fans(300, 200)) > 0 else None
    except NotImplementedError:
        return None


def named_std(init: Any, name: str) -> Std | None:
    """The std of He, Xavier, LeCun or Orthogonal with the settings of this one: its slope, its gain, its mode."""
    slope, gain = setting(init, ("slope", "negative_slope", "a", "alpha"), 0.0), setting(init, ("gain",))
    mode = str(setting(init, ("mode",), "")).lower()
    slope = float(slope) if isinstance(slope, int | float) and abs(slope) < 1 else 0.0  # √5 is no slope
    right: Any = KINDS[name](**({"slope": slope} if name == "He" else {}))
    if isinstance(gain, int | float) and not isinstance(gain, bool):
        ours = {"He": KINDS["LeCun"]()}.get(name, right)
        return lambda fans: float(gain) * float(ours.std(fans))
    if name == "He" and mode.endswith("out"):
        return lambda fans: float(right.std(Fans(fans.n_out, fans.n_in, fans.window)))
    if mode.endswith(("avg", "average")) and name == "He":
        return lambda fans: math.sqrt(4 / (fans.fan_in + fans.fan_out))
    nonlinearity = setting(init, ("nonlinearity", "activation"))
    if nonlinearity is not None and nonlinearity not in ("relu", "leaky_relu", "ReLU", "LeakyReLU"):
        return None
    std: Std = right.std
    return std


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
    text = "That is √6 times too small: with a = √5 as the slope, σ is 1/√(3 fan_in), which PyTorch's Linear starts from."
    yield Mistake("root-five", 6**-0.5 * std, text)
    text = "A normal law cut at ±2 keeps .88 of its std: divide by that."
    yield Mistake("truncation-not-compensated", TRUNCATED_STD * std, text)
    text = "The fans are read from a shape (out, in): the shape here is (window, n_in, n_out), so take fans.fan_in."
    turned = Fans(fans.window[0], 1) if fans.window else Fans(fans.n_out, fans.n_in)
    yield Mistake("fans-from-shape", right(turned), text)
    if fans.window:
        turned = Fans(fans.window[1] * fans.n_in * fans.n_out, fans.window[0] * fans.n_in * fans.n_out)
    yield Mistake("fans-from-shape", right(turned), text)
    text = "That takes shape[0] for fan_in, which is a convolution's window: take fans.fan_in."
    turned = Fans(fans.window[0], fans.window[-1]) if fans.window else Fans(fans.n_in, fans.n_out)
    yield Mistake("fans-from-shape", right(turned), text)
    text = "That takes shape[-1] for fan_in, which is n_out: take fans.fan_in."
    yield Mistake("fans-from-shape", right(Fans(fans.n_out, fans.n_in)), text)
    yield Mistake("doubled", 2 * std, "That is twice too large.")
    yield Mistake("halved", 0.5 * std, "That is half of it.")


def mistakes_in_he(std: float, fans: Fans) -> Iterator[Mistake]:
    n, m = fans.fan_in, fans.fan_out
    text = "That multiplies by the share that is kept: what is lost must be put back, so σ² is divided by it."
    yield Mistake("half-for-two", 1 / (std * n), text)
    text = "The 2 stands under the root too: σ² = 2 / fan_in for ReLU."
    yield Mistake("root-of-two-missing", std**2 * math.sqrt(n), text)
    text = "That is right for ReLU alone: σ² is 2 / ((1 + slope²) fan_in)."
    yield Mistake("slope-missing", He().std(fans), text)
    text = "Brackets are missing: 2 / fan_in + fan_out adds fan_out to the quotient, and He's formula has fan_in alone."
    yield Mistake("brackets-missing", math.sqrt(2 / n + m), text)
    yield Mistake("root-of-two-missing", math.sqrt(2) / n, "The root goes over fan_in too: √(2 / fan_in).")
    yield Mistake("root-of-two-missing", 2 / n, "That is σ², the variance: take its square root.")
    text = "That is Xavier's, with both fans: He's has fan_in alone, and 2 for what ReLU cuts off."
    yield Mistake("xavier-for-he", math.sqrt(2 / (n + m)), text)
    yield Mistake("variance-for-std", 1 / n, "That is 1 / fan_in: the root is missing, and the 2 for ReLU.")
    yield Mistake("brackets-missing", math.sqrt(2 * n), "That multiplies by fan_in: 2 is divided by it.")


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
    text = "Brackets are missing: the 2 goes over the whole sum, √(2 / (fan_in + fan_out))."
    for slip in (2 / n + m, 1 / (n + m) / 2, 1 / n + m / 2, 1 / n + m, (1 / n + 1 / m) * 2, 6 / n + m, (6 / n + m) / 3):
        yield Mistake("brackets-missing", math.sqrt(slip), text)
    yield Mistake("brackets-missing", math.sqrt(2) / (n + m), "The root goes over the sum of the fans too.")
    yield Mistake("product-for-sum", math.sqrt(2 / (n * m)), "The fans are multiplied: add them up.")
    yield Mistake("product-for-sum", math.sqrt(2 / n * m), "The fans are multiplied or divided: add them up.")
    yield Mistake("he-for-xavier", math.sqrt(2 / n), "That is He's: the formula of Glorot and Bengio takes both fans.")


def mistakes_in_lecun(std: float, fans: Fans) -> Iterator[Mistake]:
    text = "That is Xavier's, with both fans: LeCun's has fan_in alone."
    yield Mistake("xavier-for-lecun", math.sqrt(2 / (fans.fan_in + fans.fan_out)), text)


KNOWN = {"He": mistakes_in_he, "Xavier": mistakes_in_xavier, "LeCun": mistakes_in_lecun}
