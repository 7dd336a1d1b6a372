"""Activations that let the positive half through: the identity, ReLU and its relatives, simplest first.

Each acts on every element by itself, so out and x have the same shape, any shape. Read next: `sigmoids`.
"""

from __future__ import annotations

import numpy as np

from scratchnet.initializers import Constant, InitLike
from scratchnet.layers.base import Layer
from scratchnet.support.validation import Array, number, whole


class Identity(Layer):
    """out = x

    dx = dout
    """

    rowwise = True

    def forward(self, x: Array) -> Array:
        return x

    def backward(self, dout: Array) -> Array:
        return dout


class ReLU(Layer):
    """out = x where x > 0, else 0

        dx = dout · [x > 0]

    The slope at x = 0 is taken as 0. (−inf becomes NaN here: either means that the network has diverged.)
    """

    rowwise = True

    def forward(self, x: Array) -> Array:
        self.mask = (x > 0).astype(x.dtype)
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        return dout * self.mask


class LeakyReLU(Layer):
    """out = x where x > 0, else slope · x

        dx = dout · (1 where x > 0, else slope)

    Maas et al. 2013. PyTorch calls the slope negative_slope, and so does Keras, with the default .3.
    """

    rowwise = True

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = number("slope", slope)

    def forward(self, x: Array) -> Array:
        self.mask = np.where(x > 0, 1, self.slope).astype(x.dtype)
        return x * self.mask

    def backward(self, dout: Array) -> Array:
        return dout * self.mask


class PReLU(Layer):
    """out = x where x > 0, else a · x,  where a is learnt

        dx = dout · (1 where x > 0, else a)        da = Σ dout · x over all x ≤ 0

    Shapes: x (…, C), a (n,) with n = 1 (one slope for all) or n = C (one for each unit or channel). He et al. 2015.
    PyTorch counts channels on axis 1; here they are last.
    """

    rowwise = True

    def __init__(self, n: int = 1, init: InitLike = Constant(0.25)) -> None:
        self.n = whole("n", n)
        self.a = self.parameter("a", (n,), init)

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.where(x > 0, x, self.a * x)

    def backward(self, dout: Array) -> Array:
        da = np.where(self.x > 0, 0, dout * self.x)
        self.da = da.reshape(-1, self.n).sum(axis=0)
        return np.where(self.x > 0, dout, dout * self.a)


class ELU(Layer):
    """out = x where x > 0, else alpha (eˣ − 1)

        dx = dout · (1 where x > 0, else alpha eˣ)

    Clevert et al. 2015.
    """

    rowwise = True

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number("alpha", alpha)

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def backward(self, dout: Array) -> Array:
        return dout * np.where(self.x > 0, 1, self.alpha * np.exp(np.minimum(self.x, 0)))


class SELU(Layer):
    """out = λ x where x > 0, else λ α (eˣ − 1)

        dx = dout · (λ where x > 0, else λ α eˣ)

    With these λ and α, mean 0 and variance 1 stay mean 0 and variance 1 (Klambauer et al. 2017). Use it with LeCun.
    """

    rowwise = True

    scale = 1.0507009873554805
    alpha = 1.6732632423543772

    def forward(self, x: Array) -> Array:
        self.x = x
        return self.scale * np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def backward(self, dout: Array) -> Array:
        return dout * self.scale * np.where(self.x > 0, 1, self.alpha * np.exp(np.minimum(self.x, 0)))
