"""How a weight starts. Read `base` first, then `plain` and `scaled`; `names` finds them by what others call them."""

from scratchnet.initializers.base import (
    Draw,
    Fans,
    Initializer,
    InitLike,
    draw_weights,
    init_label,
    normal,
    truncated,
    uniform,
)
from scratchnet.initializers.names import initializer
from scratchnet.initializers.plain import Constant, Normal, Ones, TruncatedNormal, Uniform, Zeros
from scratchnet.initializers.scaled import He, LeCun, TorchDefault, VarianceScaling, Xavier

__all__ = [
    "Constant",
    "Draw",
    "Fans",
    "He",
    "InitLike",
    "Initializer",
    "LeCun",
    "Normal",
    "Ones",
    "TorchDefault",
    "TruncatedNormal",
    "Uniform",
    "VarianceScaling",
    "Xavier",
    "Zeros",
    "draw_weights",
    "init_label",
    "initializer",
    "normal",
    "truncated",
    "uniform",
]
