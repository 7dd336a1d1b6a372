"""Activations with an upper and a lower bound, which saturate: far from 0 they are flat and their gradient dies.

Read next: `smooth`.
"""

from __future__ import annotations

import numpy as np

from scratchnet.layers.base import Layer
from scratchnet.support.validation import Array


def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), with an exponent that is never positive, so that nothing overflows."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


class Sigmoid(Layer):
    """out = 1 / (1 + e⁻ˣ)

    dx = dout · out (1 − out)
    """

    rowwise = True

    bounds = (0.0, 1.0)

    def forward(self, x: Array) -> Array:
        self.out = sigmoid(x)
        return self.out

    def backward(self, dout: Array) -> Array:
        return dout * self.out * (1 - self.out)


class Tanh(Layer):
    """out = tanh x

    dx = dout · (1 − out²)
    """

    rowwise = True

    bounds = (-1.0, 1.0)

    def forward(self, x: Array) -> Array:
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout: Array) -> Array:
        return dout * (1 - self.out**2)


class Softsign(Layer):
    """out = x / (1 + |x|)

    dx = dout / (1 + |x|)²
    """

    rowwise = True

    bounds = (-1.0, 1.0)

    def forward(self, x: Array) -> Array:
        self.x = x
        return x / (1 + np.abs(x))

    def backward(self, dout: Array) -> Array:
        return dout / (1 + np.abs(self.x)) ** 2
