"""Whose name is it? A reader's `Linear`, `he_normal` or `RMSProp` is the library's Affine, He or RMSprop.

A name is recognized in any case, with or without underscores, and beside words that say nothing, such as My or Layer.
Read next: `chance`.
"""

import functools
import inspect
import re
from collections.abc import Mapping
from typing import Any

from scratchnet.layers import Layer
from scratchnet.optimizers import Optimizer


def _set(words: str) -> set[str]:
    return set(words.split())


# What a name may hold beside the name that is known.
FILLERS = _set("my own the a an of for new simple plain naive fast layer layers module activation function fn func np numpy")
FILLERS |= _set("v v1 v2 v3 1 2 3 4 1d 2d 3d book test loss criterion optimizer optimiser opt weight weights init inits")
FILLERS |= _set("initializer initialiser initialization initialisation initialize initialise")
LAWS = _set("normal uniform truncated trunc gaussian sparse laplace laplacian student t bernoulli rademacher sign signs")
LAWS |= _set("coin coins two three point valued fat tailed heavy tail mixture")
FIXED = _set("one ones const constant full bias biases identity eye dirac between range positive")

INITIALIZER_NAMES = {
    "he": "He",
    "kaiming": "He",
    "msra": "He",
    "xavier": "Xavier",
    "glorot": "Xavier",
    "lecun": "LeCun",
    "le cun": "LeCun",
    "orthogonal": "Orthogonal",
    "ortho": "Orthogonal",
    "zero": "Zeros",
    "zeros": "Zeros",
    "zeroes": "Zeros",
    "ones": "Ones",
    "identity": "Identity",
    "eye": "Identity",
}
LAYER_NAMES = {
    "affine": "Affine",
    "linear": "Affine",
    "dense": "Affine",
    "fully connected": "Affine",
    "fc": "Affine",
    "re lu": "ReLU",
    "relu": "ReLU",
    "rectifier": "ReLU",
    "leaky re lu": "LeakyReLU",
    "leaky relu": "LeakyReLU",
    "lrelu": "LeakyReLU",
    "swish": "SiLU",
    "silu": "SiLU",
    "si lu": "SiLU",
    "logistic": "Sigmoid",
    "soft plus": "Softplus",
    "soft sign": "Softsign",
    "hyperbolic tangent": "Tanh",
    "batch normalization": "BatchNorm",
    "batch normalisation": "BatchNorm",
    "bn": "BatchNorm",
    "layer normalization": "LayerNorm",
    "layer normalisation": "LayerNorm",
    "ln": "LayerNorm",
    "rms normalization": "RMSNorm",
    "instance normalization": "InstanceNorm",
    "conv": "Convolution",
    "max pooling": "MaxPool",
    "average pooling": "AveragePool",
    "avg pool": "AveragePool",
    "avg pooling": "AveragePool",
    "mean pool": "AveragePool",
    "soft max": "Softmax",
    "drop out": "Dropout",
    "inverted dropout": "Dropout",
}
OPTIMIZER_NAMES = {
    "sgd momentum": "Momentum",
    "momentum sgd": "Momentum",
    "heavy ball": "Momentum",
    "nesterov momentum": "Nesterov",
    "nag": "Nesterov",
    "ada grad": "AdaGrad",
    "rms prop": "RMSprop",
    "adam w": "AdamW",
    "gradient descent": "SGD",
}


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: HeNormal, he_normal and henormal are "he", "normal"."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+d?", name.replace("_", " "))
    words = []
    for part in (part.lower() for part in parts):
        stem, rest = part, list[str]()
        while True:  # a word may be written together with what follows: henormal, xavierinit
            end = next((end for end in ENDINGS if stem.endswith(end) and len(stem) > len(end)), None)
            if end is None or (stem.removesuffix(end) not in INITIALIZER_NAMES and not rest):
                break
            stem, rest = stem.removesuffix(end), [end, *rest]
        words += [stem, *rest]
    return words


ENDINGS = ("normal", "uniform", "initializer", "initialization", "init", "weights")


def own_name(thing: Any) -> str:
    """The name of a class, a function, or what a partial calls."""
    while isinstance(thing, functools.partial):
        thing = thing.func
    return str(getattr(thing, "__name__", type(thing).__name__))


def known_name(name: str, known: Mapping[str, str], fillers: set[str] = FILLERS) -> str | None:
    """Which of the known names this one means, by its words; None if there are words beside that may change the meaning."""
    squeezed = {re.sub(r"[^a-z0-9]", "", key.lower()): value for key, value in known.items()}
    kept = words_of(name)
    if "".join(kept) in squeezed:
        return squeezed["".join(kept)]
    words = [word for word in kept if word not in fillers]
    return squeezed.get("".join(words)) if words else None


def known_layer(layer: Layer, library: Mapping[str, Any]) -> str | None:
    """The library's name for a layer of this class's name."""
    return known_name(
        type(layer).__name__, {**{name: name for name in library}, **LAYER_NAMES}, FILLERS - {"layer"}
    ) or known_name(type(layer).__name__, {**{name: name for name in library}, **LAYER_NAMES})


def known_optimizer(optimizer: Optimizer, library: Mapping[str, Any]) -> str | None:
    return known_name(type(optimizer).__name__, {**{name: name for name in library}, **OPTIMIZER_NAMES})


def known_initializer(init: Any) -> str | None:
    """The library's name for an initializer of this name, such as "He" for kaiming_uniform."""
    return known_name(own_name(init), INITIALIZER_NAMES, FILLERS | LAWS)


def settings_of(thing: Any) -> dict[str, Any]:
    """The settings of an object or a function: its attributes, a partial's keywords, its defaults."""
    found: dict[str, Any] = {}
    if isinstance(thing, functools.partial):
        return settings_of(thing.func) | thing.keywords
    if inspect.isfunction(thing):
        parameters = inspect.signature(thing).parameters.values()
        found = {one.name: one.default for one in parameters if one.default is not one.empty}
    else:
        for kind in reversed(type(thing).__mro__):
            found |= {name: value for name, value in vars(kind).items() if isinstance(value, int | float | str)}
        found |= getattr(thing, "__dict__", {})
    return found


def setting(thing: Any, names: tuple[str, ...], default: Any = None) -> Any:
    """The setting that goes by one of these names."""
    found = {name.lower(): value for name, value in settings_of(thing).items()}
    return next((found[name] for name in names if name in found), default)
