"""The layer that holds the weights. Read next: `rectifiers`."""

from __future__ import annotations

import numpy as np

from scratchnet.initializers import Fans, He, InitLike, Zeros
from scratchnet.layers.base import Layer
from scratchnet.support.validation import Array, whole


class Affine(Layer):
    """out = x W + b: every output is a weighted sum of every input.

        dx = dout Wᵀ        dW = xᵀ dout        db = Σₙ doutₙ

    Shapes: x (N, D), W (D, M), b (M,), out (N, M). PyTorch calls it Linear, and stores Wᵀ.
    """

    rowwise = True

    def __init__(self, n_in: int, n_out: int, init: InitLike = He(), bias_init: InitLike = Zeros()) -> None:
        fans = Fans(whole("n_in", n_in), whole("n_out", n_out))
        self.W = self.parameter("W", (n_in, n_out), init, fans)
        self.b = self.parameter("b", (n_out,), bias_init, fans)

    def forward(self, x: Array) -> Array:
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout: Array) -> Array | None:
        self.dW = self.x.T @ dout
        self.db = np.ones(len(dout), dout.dtype) @ dout  # the sum over the batch; as a product it takes half the time
        return dout @ self.W.T if self.needs_dx else None
