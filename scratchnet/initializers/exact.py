"""Initializers whose size fits an activation: any activation, yours too, by averages over its forward and backward.

PyTorch has a table of gains instead, for a few activations; Keras and JAX have none. Read next: `lsuv`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from scratchnet.initializers.base import Draw, Fans, Initializer, normal
from scratchnet.meanfield import MeanField
from scratchnet.support.validation import InputError, number, shown


@dataclass(frozen=True)
class ExactGain(Initializer):
    """Keep q, the variance of a unit's input sum, from layer to layer through `activation`, such as the class Tanh.

        W = σ z,    σ = √(gain² / fan_in),    gain² = q / E φ(√q z)²

    The gain is √2 for ReLU, as He's; 1.5925 for tanh at q = 1, where PyTorch's calculate_gain has 5/3; and 1 for SELU. It
    keeps q in the layers behind the first. AutoInit (Bingham & Miikkulainen 2023) does something similar for Keras.
    """

    activation: Any
    q: float = 1.0
    draw: Draw = normal

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "q", number("q", self.q, above=0))
        object.__setattr__(self, "gain", mean_field("ExactGain", self.activation).gain(self.q))

    def std(self, fans: Fans) -> float:
        return self.gain / math.sqrt(fans.fan_in)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Critical(Initializer):
    """At the edge of chaos: a small difference between two inputs neither dies nor explodes, nor does a gradient.

        W = σ z,    σ = √(gain² / fan_in),    gain² = 1 / E φ'(√q z)²    with q = gain² E φ(√q z)² + sigma_b²

    Give the layers bias_init=Normal(sigma_b) too. For tanh gain² is 1 without biases and 1.7610 with sigma_b² = .05; for
    ReLU it is 2, and only without biases. Poole et al. 2016, Schoenholz et al. 2017. PyTorch, Keras and JAX lack it.
    """

    activation: Any
    sigma_b: float = 0.0
    draw: Draw = normal

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "sigma_b", number("sigma_b", self.sigma_b, least=0))
        object.__setattr__(self, "gain", math.sqrt(mean_field("Critical", self.activation).critical(self.sigma_b**2)[0]))

    def std(self, fans: Fans) -> float:
        return self.gain / math.sqrt(fans.fan_in)  # type: ignore[attr-defined]


def mean_field(kind: str, activation: Any) -> MeanField:
    """The wide network with this activation. `activation` is a class or a function that makes a layer."""
    if hasattr(activation, "forward") and not isinstance(activation, type):
        raise InputError(f"{kind} got the layer {shown(activation)}: give its class, such as {type(activation).__name__}")
    return MeanField(activation)
