"""One number that multiplies everything, and is learnt. Read next: `convolution`."""

from __future__ import annotations

from typing import Any

from scratchnet.initializers import Constant, InitLike
from scratchnet.layers.base import Layer
from scratchnet.support.validation import Array, number


class Scale(Layer):
    """out = α x,  where the number α is learnt

        dx = α dout        dα = Σ dout · x over all x

    Shapes: x (…), alpha (1,). `alpha` is the number to start from, or an initializer.

    At the end of a residual branch, Scale(0) makes a deep network start as the identity: ReZero (Bachlechner et al. 2020)
    and SkipInit (De & Smith 2020). Fixup's multipliers start from 1 (Zhang et al. 2019).
    """

    rowwise = True

    def __init__(self, alpha: float | InitLike) -> None:
        init = alpha if callable(alpha) else Constant(number("alpha", alpha))
        self.alpha = self.parameter("alpha", (1,), init)

    def forward(self, x: Array) -> Array:
        self.x = x
        return x * self.alpha

    def backward(self, dout: Array) -> Array:
        self.dalpha = (dout * self.x).sum().reshape(1)
        return dout * self.alpha

    def kept_arguments(self) -> dict[str, Any]:
        init = self.specs["alpha"].init
        return {"alpha": init.value if isinstance(init, Constant) else init}
