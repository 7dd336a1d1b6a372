"""An initializer that looks at data: every layer's outputs on a batch are brought to variance 1, one after the other."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.arguments import Array, InputError, number, whole
from scratchnet.initializers.base import Fans, Initializer
from scratchnet.initializers.structured import Orthogonal


@dataclass(frozen=True)
class LSUV(Initializer):
    """W orthogonal; then, layer by layer from the input on, W ← W / √Var(out) on a batch, until |Var(out) − 1| < tol

    Layer-sequential unit variance (Mishkin & Matas 2016), with at most `tries` divisions a layer. It needs the network and a
    batch, so it is given as `net.initialize(LSUV(), images=train[:1000][0])`; images are inputs of any kind. No peer has it.
    """

    tol: float = 0.1
    tries: int = 10

    def __post_init__(self) -> None:
        object.__setattr__(self, "tol", number("tol", self.tol, above=0))
        object.__setattr__(self, "tries", whole("tries", self.tries))

    def __call__(self, shape: tuple[int, ...], fans: Fans | None, rng: np.random.Generator) -> Array:
        return Orthogonal()(shape, fans, rng)

    def look_at(self, net: Any, images: Array) -> None:
        """Divide the weights of a network that were drawn by this initializer."""
        twin = net.twin(True)
        twin.keep_in_one_piece()
        for name, layer in twin.walk():
            for weight, spec in layer.specs.items():
                if spec.init == self:
                    self._bring_to_one(twin, layer, f"{name}.{weight}", getattr(layer, weight), images)

    def _bring_to_one(self, net: Any, layer: Any, name: str, W: Array, images: Array) -> None:
        """`net` and its layers are twins, which share the arrays of the network itself."""
        variances: list[float] = []
        forward = layer.forward

        def watched(x: Array) -> Array:
            out = forward(x)
            variances.append(float(out.var(dtype=np.float64)))
            return out

        layer.forward = watched
        for _ in range(self.tries):
            with np.errstate(over="ignore", invalid="ignore"):
                net.forward(images)
            variance = variances[-1]
            if not 0 < variance < np.inf:
                raise InputError(
                    f"{name}: its outputs on the batch have variance {variance:g}, which no size of the weights brings to "
                    "1: give images that differ, or another activation before it"
                )
            if abs(variance - 1) < self.tol:
                break
            W /= np.asarray(np.sqrt(variance), W.dtype)
        layer.forward = forward
