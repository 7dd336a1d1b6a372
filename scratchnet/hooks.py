"""Weight decay and clipping: small callables that see the gradients before an optimizer does.

`SGD(0.1, hooks=[WeightDecay(1e-4), ClipNorm(1.0)])` applies them in this order. A function of your own from a list of
(name, w, dw) to such a list will do. Read next: `scratchnet.schedules`.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from scratchnet.support.validation import number


@dataclass(frozen=True)
class WeightDecay:
    """dw ← dw + λ w, for weights (two or more axes), not for biases: the gradient of ½ λ Σ w².

    With Adam this is L2 regularization, not the decoupled decay of AdamW.
    """

    strength: float

    def __post_init__(self) -> None:
        number("strength", self.strength, least=0)

    def __call__(self, triples: list[Any]) -> list[Any]:
        return [(name, w, dw + self.strength * w if w.ndim > 1 else dw) for name, w, dw in triples]


@dataclass(frozen=True)
class ClipNorm:
    """dw ← dw · min(1, limit / ‖dw‖), where the norm is taken over the gradients of all parameters together."""

    limit: float

    def __post_init__(self) -> None:
        number("limit", self.limit, above=0)

    def __call__(self, triples: list[Any]) -> list[Any]:
        norm = math.sqrt(sum(float(np.vdot(dw, dw)) for _, _, dw in triples))
        if math.isinf(norm):  # the squares left the floats, perhaps not the gradients
            greatest = max(float(np.abs(dw).max()) for _, _, dw in triples)
            norm = greatest * math.sqrt(sum(float(np.vdot(dw / greatest, dw / greatest)) for _, _, dw in triples))
        if norm <= self.limit:
            return triples
        return [(name, w, dw * (self.limit / norm)) for name, w, dw in triples]
