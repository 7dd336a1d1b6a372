"""The layers. Read `base` and `affine` first; then the activations in `rectifiers`, `sigmoids` and `smooth`; then `scale`;
then the layers for images in `convolution` and `pooling`; then `normalization` and `dropout`.
"""

from scratchnet.layers.affine import Affine
from scratchnet.layers.base import Layer, ParameterSpec
from scratchnet.layers.channels import channels_first, channels_last
from scratchnet.layers.convolution import Convolution
from scratchnet.layers.dropout import Dropout
from scratchnet.layers.names import ACTIVATIONS, activation
from scratchnet.layers.normalization import BatchNorm, LayerNorm
from scratchnet.layers.pooling import AveragePool, Flatten, MaxPool
from scratchnet.layers.rectifiers import ELU, SELU, Identity, LeakyReLU, PReLU, ReLU
from scratchnet.layers.scale import Scale
from scratchnet.layers.sigmoids import Sigmoid, Softsign, Tanh
from scratchnet.layers.smooth import GELU, Mish, SiLU, Softplus

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "SELU",
    "Affine",
    "AveragePool",
    "BatchNorm",
    "Convolution",
    "Dropout",
    "Flatten",
    "Identity",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "MaxPool",
    "Mish",
    "PReLU",
    "ParameterSpec",
    "ReLU",
    "Scale",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Softsign",
    "Tanh",
    "activation",
    "channels_first",
    "channels_last",
]
