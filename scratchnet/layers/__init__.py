"""The layers. Read `base` and `affine` first; the activations stand in `rectifiers`, `sigmoids` and `smooth`."""

from scratchnet.layers.affine import Affine
from scratchnet.layers.base import Layer, ParameterSpec
from scratchnet.layers.rectifiers import ELU, SELU, Identity, LeakyReLU, PReLU, ReLU
from scratchnet.layers.sigmoids import Sigmoid, Softsign, Tanh
from scratchnet.layers.smooth import GELU, Mish, SiLU, Softplus

ACTIVATIONS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        *(Identity, ReLU, LeakyReLU, PReLU, ELU, SELU),
        *(GELU, SiLU, Mish, Softplus, Softsign, Sigmoid, Tanh),
    )
}

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "SELU",
    "Affine",
    "Identity",
    "Layer",
    "LeakyReLU",
    "Mish",
    "PReLU",
    "ParameterSpec",
    "ReLU",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Tanh",
]
