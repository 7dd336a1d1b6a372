"""An initializer that looks at data: it brings every layer's outputs on a batch to variance 1, one layer after the other.

Read next: `peers`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.initializers.base import Fans, Initializer
from scratchnet.initializers.structured import Orthogonal, as_matrix
from scratchnet.support.validation import Array, InputError, number, whole


@dataclass(frozen=True)
class LSUV(Initializer):
    """W orthogonal; then, layer by layer from the input on, W ← W / √Var(out) on a batch, until |Var(out) − 1| < tol

    Layer-sequential unit variance (Mishkin & Matas 2016), with at most `tries` divisions per layer. It needs a batch of
    inputs: `mlp(784, [100], 10, init=LSUV(), images=train[:1000][0])`, or `net.initialize(LSUV(), images=…)`. PyTorch, Keras
    and JAX lack it.
    """

    tol: float = 0.1
    tries: int = 10

    def __post_init__(self) -> None:
        object.__setattr__(self, "tol", number("tol", self.tol, above=0))
        object.__setattr__(self, "tries", whole("tries", self.tries))

    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        as_matrix(shape, "LSUV")
        return Orthogonal()(shape, fans, rng)

    def look_at(self, net: Any, images: Array) -> None:
        """Divide those weights of a network that this initializer drew, in one forward pass of a twin.

        The twin's layers have the network's own arrays. Each layer divides its weights before it passes its outputs on.
        """
        twin = net.twin(True)
        twin.keep_in_one_piece()
        for _, layer in twin.walk():
            for name, spec in layer.specs.items():
                if spec.init == self:
                    layer.forward = self._bringing_to_one(layer.forward, getattr(layer, name))
        with np.errstate(over="ignore", invalid="ignore"):
            twin.forward(images)

    def _bringing_to_one(self, forward: Callable[[Array], Array], W: Array) -> Callable[[Array], Array]:
        """A forward that first divides W until its outputs have variance 1."""

        def forward_of_variance_1(x: Array) -> Array:
            out = forward(x)
            for _ in range(self.tries):
                variance = float(out.var(dtype=np.float64))
                if not 0 < variance < np.inf:
                    raise InputError(
                        f"the outputs on the batch have variance {variance:g}, and no size of the weights makes it 1: "
                        "give images that differ, or another activation before it"
                    )
                if abs(variance - 1) < self.tol:
                    break
                W[...] = W / np.sqrt(variance)
                out = forward(x)
            return out

        return forward_of_variance_1
