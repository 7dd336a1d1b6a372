"""Smooth relatives of ReLU: softplus, and activations that multiply x by a gate between 0 and 1.

GELU's gate is the normal distribution function. NumPy does not have it, so it is here, with one helper. Read next:
`scale`.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from scratchnet.layers.base import Layer
from scratchnet.layers.sigmoids import sigmoid
from scratchnet.support.validation import Array


class Softplus(Layer):
    """out = ln(1 + eˣ)

    dx = dout · sigmoid(x)
    """

    rowwise = True

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.logaddexp(0, x)

    def backward(self, dout: Array) -> Array:
        return dout * sigmoid(self.x)


class SiLU(Layer):
    """out = x s,  s = sigmoid(x)

        dx = dout · (s + x s (1 − s))

    Also called swish (Ramachandran et al. 2017).
    """

    rowwise = True

    def forward(self, x: Array) -> Array:
        self.x = x
        self.s = sigmoid(x)
        return x * self.s

    def backward(self, dout: Array) -> Array:
        return dout * (self.s + self.x * self.s * (1 - self.s))


class Mish(Layer):
    """out = x t,  t = tanh(ln(1 + eˣ))

        dx = dout · (t + x (1 − t²) sigmoid(x))

    Misra 2019.
    """

    rowwise = True

    def forward(self, x: Array) -> Array:
        self.x = x
        self.t = np.tanh(np.logaddexp(0, x))
        return x * self.t

    def backward(self, dout: Array) -> Array:
        return dout * (self.t + self.x * (1 - self.t**2) * sigmoid(self.x))


class GELU(Layer):
    """out = x Φ(x),  Φ the distribution function of N(0, 1)

        dx = dout · (Φ(x) + x φ(x)),  φ(x) = e^(−x²/2) / √(2π)

    Hendrycks & Gimpel 2016, the exact form (PyTorch's default; JAX's default is the approximation with tanh).
    """

    rowwise = True

    def forward(self, x: Array) -> Array:
        self.x = x
        self.cdf = normal_cdf(x)
        return x * self.cdf

    def backward(self, dout: Array) -> Array:
        density = np.exp(-(self.x**2) / 2) / math.sqrt(2 * math.pi)
        return dout * (self.cdf + self.x * density)


def normal_cdf(x: Array) -> Array:
    """Φ(x), with a relative error below 1e-14 for x > −10, and below 2e-13 out to −35.

        Φ(−a) = ½ erfc(a/√2),    erfc(u) = e^(−u²) · t · p(2t − 1),    t = 3 / (3 + u)

    p is a polynomial that `_erfc_polynomial` fits.
    """
    u = np.abs(x) * math.sqrt(0.5)
    t = 3 / (3 + u)
    p = np.zeros_like(t)
    for coefficient in _erfc_polynomial():
        p *= 2 * t - 1
        p += coefficient
    tail = np.exp(-u * u) * t * p / 2
    return np.where(x > 0, 1 - tail, tail)


@functools.cache
def _erfc_polynomial() -> tuple[float, ...]:
    """Coefficients, highest first, of the polynomial through e^(u²) erfc(u) / t at 21 Chebyshev nodes of s = 2t − 1."""

    def target(s: float) -> float:
        t = (s + 1) / 2
        u = 3 / t - 3
        if u < 25:
            return math.erfc(u) * math.exp(u * u) / t
        # For larger u erfc underflows; its asymptotic series is exact to 3e-15 there.
        h = 1 / (2 * u * u)
        return (1 - h + 3 * h**2 - 15 * h**3 + 105 * h**4 - 945 * h**5) / (u * math.sqrt(math.pi)) / t

    chebyshev = np.polynomial.chebyshev
    fit = chebyshev.chebinterpolate(np.vectorize(target), 20)
    return tuple(float(c) for c in chebyshev.cheb2poly(fit)[::-1])
