"""Initializers that do not ask how wide the layer is: constants, and draws of a size that you give.

From the simplest to the hardest. `Normal(0.01)` is the book's `0.01 * np.random.randn(n_in, n_out)`. Read next: `scaled`.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from scratchnet.arguments import Array, number
from scratchnet.initializers.base import Fans, Initializer, truncated, uniform


@dataclass(frozen=True)
class Constant(Initializer):
    """W = value.

    All units of a layer then compute the same and get the same gradient for ever: right for a bias, fatal for a weight.
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

    PyTorch: normal_ (std 1 unless told); Keras: RandomNormal (.05); JAX: normal (.01).
    """

    sigma: float
    asks_fans = False

    def __init__(self, std: float) -> None:
        object.__setattr__(self, "sigma", number("std", std, least=0))

    def std(self, fans: Fans) -> float:
        return self.sigma


@dataclass(frozen=True, init=False)
class TruncatedNormal(Normal):
    """A normal cut at ±2 of its own σ;  `std` is what it has AFTER the cut, so σ = std / .8796.

    PyTorch's trunc_normal_ cuts at absolute bounds ±2; Keras' TruncatedNormal and JAX's truncated_normal cut at ±2 σ as
    here, but let the std shrink: their stddev 1 is TruncatedNormal(.8796) here.
    """

    draw = staticmethod(truncated)


@dataclass(frozen=True)
class Uniform(Initializer):
    """W ~ U(−limit, limit),  σ = limit / √3.

    PyTorch: uniform_ (0 to 1 unless told); Keras: RandomUniform (±.05); JAX: uniform (0 to .01, not centred).
    """

    limit: float
    draw = staticmethod(uniform)
    asks_fans = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "limit", number("limit", self.limit, least=0))

    def std(self, fans: Fans) -> float:
        return self.limit / math.sqrt(3)
