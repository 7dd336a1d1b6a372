"""Initializers that ask how wide the layer is, so that the signal keeps its size from layer to layer.

The output of a unit is a sum of fan_in products, so its variance is fan_in · Var(W) · E[x²]: that is why every formula
here divides by a fan. One law, σ = √(scale / fan), holds for all of them. `VarianceScaling` is the law with any numbers; the
others are its famous numbers. Read next: `structured`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scratchnet.initializers.base import Draw, Fans, Initializer, normal, uniform
from scratchnet.support.validation import InputError, number, shown


def scaled_std(scale: float, fan: float) -> float:
    """σ = √(scale / fan): the one law of this file."""
    return math.sqrt(scale / fan)


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """The law of this file with any scale and any fan.

        W = σ z,    σ = √(scale / fan)

    `mode` says which fan: "in", "out", "avg" (fan_in + fan_out)/2, or "geometric" √(fan_in · fan_out).
    Keras: VarianceScaling (truncated by default; its "normal" is truncated too, and its "untruncated_normal" is normal);
    JAX: variance_scaling. PyTorch has no name for it.
    """

    scale: float = 1.0
    mode: str = "in"
    draw: Draw = normal

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "scale", number("scale", self.scale, above=0))
        if not isinstance(self.mode, str) or self.mode not in ("in", "out", "avg", "geometric"):
            raise InputError(f'mode is {shown(self.mode)}, but there are "in", "out", "avg" and "geometric"')

    def std(self, fans: Fans) -> float:
        fan = {
            "in": fans.fan_in,
            "out": fans.fan_out,
            "avg": (fans.fan_in + fans.fan_out) / 2,
            "geometric": math.sqrt(fans.fan_in * fans.fan_out),
        }[self.mode]
        return scaled_std(self.scale, fan)


@dataclass(frozen=True)
class LeCun(Initializer):
    """Keep the signal's size through a layer that is linear near 0 (LeCun et al. 1998).

        W = σ z,    σ = 1 / √fan_in

    This is what the book calls "Xavier" (`book.xavier` here). Keras LecunNormal and JAX lecun_normal are truncated;
    LecunUniform and lecun_uniform are LeCun(uniform). PyTorch: kaiming_normal_ with nonlinearity="linear".
    """

    draw: Draw = normal

    def std(self, fans: Fans) -> float:
        return scaled_std(1, fans.fan_in)


@dataclass(frozen=True)
class Xavier(Initializer):
    """A compromise between keeping the signal forward and the gradient backward (Glorot & Bengio 2010).

        W = σ z,    σ = √(2 / (fan_in + fan_out))

    Not the book's "Xavier", which is 1/√fan_in: see LeCun. PyTorch: xavier_normal_, and xavier_uniform_ for
    Xavier(uniform), as Keras GlorotUniform and JAX glorot_uniform are; Keras GlorotNormal and JAX glorot_normal are
    truncated.
    """

    draw: Draw = normal

    def std(self, fans: Fans) -> float:
        return scaled_std(2, fans.fan_in + fans.fan_out)


@dataclass(frozen=True)
class He(Initializer):
    """Keep the signal's size on its way forward through ReLU (He et al. 2015).

        W = σ z,    σ = √(2 / ((1 + slope²) · fan_in))

    ReLU throws away half of E[z²]; the 2 puts it back. `slope` is a leaky ReLU's on the negative side.
    PyTorch: kaiming_normal_, and kaiming_uniform_ for He(uniform), its a being slope; Keras HeUniform and JAX he_uniform are
    He(uniform); Keras HeNormal and JAX he_normal are truncated.
    """

    draw: Draw = normal
    slope: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "slope", number("slope", self.slope, above=-1e9, below=1e9))

    def std(self, fans: Fans) -> float:
        return scaled_std(2, (1 + self.slope**2) * fans.fan_in)


@dataclass(frozen=True)
class TorchDefault(Initializer):
    """What PyTorch's Linear and Conv layers start from by default.

        W ~ U(−1/√fan_in, 1/√fan_in),    σ = 1 / √(3 fan_in)

    A third of LeCun's variance. PyTorch's source writes it kaiming_uniform_(a=√5): 2 / ((1 + 5) fan_in) is the same. PyTorch
    draws the bias by the same law: for that, give the layer bias_init=TorchDefault().
    """

    draw = staticmethod(uniform)

    def std(self, fans: Fans) -> float:
        return scaled_std(1, 3 * fans.fan_in)
