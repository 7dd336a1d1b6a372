"""Initializers whose size is made for an activation, any activation, yours too, by averages of its forward and backward.

PyTorch, Keras and JAX have a table of gains instead, for the activations that they know. Read next: `lsuv`.
"""

import math
from dataclasses import dataclass
from typing import Any

from scratchnet.initializers.base import Draw, Fans, Initializer, normal
from scratchnet.meanfield import MeanField
from scratchnet.support.validation import InputError, number


@dataclass(frozen=True)
class ExactGain(Initializer):
    """Keep q, the variance of what goes into a unit, from layer to layer through `activation`, the class Tanh, say.

        W = σ z,    σ = √(gain² / fan_in),    gain² = q / E φ(√q z)²

    √2 for ReLU, as He; 1.5925 for tanh at q = 1, where PyTorch's calculate_gain has 5/3; SELU is made so that it is 1. It is
    for the layers behind the first: what keeps q with inputs of mean square q/gain². AutoInit (Bingham & Miikkulainen
    2023) does the like for Keras models.
    """

    activation: Any
    q: float = 1.0
    draw: Draw = normal

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "q", number("q", self.q, above=0))
        object.__setattr__(self, "gain", a_maker("ExactGain", self.activation).gain(self.q))

    def std(self, fans: Fans) -> float:
        return self.gain / math.sqrt(fans.fan_in)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Critical(Initializer):
    """At the edge of chaos: a small difference between two inputs neither dies nor explodes, nor does a gradient.

        W = σ z,    σ = √(gain² / fan_in),    gain² = 1 / E φ'(√q z)²    with q = gain² E φ(√q z)² + sigma_b²

    Biases belong to it: give the layers bias_init=Normal(sigma_b). For tanh gain² is 1 without biases and 1.7610 with
    sigma_b² = .05; for ReLU it is 2, without biases alone. Poole et al. 2016, Schoenholz et al. 2017. No peer has it.
    """

    activation: Any
    sigma_b: float = 0.0
    draw: Draw = normal

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "sigma_b", number("sigma_b", self.sigma_b, least=0))
        object.__setattr__(self, "gain", math.sqrt(a_maker("Critical", self.activation).critical(self.sigma_b**2)[0]))

    def std(self, fans: Fans) -> float:
        return self.gain / math.sqrt(fans.fan_in)  # type: ignore[attr-defined]


def a_maker(kind: str, activation: Any) -> MeanField:
    """The wide network with this activation, which is given as what makes one."""
    if hasattr(activation, "forward") and not isinstance(activation, type):
        raise InputError(f"{kind} got the layer {activation!r}: give what makes one, such as {type(activation).__name__}")
    return MeanField(activation)
