"""Initializers that ignore how wide the layer is: constants, and draws of a size that you give.

They go from the simplest to the hardest. `Normal(0.01)` is the book's `0.01 * np.random.randn(n_in, n_out)`.
Read next: `scaled`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from scratchnet.initializers.base import Fans, Initializer, truncated, uniform
from scratchnet.support.validation import Array, number


@dataclass(frozen=True)
class Constant(Initializer):
    """W = value,    σ = 0

    All units of a layer then compute the same and always get the same gradient: right for a bias, fatal for a weight.
    PyTorch: constant_; Keras: Constant; JAX: constant.
    """

    value: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", number("value", self.value))

    def std(self, fans: Fans) -> float:
        return 0.0

    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        return np.full(shape, self.value)


@dataclass(frozen=True)
class Zeros(Constant):
    """W = 0. The usual start of a bias. PyTorch: zeros_; Keras: Zeros; JAX: zeros."""

    value: float = field(default=0.0, init=False)


@dataclass(frozen=True)
class Ones(Constant):
    """W = 1. The usual start of a normalization's gamma. PyTorch: ones_; Keras: Ones; JAX: ones."""

    value: float = field(default=1.0, init=False)


@dataclass(frozen=True, init=False)
class Normal(Initializer):
    """W = std · z,  z ~ N(0, 1): the book's `std * np.random.randn(n_in, n_out)`.

        σ = std

    PyTorch: normal_ (std 1 by default); Keras: RandomNormal (.05); JAX: normal (.01).
    """

    sigma: float
    asks_fans = False

    def __init__(self, std: float) -> None:
        object.__setattr__(self, "sigma", number("std", std, least=0))

    def std(self, fans: Fans) -> float:
        return self.sigma


@dataclass(frozen=True, init=False)
class TruncatedNormal(Normal):
    """A normal N(0, s²) cut at ±2 s;  `std` is what it has AFTER the cut, so s = std / .8796

        σ = std

    Keras' TruncatedNormal (stddev .05 by default) and JAX's truncated_normal (.01) take s, and the std shrinks: their
    stddev 1 is TruncatedNormal(.8796) here. PyTorch's trunc_normal_ takes s (1) and absolute bounds (±2): with s = .02
    these are 100 s away, and nothing is cut.
    """

    draw = staticmethod(truncated)


@dataclass(frozen=True)
class Uniform(Initializer):
    """W ~ U(−limit, limit),  σ = limit / √3

    Keras: RandomUniform (±.05 by default). PyTorch's uniform_ and JAX's uniform start at 0: see UniformBetween.
    """

    limit: float
    draw = staticmethod(uniform)
    asks_fans = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "limit", number("limit", self.limit, least=0))

    def std(self, fans: Fans) -> float:
        return self.limit / math.sqrt(3)


@dataclass(frozen=True)
class UniformBetween(Initializer):
    """W ~ U(low, high),  σ = (high − low) / √12,  with mean (low + high) / 2

    A mean other than 0 is a bad start for a weight: it adds the mean of x, times fan_in, to every unit.
    PyTorch: uniform_ (0 to 1 by default); JAX: uniform (0 to .01); Keras: RandomUniform with its two bounds.
    """

    low: float
    high: float
    draw = staticmethod(uniform)
    asks_fans = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", number("low", self.low))
        object.__setattr__(self, "high", number("high", self.high, least=self.low))

    def std(self, fans: Fans) -> float:
        return (self.high - self.low) / math.sqrt(12)

    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        return (self.low + self.high) / 2 + super().__call__(shape, fans, rng)
