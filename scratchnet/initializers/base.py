"""What an initializer is: anything that can be called `init(shape, fans, rng)` and returns an array.

A function or a lambda will do, and a bare number means `Normal(number)`. Ours keep two questions apart: how big
(`std(fans)`, the one statement of size) and which law (a draw of mean 0 and variance 1). Read next: `plain`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from scratchnet.support.quiet import quiet
from scratchnet.support.tables import as_written, without_addresses
from scratchnet.support.validation import Array, InputError, as_array, beyond_memory, shown, whole

Draw = Callable[[tuple[int, ...], np.random.Generator], Array]

# A standard normal cut at ±2 keeps this much of its standard deviation: √(1 − 4 φ(2) / (Φ(2) − Φ(−2))) = .8796256610342398
TRUNCATED_STD = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))


def normal(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """z ~ N(0, 1)"""
    return rng.standard_normal(shape)


def uniform(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """z ~ U(−√3, √3), whose variance (2√3)² / 12 is 1."""
    return rng.uniform(-math.sqrt(3), math.sqrt(3), shape)


def truncated(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """z ~ N(0, 1) cut at ±2, then divided by the std that is left (.8796), so that the variance is 1 again.

    A value outside is drawn again until it is inside. The cut is at ±2 σ of the normal before the cut.
    """
    z = rng.standard_normal(shape)
    outside = np.abs(z) > 2
    while outside.any():
        z[outside] = rng.standard_normal(np.count_nonzero(outside))
        outside = np.abs(z) > 2
    return z / TRUNCATED_STD


@dataclass(frozen=True)
class Fans:
    """How many inputs feed one unit, and how many units one input feeds.

        fan_in = n_in · Π window        fan_out = n_out · Π window

    A layer passes its fans; no code guesses them from the weight's shape. `window` is a convolution's kernel size, such as
    (5, 5). In a convolution with groups, n_in and n_out count the channels of one group.
    """

    n_in: int
    n_out: int
    window: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        whole("n_in", self.n_in, least=0)
        whole("n_out", self.n_out, least=0)
        if not isinstance(self.window, tuple | list):
            raise InputError(f"window is {shown(self.window)}, but the sizes of a window are needed, such as (5, 5)")
        for size in self.window:
            whole("a size of the window", size)

    @property
    def fan_in(self) -> int:
        return self.n_in * math.prod(self.window)

    @property
    def fan_out(self) -> int:
        return self.n_out * math.prod(self.window)


class Initializer:
    """W = std(fans) · z,  z from `draw`, of mean 0 and variance 1.

    A subclass is a frozen dataclass with a method `std(fans)` and, if the user chooses the law, a field `draw`: `normal`,
    `uniform` or `truncated`. It has no state, so two layers may share one. The draw is in float64; the layer casts it.
    """

    draw: Any = staticmethod(normal)
    asks_fans: ClassVar[bool] = True  # does `std` depend on them

    def __init_subclass__(cls) -> None:
        # The __repr__ that @dataclass writes would print a draw as <function …>.
        if "__repr__" not in vars(cls):
            cls.__repr__ = Initializer.__repr__  # type: ignore[method-assign]

    def __post_init__(self) -> None:
        if not callable(self.draw) or isinstance(self.draw, type):
            raise InputError(f"draw is {shown(self.draw)}, but it is a function: give sn.normal, sn.uniform or sn.truncated")

    def std(self, fans: Fans) -> float:
        raise NotImplementedError(f"{type(self).__name__} needs a method std(self, fans)")

    @quiet
    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        if 0 in shape:
            return np.empty(shape)
        if fans is None and self.asks_fans:
            fans = fans_of(shape)
        return self.std(fans) * self.draw(shape, rng)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        """As one would write it: He(), He(draw=uniform), Normal(0.01)."""
        arguments = []
        settings: Any = dataclasses.fields(self) if dataclasses.is_dataclass(self) else ()
        for field in settings:
            value = getattr(self, field.name)
            text = as_written(value) if callable(value) else without_addresses(repr(value))
            if field.default is dataclasses.MISSING:
                arguments.append(text)
            elif value != field.default:
                arguments.append(f"{field.name}={text}")
        return f"{type(self).__name__}({', '.join(arguments)})"


def fans_of(shape: tuple[int, ...]) -> Fans:
    """The fans of a weight (n_in, n_out), for calls of an initializer by hand with fans=None."""
    if len(shape) != 2:
        raise InputError(
            f"a weight of shape {shape} does not tell its fans: give them, as "
            "Fans(n_in, n_out) or, for a convolution, Fans(n_in, n_out, window=(5, 5))"
        )
    return Fans(*shape)


InitLike = Callable[[tuple[int, ...], Any, np.random.Generator], Any] | float


MOST_NUMBERS = 2**59  # of an array of float64: more bytes than this cannot be addressed


@quiet
def draw_weights(name: str, init: Any, shape: tuple[int, ...], fans: Any, rng: np.random.Generator, dtype: Any) -> Array:
    """Call an initializer, ours or the reader's, and check that it returns finite numbers in that shape."""
    if math.prod(shape) > MOST_NUMBERS:
        raise beyond_memory(name, shape)
    try:
        drawn = as_array(f"{init_label(init)} made an array that", init(shape, fans, rng))
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    except MemoryError as error:
        raise beyond_memory(name, shape) from error
    except (TypeError, ValueError, IndexError, AttributeError, ArithmeticError) as error:
        raise InputError(f"{name}: {init_label(init)} failed with {type(error).__name__}: {error}") from error
    if drawn.shape != shape:
        raise InputError(
            f"{name}: {init_label(init)} returned an array of shape {drawn.shape}, but {shape} is needed: "
            "an initializer returns an array of the shape it is given"
        )
    if drawn.dtype.kind not in "fiu":
        raise InputError(f"{name}: {init_label(init)} returned {drawn.dtype}, but real numbers are needed")
    with np.errstate(over="ignore", under="ignore"):
        drawn = drawn.astype(dtype)
    if not np.isfinite(drawn).all():
        raise InputError(f"{name}: {init_label(init)} gives NaN or infinite values in {drawn.dtype}: see its formula")
    return drawn


SMALL = 4  # the longest axis of what is drawn twice


@quiet
def check_repeats(name: str, init: Any, shape: tuple[int, ...], fans: Any, seed: int) -> None:
    """Raise InputError if an initializer draws other numbers from the same rng: the run could not be repeated.

    It is tried on a small shape, after the true draw. One that cannot draw that shape is not judged.
    """
    if type(init).__module__.startswith("scratchnet.") and getattr(init, "draw", normal) in (normal, uniform, truncated):
        return
    small = tuple(min(axis, SMALL) for axis in shape)
    try:
        first, second = (np.array(init(small, fans, np.random.default_rng(seed))) for _ in range(2))
        repeats = np.array_equal(first, second, equal_nan=True)
    except Exception:  # of any kind, from a function that wants another shape
        return
    if not repeats:
        raise InputError(
            f"{name}: {init_label(init)} draws other numbers each time from the same rng, so no run could be repeated: draw "
            "with rng, as in rng.standard_normal(shape), and not with np.random"
        )


def init_label(init: Any) -> str:
    """What to call an initializer in a table: its repr, without empty brackets, or a function's name."""
    return init.__name__ if hasattr(init, "__name__") else shown(init).removesuffix("()")
