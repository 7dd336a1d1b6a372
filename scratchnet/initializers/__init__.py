"""How a weight starts. Read `base`, `plain`, `scaled`, `structured`, `exact`, `lsuv`; then `peers`, `names` and `catalogue`,
which find an initializer by the name that PyTorch, Keras, JAX or the book has for it."""

from scratchnet.initializers.base import (
    Draw,
    Fans,
    Initializer,
    InitLike,
    check_repeats,
    draw_weights,
    init_label,
    normal,
    truncated,
    uniform,
)
from scratchnet.initializers.exact import Critical, ExactGain
from scratchnet.initializers.lsuv import LSUV
from scratchnet.initializers.names import initializer
from scratchnet.initializers.plain import Constant, Normal, Ones, TruncatedNormal, Uniform, UniformBetween, Zeros
from scratchnet.initializers.scaled import He, LeCun, TorchDefault, VarianceScaling, Xavier
from scratchnet.initializers.structured import DeltaOrthogonal, Dirac, Identity, Orthogonal, Sparse, TorchSparse

__all__ = [
    "LSUV",
    "Constant",
    "Critical",
    "DeltaOrthogonal",
    "Dirac",
    "Draw",
    "ExactGain",
    "Fans",
    "He",
    "Identity",
    "InitLike",
    "Initializer",
    "LeCun",
    "Normal",
    "Ones",
    "Orthogonal",
    "Sparse",
    "TorchDefault",
    "TorchSparse",
    "TruncatedNormal",
    "Uniform",
    "UniformBetween",
    "VarianceScaling",
    "Xavier",
    "Zeros",
    "check_repeats",
    "draw_weights",
    "init_label",
    "initializer",
    "normal",
    "truncated",
    "uniform",
]
