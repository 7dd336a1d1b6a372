"""Each layer and the module of PyTorch that is the same: which options make which, and what either lacks.

Read next: `to_torch`.
"""

from collections.abc import Callable
from typing import Any

from scratchnet.convert.torch_order import TorchModule
from scratchnet.initializers import TorchDefault, Zeros
from scratchnet.layers import (
    ACTIVATIONS,
    ELU,
    GELU,
    SELU,
    Affine,
    AveragePool,
    BatchNorm,
    Convolution,
    Dropout,
    Flatten,
    Identity,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPool,
    Mish,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Softsign,
    Tanh,
)
from scratchnet.support.validation import InputError


class Options:
    """The options of a module, checked as they are read."""

    def __init__(self, module: TorchModule) -> None:
        self.kind, self.options = module.kind, module.options
        self.arrays = module.arrays

    def __getitem__(self, name: str) -> Any:
        return self.options[name]

    def square(self, name: str) -> Any:
        """The one number of an option that has one for each axis."""
        value = self.options[name]
        numbers = value if isinstance(value, tuple | list) else [value]
        if len(set(numbers)) != 1:
            raise InputError(f"{self.kind} with {name}={value!r} is not known here: give the same number for each axis")
        return numbers[0]

    def only(self, **allowed: Any) -> None:
        """Raise InputError if an option has another value than the one that is known here."""
        for name, value in allowed.items():
            if name in self.options and self.square(name) != value:
                raise InputError(
                    f"{self.kind} with {name}={self.options[name]!r} is not known here, only with {name}={value!r}"
                )

    def bias_init(self) -> Any:
        return TorchDefault() if "bias" in self.arrays else Zeros()


def linear(o: Options) -> Layer:
    return Affine(o["in_features"], o["out_features"], TorchDefault(), o.bias_init())


def conv2d(o: Options) -> Layer:
    o.only(dilation=1, padding_mode="zeros")
    size, stride = o.square("kernel_size"), o.square("stride")
    pad = 0 if o["padding"] == "valid" else o["padding"]
    if pad == "same":
        if size % 2 == 0 or stride != 1:
            raise InputError(
                "Conv2d with padding='same' is known here for odd windows only, since an even one needs more zeros at one "
                "side: take an odd kernel_size, or a number as padding"
            )
        pad = size // 2
    elif pad:
        pad = o.square("padding")
    channels = o["in_channels"], o["out_channels"]
    return Convolution(*channels, size, stride, pad, o["groups"], TorchDefault(), o.bias_init())


def batch_norm(o: Options) -> Layer:
    o.only(track_running_stats=True)
    if o["momentum"] is None:
        raise InputError(f"{o.kind} with momentum=None is not known here: give a number above 0, such as 0.1")
    return BatchNorm(o["num_features"], round(1 - o["momentum"], 15), o["eps"])


def layer_norm(o: Options) -> Layer:
    if len(o["normalized_shape"]) != 1:
        raise InputError(
            f"LayerNorm of the axes {tuple(o['normalized_shape'])} is not known here: normalize one axis, of rows"
        )
    return LayerNorm(o["normalized_shape"][0], o["eps"])


def pool(kind: Callable[..., Layer]) -> Callable[[Options], Layer]:
    def maker(o: Options) -> Layer:
        o.only(padding=0, dilation=1, ceil_mode=False, return_indices=False, divisor_override=None)
        size, stride = o.square("kernel_size"), o.square("stride")
        return kind(size, None if stride == size else stride)

    return maker


def flatten(o: Options) -> Layer:
    o.only(start_dim=1, end_dim=-1)
    return Flatten()


def gelu(o: Options) -> Layer:
    o.only(approximate="none")
    return GELU()


def softplus(o: Options) -> Layer:
    o.only(beta=1)
    if o["threshold"] < 20:
        raise InputError(f"Softplus with threshold={o['threshold']:g} is not known here: leave it at 20, or make it greater")
    return Softplus()


MAKERS: dict[str, Callable[[Options], Layer]] = {
    "Linear": linear,
    "Conv2d": conv2d,
    "BatchNorm1d": batch_norm,
    "BatchNorm2d": batch_norm,
    "LayerNorm": layer_norm,
    "MaxPool2d": pool(MaxPool),
    "AvgPool2d": pool(AveragePool),
    "Flatten": flatten,
    "Dropout": lambda o: Dropout(o["p"]),
    "Identity": lambda o: Identity(),
    "ReLU": lambda o: ReLU(),
    "LeakyReLU": lambda o: LeakyReLU(o["negative_slope"]),
    "PReLU": lambda o: PReLU(o["num_parameters"]),
    "ELU": lambda o: ELU(o["alpha"]),
    "SELU": lambda o: SELU(),
    "GELU": gelu,
    "SiLU": lambda o: SiLU(),
    "Mish": lambda o: Mish(),
    "Softplus": softplus,
    "Softsign": lambda o: Softsign(),
    "Sigmoid": lambda o: Sigmoid(),
    "Tanh": lambda o: Tanh(),
}

KNOWN = ", ".join(kind for kind in MAKERS if kind not in ACTIVATIONS) + " and activations such as ReLU"

# The way back: for each of our layers, the kind of module and its options. A BatchNorm of images is a BatchNorm2d.
KINDS: dict[type[Layer], tuple[str, Callable[[Any], dict[str, Any]]]] = {
    Affine: ("Linear", lambda layer: dict(zip(("in_features", "out_features"), layer.W.shape, strict=True))),
    Convolution: (
        "Conv2d",
        lambda layer: {
            "in_channels": layer.n_in,
            "out_channels": layer.n_out,
            "kernel_size": layer.size,
            "stride": layer.stride,
            "padding": layer.pad,
            "groups": layer.groups,
        },
    ),
    BatchNorm: (
        "BatchNorm1d",
        lambda layer: {"num_features": layer.n, "eps": layer.epsilon, "momentum": round(1 - layer.momentum, 15)},
    ),
    LayerNorm: ("LayerNorm", lambda layer: {"normalized_shape": (layer.n,), "eps": layer.epsilon}),
    MaxPool: ("MaxPool2d", lambda layer: {"kernel_size": layer.size, "stride": layer.step}),
    AveragePool: ("AvgPool2d", lambda layer: {"kernel_size": layer.size, "stride": layer.step}),
    Dropout: ("Dropout", lambda layer: {"p": layer.ratio}),
    LeakyReLU: ("LeakyReLU", lambda layer: {"negative_slope": layer.slope}),
    PReLU: ("PReLU", lambda layer: {"num_parameters": layer.n}),
    ELU: ("ELU", lambda layer: {"alpha": layer.alpha}),
    Softplus: ("Softplus", lambda layer: {"threshold": 50}),  # beyond it PyTorch leaves out e⁻ˣ, here below 2e-22
    **{
        kind: (kind.__name__, lambda layer: {})
        for kind in (Flatten, Identity, ReLU, SELU, GELU, SiLU, Mish, Softsign, Sigmoid, Tanh)
    },
}
